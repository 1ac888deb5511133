"""``kiosk backup``, ``kiosk restore``, ``kiosk rebuild``.

Each command loads what it needs itself: the kiosk's processes pass here at their start.
"""

import sys
from pathlib import Path

import click

from kiosk.config import read_config
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refused

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@FILE
def backup(file: Path) -> None:
    """Copy the database to FILE (a USB stick) while the kiosk runs."""
    from kiosk.copies import operations
    from kiosk.host import open_kiosk

    try:
        size = operations.back_up(open_kiosk(read_config()), file)
    except OSError as error:
        _end(f"没有写成备份：{error}")
    except Refused as refused:
        _end(str(refused))
    else:
        click.echo(f"已备份到 {file}，{size / 1_000_000:.1f} MB，已读回核对")
        click.echo("恢复时要有数据目录里的 db.key、device.key；旁边的 .keys 文件里也有一份，只有中心能打开")


@click.command()
@FILE
@click.option("--older", is_flag=True, help="Replace a database that is whole and knows more than FILE.")
def restore(file: Path, older: bool) -> None:
    """Make FILE, written by `backup`, this kiosk's database. Stop the kiosk's processes first."""
    from kiosk.copies import operations

    try:
        done = operations.restore(read_config(), file, SystemClock(), older=older)
    except OSError as error:
        _end(f"没有恢复：{error}。原来的数据库没有动")
    except Refused as refused:
        _end(str(refused))
    else:
        click.echo(f"已恢复设备 {done.device} 的数据库，到第 {done.seq} 条记录")
        if done.kept is not None:
            click.echo(f"原来的数据库保留在 {done.kept}")
        click.echo("现在可以启动。取件照常；在与中心联系一次之前，不卖任何有限量的商品")


@click.command()
def rebuild() -> None:
    """Read every row anew from the centre, without losing what waits for it. Stop the kiosk's processes first."""
    from kiosk.copies.rebuild import rebuild as rebuild_from_centre

    try:
        done = rebuild_from_centre(read_config(), SystemClock())
    except OSError as error:
        _end(f"没有重建：{error}")
    except Refused as refused:
        _end(str(refused))
    else:
        click.echo(f"留下 {done.facts} 条记录，其中 {done.unsent} 条还没有发到中心")
        if done.kept is not None:
            click.echo(f"损坏的数据库保留在 {done.kept}；记录读到第 {done.newest} 条为止，之后中心已有的会补回")
        click.echo("现在可以启动；接通网络后，所有数据从中心重新下载")


def _end(words: str) -> None:
    click.echo(words, err=True)
    sys.exit(2)
