"""``python -m kiosk``: run the kiosk, enrol it, look after it."""

import logging
import sys

import click

from kiosk.config import read_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.supervisor import PROCESSES, Supervisor
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refused

WEB_THREADS = 16


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

    findings = examine(_open())
    for finding in findings:
        print(finding.text)
    sys.exit(0 if all(finding.good for finding in findings) else 1)


def _open() -> Kiosk:
    return _or_exit(lambda: open_kiosk(read_config()))


def _or_exit(work):  # type: ignore[no-untyped-def]  # any callable, its own result
    try:
        return work()
    except Refused as refused:
        print(str(refused), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
