"""The demo's processes: a centre, a kiosk for each point with a camera and a printer of its own, cables between."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

import requests

from deploy.demo.folder import Kept, read_kept, write_kept
from deploy.demo.neighbourhood import Neighbourhood, Point
from deploy.demo.network import Cable
from deploy.demo.offers import ON_SALE, open_offers
from deploy.demo.progress import Progress
from deploy.demo.seed import fill_centre, open_points
from kiosk import workers
from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from shared.sync import store as sync_store
from sync_server.config import read_config as read_centre_config
from sync_server.host import Centre, open_centre

ROOT = Path(__file__).resolve().parents[2]
CENTRE_PORT, FIRST_KIOSK_PORT, PANEL_PORT = 8080, 8001, 8090
PRINTER_BAUD = 921_600
READY_SECONDS = 90.0
STOP_SECONDS = 12.0
LOOK_SECONDS = 0.1
LOG_LINES_SHOWN = 15


class ProcessDied(Exception):
    """A process of the demo ended by itself; the text carries the end of its log."""

    def __init__(self, name: str, status: int, log: Path) -> None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        super().__init__(f"{name} ended with status {status}. The last lines of {log}:\n" + "\n".join(lines))


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody listens there, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # as servers do it: the last demo's connections may still be in TIME_WAIT
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def _environ(**settings: str) -> dict[str, str]:
    """This process's environment without its own Linqu settings, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINQU_")}
    kept.pop("DATABASE_URL", None)
    # log lines must be there when a process dies
    kept["PYTHONUNBUFFERED"] = "1"
    return kept | {f"LINQU_{name}": value for name, value in settings.items()}


@dataclass(frozen=True)
class DemoKiosk:
    """One pickup point of the demo: its kiosk, the cable to the centre, and the folders of its virtual devices."""

    point: Point
    folder: Path
    port: int
    cable: Cable
    environ: dict[str, str]

    @property
    def url(self) -> str:
        """Where the kiosk's pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def camera(self) -> Path:
        """The folder through which something is held up to the camera."""
        return self.folder / "camera"

    @property
    def printer(self) -> Path:
        """The folder in which labels appear and orders to the printer are left."""
        return self.folder / "printer"

    @cached_property
    def books(self) -> Kiosk:
        """The kiosk's own database, opened beside its processes, to read in."""
        return open_kiosk(read_kiosk_config(self.environ))

    @property
    def link(self) -> Path:
        """Where the virtual printer appears."""
        return self.folder / "printer.tty"

    def waiting(self) -> int:
        """Facts that the centre has not confirmed."""
        return sync_store.outbox(self.books.db)[0]

    def at_work(self) -> bool:
        """Whether the first rows are here and camera, printer and sync say that they are well."""
        states = workers.states(self.books.db, self.books.clock)
        well = all(name in states and states[name].state == "ok" for name in ("sync", "scan", "print"))
        return well and self.books.point() is not None


@dataclass(frozen=True)
class _Running:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Town:
    """Starts everything, keeps the processes, stops them in the right order. Use as a context manager.

    ``folder`` is fresh, or holds a town to go on with (``folder.read_kept``). Raises :class:`ProcessDied`,
    ``TimeoutError``, ``CalledProcessError``; whatever had been started is stopped then.
    """

    def __init__(self, neighbourhood: Neighbourhood, folder: Path, progress: Progress, *, any_port: bool) -> None:
        self.neighbourhood = neighbourhood
        self.folder = folder
        self.progress = progress
        self._kept = read_kept(folder)
        self.password = self._kept.password if self._kept else ""
        self.channel_key = ""
        self.port = free_port(0 if any_port else CENTRE_PORT)
        self.environ = _environ(DATA=str(folder / "centre"), PORT=str(self.port), DEMO="1")
        self.kiosks = [
            self._kiosk(point, 0 if any_port else FIRST_KIOSK_PORT + index)
            for index, point in enumerate(neighbourhood.points)
        ]
        self._running: list[_Running] = []
        self._starter = ThreadPoolExecutor(1, "starter")

    @property
    def url(self) -> str:
        """Where the centre's console is."""
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def books(self) -> Centre:
        """The centre's own database, opened beside its process."""
        return open_centre(read_centre_config(self.environ))

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [one.process.pid for one in self._running if one.process.poll() is None]

    def _kiosk(self, point: Point, wanted_port: int) -> DemoKiosk:
        folder = self.folder / point.code
        port = free_port(wanted_port)
        # an enrolled kiosk knows the centre by its address: the cable's end must stay where it was
        cable = Cable(self.port, self._kept.cables[point.code] if self._kept else 0)
        environ = _environ(
            DATA=str(folder / "data"),
            PORT=str(port),
            SERVER=f"http://127.0.0.1:{cable.port}",
            CAMERA=f"virtual:{folder / 'camera'}",
            PRINTER=f"virtual:{folder / 'printer.tty'}?baud={PRINTER_BAUD}",
            DEMO="1",
        )
        return DemoKiosk(point, folder, port, cable, environ)

    def __enter__(self) -> "Town":
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- start ----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        codes: dict[str, str] = {}
        if self._kept is None:
            with self.progress.step("centre: database, keys, points, staff"):
                self.password, codes = open_points(self.neighbourhood, self.environ, ROOT)
            for words, work in fill_centre(self.neighbourhood, self.environ, ROOT, self.folder / "imports"):
                with self.progress.step(words):
                    work()
            with self.progress.step(f"centre puts {len(ON_SALE)} goods on sale, at the counters and by phone"):
                self.channel_key = open_offers(self.neighbourhood.goods, self.environ)
        with self.progress.step("centre starts"):
            self._run("centre", self.environ, "sync_server", "run")
            for kiosk in self.kiosks:
                self._run_printer(kiosk)
            self._wait_for_page(f"{self.url}/console")
        if codes:
            with self.progress.step("kiosks enrol with their claim codes"):
                self._enrol(codes)
            self._keep()
        with self.progress.step("kiosks start, fetch their rows, open camera and printer"):
            for kiosk in self.kiosks:
                self._run(f"kiosk-{kiosk.point.code}", kiosk.environ, "kiosk", "run")
            for kiosk in self.kiosks:
                self._wait_for_page(f"{kiosk.url}/", not_at="/enrolment")
            self._wait_until_at_work()

    def _run_printer(self, kiosk: DemoKiosk) -> None:
        self._run(
            f"printer-{kiosk.point.code}", kiosk.environ, "hardware.virtual.printer", "run",
            "--folder", str(kiosk.printer), "--link", str(kiosk.link), "--baud", str(PRINTER_BAUD),
        )  # fmt: skip

    def _enrol(self, codes: dict[str, str]) -> None:
        for kiosk in self.kiosks:
            code = codes[kiosk.point.code]
            self._run(f"enrol-{kiosk.point.code}", kiosk.environ, "kiosk", "enrol", "--code", code)
        enrolling = [one for one in self._running if one.name.startswith("enrol-")]
        for one in enrolling:
            status = one.process.wait(READY_SECONDS)
            if status:
                raise ProcessDied(one.name, status, one.log)
            self._running.remove(one)

    def _keep(self) -> None:
        cables = {kiosk.point.code: kiosk.cable.port for kiosk in self.kiosks}
        kept = Kept(self.neighbourhood.seed, self.neighbourhood.day, self.password, cables)
        write_kept(self.folder, kept)

    def _run(self, name: str, environ: dict[str, str], *arguments: str) -> None:
        # in a thread, where Ctrl-C never strikes: a process that runs is always one that we know of
        self._starter.submit(self._run_now, name, environ, arguments).result()

    def _run_now(self, name: str, environ: dict[str, str], arguments: tuple[str, ...]) -> None:
        path = self.folder / "logs" / f"{name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=environ,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the demo alone: it stops the others in order
                start_new_session=True,
            )
        self._running.append(_Running(name, process, path))

    def _wait_for_page(self, url: str, not_at: str = "\0") -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            self.check()
            try:
                answer = requests.get(url, timeout=5)
                if answer.status_code == 200 and not_at not in answer.url:
                    return
            except requests.ConnectionError:
                pass  # it does not listen yet; the loop ends by itself
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"{url} did not answer within {READY_SECONDS:.0f} s; logs: {self.folder / 'logs'}")

    def _wait_until_at_work(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while not all(kiosk.at_work() for kiosk in self.kiosks):
            self.check()
            if time.monotonic() > until:
                states = {
                    kiosk.point.code: {
                        name: state.state for name, state in workers.states(kiosk.books.db, kiosk.books.clock).items()
                    }
                    for kiosk in self.kiosks
                }
                raise TimeoutError(f"not at work within {READY_SECONDS:.0f} s: {states}; logs: {self.folder / 'logs'}")
            time.sleep(LOOK_SECONDS)

    # --- life -----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise :class:`ProcessDied` when one has ended by itself."""
        for one in self._running:
            status = one.process.poll()
            if status is not None:
                raise ProcessDied(one.name, status, one.log)

    def stop(self) -> None:
        """Stop every process: kindly, then for good. Cut the cables, close the books. Harmless when done before."""
        self._starter.shutdown()
        for one in reversed(self._running):
            if one.process.poll() is None:
                one.process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for one in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.process.wait(max(0.1, until - time.monotonic()))
            # a supervisor that hangs, or has died, leaves children in its group; an empty group is no process at all
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.process.pid, signal.SIGKILL)
            one.process.wait()
        self._running.clear()
        for kiosk in self.kiosks:
            kiosk.cable.cut()
            if (books := kiosk.__dict__.pop("books", None)) is not None:
                books.db.close()
        if (centre := self.__dict__.pop("books", None)) is not None:
            centre.db.close()
