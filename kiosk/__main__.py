"""``python -m kiosk``: run the kiosk, enrol it, look after it."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from kiosk.config import read_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.supervisor import PROCESSES, Supervisor
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refused
from shared.sync.findings import report

WEB_THREADS = 16
T = TypeVar("T")


@click.group()
def main() -> None:
    """Linqu kiosk. Settings are read from LINQU_* variables; see the README."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


@main.command()
@click.argument("process", required=False, type=click.Choice(PROCESSES))
def run(process: str | None) -> None:
    """Run one PROCESS, or all of them and keep them running."""
    if process is None:
        Supervisor(PROCESSES, SystemClock()).run()
    elif process == "web":
        _run_web(_open())
    elif process == "sync":
        from kiosk.sync.worker import run as run_sync

        run_sync(_open())
    elif process == "print":
        from kiosk.labels.worker import run as run_print

        run_print(_open())
    else:
        from kiosk.scan.worker import run as run_scan

        run_scan(_open())


def _run_web(kiosk: Kiosk) -> None:
    import waitress

    from kiosk.app import make_app

    print(f"kiosk: {kiosk.config.local_url}", flush=True)
    waitress.serve(
        make_app(kiosk),
        host=kiosk.config.host,
        port=kiosk.config.port,
        threads=WEB_THREADS,
        max_request_body_size=2 * 1024 * 1024,
        ident=None,
    )


@main.command()
@click.option("--server", help="Address of the centre, https://…; LINQU_SERVER otherwise.")
@click.option("--code", required=True, help="Claim code from the console: eight digits, good for ten minutes.")
def enrol(server: str | None, code: str) -> None:
    """Make this machine a device of a pickup point."""
    from kiosk.sync.enrol import enrol as enrol_here

    kiosk = _open()
    answer = _or_exit(lambda: enrol_here(kiosk, server or kiosk.config.server, code))
    print(f"设备 {answer.device} 已登记到自提点 {answer.point}")


@main.command()
def doctor() -> None:
    """Look at the database and say in words what was found; exits 1 when something is wrong."""
    from kiosk.doctor import examine

    sys.exit(0 if report(examine(_open())) else 1)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the database to FILE (a USB stick) while the kiosk runs. Keep db.key from the data directory with it."""
    try:
        _open().db.backup_to(file)
    except OSError as error:
        print(f"没有写成备份：{error}", file=sys.stderr)
        sys.exit(2)
    print(f"已备份到 {file}")


def _open() -> Kiosk:
    return _or_exit(lambda: open_kiosk(read_config()))


def _or_exit(work: Callable[[], T]) -> T:
    try:
        return work()
    except Refused as refused:
        print(str(refused), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
