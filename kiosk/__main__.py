"""``python -m kiosk``: run the kiosk, enrol it, look after it."""

import contextlib
import logging
import sys
from collections.abc import Callable
from typing import TypeVar

import click

from kiosk.carry.commands import carry
from kiosk.config import Config, read_config
from kiosk.copies.commands import backup, rebuild, restore
from kiosk.host import Kiosk, open_kiosk
from kiosk.supervisor import ALL_PROCESSES, Supervisor, processes_of
from shared.db import DatabaseUnreadable
from shared.db.copies import in_use
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
@click.argument("process", required=False, type=click.Choice(ALL_PROCESSES))
def run(process: str | None) -> None:
    """Run one PROCESS, or all that this kiosk is set up for and keep them running."""
    config = _or_exit(read_config)
    if process is None:
        Supervisor(processes_of(config), SystemClock()).run()
        return
    with contextlib.ExitStack() as stack:
        _or_exit(lambda: stack.enter_context(in_use(config.data)))
        if process == "web":
            _run_web(config)
        else:
            _worker(process)(_open())


def _worker(process: str) -> Callable[[Kiosk], None]:
    """What a process does with its life; each loads only its own libraries."""
    if process == "sync":
        from kiosk.sync.worker import run as run_sync

        return run_sync
    if process == "print":
        from kiosk.labels.worker import run as run_print

        return run_print
    if process == "copy":
        from kiosk.copies.worker import run as run_copy

        return run_copy
    if process == "relay":
        from kiosk.carry.relay import run as run_relay

        return run_relay
    from kiosk.scan.worker import run as run_scan

    return run_scan


def _run_web(config: Config) -> None:
    import waitress

    from kiosk.app import make_app
    from kiosk.damaged import make_damaged_app

    try:
        app = make_app(open_kiosk(config))
    except DatabaseUnreadable as damaged:
        # whoever stands before the screen must be told; the other processes only end
        print(str(damaged), file=sys.stderr)
        app = make_damaged_app(config, SystemClock())
    except Refused as refused:
        print(str(refused), file=sys.stderr)
        sys.exit(2)
    print(f"kiosk: {config.local_url}", flush=True)
    waitress.serve(
        app,
        host=config.host,
        port=config.port,
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


main.add_command(backup)
main.add_command(restore)
main.add_command(rebuild)
main.add_command(carry)


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
