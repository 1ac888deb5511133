"""``sync_server backup``, ``restore``, ``restored``: what an operator does at the machine itself."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

from shared.db.copies import write_file
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refused
from sync_server import backups
from sync_server.config import read_config
from sync_server.host import open_centre

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@contextlib.contextmanager
def in_words(failed: str) -> Iterator[None]:
    """Say what went wrong and end with 2; ``failed`` begins the sentence about the machine's own errors."""
    try:
        yield
    except OSError as error:
        raise SystemExit(_said(f"{failed}：{error}")) from error
    except Refused as refused:
        raise SystemExit(_said(str(refused))) from refused


def _said(words: str) -> int:
    click.echo(words, err=True)
    return 2


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--daily", type=click.Path(file_okay=False, path_type=Path), help="A folder that keeps the newest 14.")
def backup(file: Path | None, daily: Path | None) -> None:
    """Write a backup to FILE (or into the folder after --daily) while the centre runs.

    Kiosks drop what they sent only after it lies in a backup: make them regularly, on another disk.
    """
    if (file is None) == (daily is None):
        raise click.UsageError("FILE or --daily FOLDER")
    with in_words("没有写成备份"):
        centre = open_centre(read_config())
        dropped: list[Path] = []
        if daily is not None:
            made, dropped = backups.back_up_daily(centre, daily)
        else:
            assert file is not None  # noqa: S101 - one of the two is given
            made = backups.back_up(centre, file)
    click.echo(f"已备份到 {made.file}，{made.bytes / 1_000_000:.1f} MB，含 {made.lanes} 条设备历史，已读回核对")
    if dropped:
        click.echo(f"删除了 {len(dropped)} 份最旧的备份")
    if made.same_disk:
        click.echo("注意：备份和数据库在同一块磁盘上，磁盘坏了两份都会丢。请另存到别处")
    click.echo("请连同数据目录里的 *.key、ledger.jsonl、life.json 一起保存")


@click.command()
@FILE
def restore(file: Path) -> None:
    """Make FILE, written by `backup`, the database (SQLite). Stop the server first."""
    with in_words("没有恢复"):
        done = backups.restore(read_config(), file, SystemClock())
    if done.kept is not None:
        click.echo(f"原来的数据库保留在 {done.kept}")
    _say_life(done.generation)


@click.command()
def restored() -> None:
    """Begin a new life after you have put an older PostgreSQL database back by its own tools."""
    with in_words("没有完成"):
        generation = backups.restored(read_config(), SystemClock())
    _say_life(generation)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def carry(files: tuple[Path, ...]) -> None:
    """Take in FILES that kiosks wrote with `kiosk carry out`; the answers are written beside them."""
    from sync_server.app import make_app
    from sync_server.carry.operations import WORDS, answer_box

    with in_words("没有完成"):
        centre = open_centre(read_config())
    app, wrong = make_app(centre), 0
    for file in files:
        try:
            taken = answer_box(app, centre, file.read_bytes())
            write_file(file.with_name(taken.file_name), taken.box)
        except (OSError, Refused) as refused:
            wrong += 1
            click.echo(f"✗ {file.name}：{refused}")
            continue
        said, step = WORDS[taken.outcome]
        words = said % {"facts": taken.facts, "detail": taken.detail}
        click.echo(f"✓ {file.name}：终端 {taken.device.id}，{words}{step} → {taken.file_name}")
    raise SystemExit(1 if wrong else 0)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def keys(file: Path, folder: Path) -> None:
    """Open FILE (linqu-K1.keys, left beside a kiosk's copies) into FOLDER: db.key and device.key for a new card."""
    from shared.sync.carry import open_keys

    with in_words("没有取出"):
        found = open_keys(open_centre(read_config()).seal_key, file.read_bytes())
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in (("db.key", found.db_key.hex().encode()), ("device.key", found.device_key)):
            write_file(folder / name, content, mode=0o600)
    click.echo(f"终端 {found.device} 的 db.key、device.key 已写入 {folder}。放进新卡的数据目录，再运行 kiosk restore")


@click.command()
@click.argument("resident")
@click.option("--reason", required=True, help="Why; written into the operators' log.")
def erase(resident: str, reason: str) -> None:
    """Erase RESIDENT (the id in the address of their page) here and at every kiosk."""
    from sync_server import erasure

    with in_words("没有删除"):
        done = erasure.erase(open_centre(read_config()), resident, reason, "cli")
    click.echo(f"已删除：{len(done.points)} 个自提点，{done.facts} 条历史记录隐去了个人信息；统计不变")
    click.echo("各终端在下两次同步内清除；中心和 U 盘的下一份备份里也不再有。较早的备份到期自动删除")


def _say_life(generation: int) -> None:
    click.echo(f"开始第 {generation} 代。各终端下一次联系时会补发备份之后的记录，期间库存额度先冻结")
    click.echo("备份之后登记、停用的终端已按 ledger.jsonl 补上；用 python -m sync_server doctor 查看")
