"""The demo's processes: one centre, a kiosk for each point with a camera and a printer of its own, and cables between."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from deploy.demo.neighbourhood import Neighbourhood, Point
from deploy.demo.network import Cable
from deploy.demo.seed import Seeded, seed_centre

READY_SECONDS = 60.0
STOP_SECONDS = 15.0


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody listens there, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def _environ(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINQU_")}
    kept.pop("DATABASE_URL", None)
    return kept | {f"LINQU_{name}": value for name, value in settings.items()}


@dataclass
class KioskSite:
    """One pickup point of the demo and what stands in it."""

    point: Point
    folder: Path
    port: int
    cable: Cable
    environ: dict[str, str] = field(default_factory=dict)

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


class Town:
    """Starts everything, keeps the processes, stops them in the right order. Use as a context manager."""

    def __init__(self, neighbourhood: Neighbourhood, folder: Path, *, any_port: bool) -> None:
        self.neighbourhood = neighbourhood
        self.folder = folder
        self.port = free_port(0 if any_port else 8080)
        self.environ = _environ(DATA=str(folder / "centre"), PORT=str(self.port), DEMO="1")
        self.sites = [
            self._site(point, 0 if any_port else 8001 + index) for index, point in enumerate(neighbourhood.points)
        ]
        self.seeded: Seeded | None = None
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Where the centre's console is."""
        return f"http://127.0.0.1:{self.port}"

    def _site(self, point: Point, wanted_port: int) -> KioskSite:
        folder = self.folder / point.code
        site = KioskSite(point, folder, free_port(wanted_port), Cable(self.port))
        site.environ = _environ(
            DATA=str(folder / "data"),
            PORT=str(site.port),
            SERVER=f"http://127.0.0.1:{site.cable.port}",
            CAMERA=f"virtual:{site.camera}",
            PRINTER=f"virtual:{folder / 'printer.tty'}",
            DEMO="1",
        )
        return site

    def __enter__(self) -> "Town":
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        self.seeded = seed_centre(self.neighbourhood, self.environ, self.folder / "imports")
        self._run("centre", self.environ, "sync_server", "run")
        self._wait_for(self.url + "/console")
        for site in self.sites:
            self._run(
                f"printer-{site.point.code}", self.environ, "hardware.virtual.printer", "run",
                "--folder", str(site.printer), "--link", str(site.folder / "printer.tty"),
            )  # fmt: skip
            code = self.seeded.claim_codes[site.point.code]
            subprocess.run(
                [sys.executable, "-m", "kiosk", "enrol", "--code", code], env=site.environ, check=True,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            self._run(f"kiosk-{site.point.code}", site.environ, "kiosk", "run")
        for site in self.sites:
            self._wait_for(site.url + "/", not_at="/enrolment")

    def _run(self, name: str, environ: dict[str, str], *arguments: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self._processes.append(
            subprocess.Popen(
                [sys.executable, "-m", *arguments], env=environ, stdout=log, stderr=log, start_new_session=True
            )
        )
        log.close()

    def _wait_for(self, url: str, not_at: str = "\0") -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            for process in self._processes:
                if process.poll() is not None:
                    raise RuntimeError(f"a process ended with {process.returncode}: see the logs in {self.folder}")
            try:
                answer = requests.get(url, timeout=5)
                if answer.status_code == 200 and not_at not in answer.url:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.2)
        raise TimeoutError(f"{url} did not answer within {READY_SECONDS:.0f} s: see the logs in {self.folder}")

    def stop(self) -> None:
        """Stop every process: kindly, then for good."""
        for process in reversed(self._processes):
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()
        for site in self.sites:
            site.cable.cut()
