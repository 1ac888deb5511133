"""``python -m sync_server``: run the centre, begin it, fill it, look after it."""

import contextlib
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from shared.db.copies import in_use
from shared.kernel.errors import Refused
from shared.kernel.limits import SYNC_BODY_BYTES
from shared.sync.findings import report
from shared.sync.quarantine import retry_known
from sync_server import erasure, life
from sync_server.commands import backup, carry, erase, keys, restore, restored
from sync_server.config import read_config
from sync_server.host import Centre, init_centre, open_centre
from sync_server.memory import keep_memory_together
from sync_server.openapi import openapi
from sync_server.shop.commands import channel

T = TypeVar("T")


@click.group()
def main() -> None:
    """Linqu centre. Settings are read from LINQU_* variables and DATABASE_URL; see the README."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


@main.command()
def run() -> None:
    """Serve the sync API and the console."""
    config = _or_exit(read_config)
    with contextlib.ExitStack() as stack:
        _or_exit(lambda: stack.enter_context(in_use(config.data)))
        centre = _or_exit(lambda: open_centre(config))
        life.note_start(centre.db, config.data)
        life.note_devices(centre.db, centre.ledger)
        erasure.finish(centre)
        # an update may have brought what some facts were waiting for
        retry_known(centre.journal)
        _serve(centre)


def _serve(centre: Centre) -> None:
    import waitress

    from sync_server.app import make_app

    config = centre.config
    keep_memory_together()
    print(f"centre: http://{config.host}:{config.port}", flush=True)
    waitress.serve(
        make_app(centre),
        host=config.host,
        port=config.port,
        threads=config.threads,
        max_request_body_size=max(SYNC_BODY_BYTES, 16 * 1024 * 1024),
        ident=None,
    )


@main.command()
@click.option("--operator", default="operator", show_default=True, help="Name of the first operator.")
def init(operator: str) -> None:
    """Make tables, keys and the first operator; prints the operator's password once."""
    from sync_server.console.operations import first_operator

    _or_exit(lambda: init_centre(read_config()))
    centre = _or_exit(lambda: open_centre(read_config()))
    password = first_operator(centre, operator)
    if password is None:
        print("已初始化过，运营账号保持不变。")
    else:
        print(f"运营账号 {operator}\n初始密码 {password}\n只显示这一次，请妥善保存。")


@main.command()
@click.option("--rebuild", is_flag=True, help="Replay the journal from nothing and compare every row.")
def doctor(rebuild: bool) -> None:
    """Look at the database and say in words what was found; exits 1 when something is wrong."""
    from sync_server.doctor import examine, examine_rebuild

    centre = _or_exit(lambda: open_centre(read_config()))
    findings = examine(centre)
    if rebuild:
        with tempfile.TemporaryDirectory() as folder:
            findings.append(examine_rebuild(centre, Path(folder)))
    sys.exit(0 if report(findings) else 1)


@main.command(name="import")
@click.argument("kind", type=click.Choice(("goods", "residents", "orders")))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(kind: str, file: Path) -> None:
    """Import goods, residents or orders from a CSV or XLSX FILE: all of it, or nothing and why."""
    from sync_server.imports.operations import import_file as run_import

    centre = _or_exit(lambda: open_centre(read_config()))
    report = _or_exit(lambda: run_import(centre, kind, file, "cli"))
    print(report.text)
    sys.exit(0 if report.good else 1)


main.add_command(channel)
main.add_command(openapi)
main.add_command(backup)
main.add_command(restore)
main.add_command(restored)
main.add_command(carry)
main.add_command(erase)
main.add_command(keys)


def _or_exit(work: Callable[[], T]) -> T:
    try:
        return work()
    except Refused as refused:
        print(str(refused), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
