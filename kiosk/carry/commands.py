"""``kiosk carry out FOLDER`` and ``kiosk carry in FOLDER``.

Each command loads what it needs itself: the kiosk's processes pass here at their start.
"""

from pathlib import Path

import click

from kiosk.carry.rules import WORDS, Outcome
from kiosk.config import read_config
from shared.kernel.errors import Refused

FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group()
def carry() -> None:
    """Sync by hand where there is no network: out onto a stick, to the centre, and back in."""


@carry.command()
@FOLDER
def out(folder: Path) -> None:
    """Write all that waits for the centre into one sealed file in FOLDER."""
    from kiosk.carry import operations
    from kiosk.host import open_kiosk

    try:
        done = operations.carry_out(open_kiosk(read_config()), folder)
    except (OSError, Refused) as error:
        click.echo(f"没有带出：{error}", err=True)
        raise SystemExit(2) from error
    click.echo(f"已带出 {done.facts} 条记录：{done.file}")
    click.echo("请把它交给中心（运营后台“U 盘同步”），再把回复文件放回这个文件夹，运行 carry in")


@carry.command(name="in")
@FOLDER
def take_in(folder: Path) -> None:
    """Take the centre's answers from FOLDER."""
    from kiosk.carry import operations
    from kiosk.host import open_kiosk

    try:
        done = operations.carry_in(open_kiosk(read_config()), folder)
    except (OSError, Refused) as error:
        click.echo(f"没有取入：{error}", err=True)
        raise SystemExit(2) from error
    for one in done:
        _, said, step = WORDS[one.outcome]
        click.echo(f"{one.file or folder}：{said % {'detail': one.detail}}{step}")
    good = {Outcome.TAKEN, Outcome.ALREADY, Outcome.STALE, Outcome.COMPARED}
    raise SystemExit(0 if any(one.outcome in good for one in done) else 1)
