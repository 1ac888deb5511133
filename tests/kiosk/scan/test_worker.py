"""The scan process from a real (virtual) camera's frames to a real web process, and what it does when either is gone."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import serial
from waitress.server import create_server

from hardware.virtual.remote import hold_up, tell_camera
from kiosk import workers
from kiosk.host import open_kiosk
from kiosk.scan.rules import PICTURE, PICTURE_WISH, read_detail
from kiosk.scan.worker import Door, work
from shared.kernel.clock import SystemClock
from shared.parcels.rules import ParcelState
from tests.kiosk.pickup.scene import Scene, settings


def until(true: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


@dataclass
class Point:
    """A served kiosk with a virtual camera; the worker runs on a database connection of its own."""

    folder: Path
    scene: Scene
    camera: Path
    stops: list[Callable[[], None]] = field(default_factory=list)

    def serve(self) -> None:
        server = create_server(
            self.scene.app(), host="127.0.0.1", port=self.scene.kiosk.config.port, threads=16, clear_untrusted_proxy_headers=True
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        self.stops.append(lambda: (server.close(), thread.join(2))[0])

    def look(self) -> None:
        stop = threading.Event()
        kiosk = open_kiosk(self.scene.kiosk.config, SystemClock())
        thread = threading.Thread(target=work, args=(kiosk, stop), daemon=True)
        thread.start()
        self.stops.append(lambda: (stop.set(), thread.join(5), kiosk.db.close())[0])

    def state(self) -> str:
        found = workers.states(self.scene.kiosk.db, self.scene.kiosk.clock).get("scan")
        return found.state if found else ""


@pytest.fixture
def point(tmp_path: Path, unused_port: int) -> Iterator[Point]:
    camera = tmp_path / "camera"
    config = settings(tmp_path / "kiosk", port=unused_port, camera=f"virtual:{camera}")
    made = Point(tmp_path, Scene.open(config, SystemClock()), camera)
    yield made
    for stop in reversed(made.stops):
        stop()
    made.scene.kiosk.db.close()


def test_a_pass_held_up_to_the_camera_hands_out(point: Point) -> None:
    """Tilted, blurred and noisy, as a hand holds it; one showing is one scan."""
    resident = point.scene.resident()
    parcel = point.scene.parcel(resident)
    point.serve()
    point.look()
    assert until(lambda: point.state() == "ok")
    hold_up(point.camera, point.scene.pass_of(resident), seconds=2.0, hardness=0.3)
    assert until(lambda: point.scene.now(parcel).state is ParcelState.COLLECTED)
    assert point.scene.now(parcel).collected_way == "pass"
    time.sleep(2.2)
    said = workers.states(point.scene.kiosk.db, point.scene.kiosk.clock)["scan"]
    assert until(lambda: read_detail(workers.states(point.scene.kiosk.db, point.scene.kiosk.clock)["scan"].detail).scans == 1)
    assert said.state == "ok"


def test_a_camera_that_goes_is_noticed_within_three_seconds_and_comes_back_within_five(point: Point) -> None:
    point.serve()
    point.look()
    assert until(lambda: point.state() == "ok")
    for mode, states in (("unplugged", {"missing"}), ("covered", {"covered"}), ("frozen", {"frozen"})):
        tell_camera(point.camera, mode)
        started = time.monotonic()
        assert until(lambda states=states: point.state() in states, 4.0), (mode, point.state())  # type: ignore[misc]  # bound now
        assert time.monotonic() - started < 3.6
        tell_camera(point.camera, "normal")
        started = time.monotonic()
        assert until(lambda: point.state() == "ok", 6.0), (mode, point.state())
        assert time.monotonic() - started < 5.6


def test_a_scan_waits_for_the_web_process_but_not_for_long(point: Point) -> None:
    """Started again within four seconds the pass counts; after that nobody may stand there any more."""
    resident = point.scene.resident()
    parcel = point.scene.parcel(resident)
    point.look()
    assert until(lambda: point.state() == "ok")
    hold_up(point.camera, point.scene.pass_of(resident), seconds=1.0, hardness=0.1)
    time.sleep(2.0)
    point.serve()
    assert until(lambda: point.scene.now(parcel).state is ParcelState.COLLECTED, 5.0)


def test_an_old_scan_is_dropped(point: Point) -> None:
    clock = SystemClock()
    door = Door("http://127.0.0.1:1", "token", clock, threading.Event())
    from kiosk.scan.rules import Message

    started = time.monotonic()
    assert door.post(Message("read", "x"), clock.monotonic() - 3.0) == ""
    assert time.monotonic() - started < 3.0
    assert door.trouble == "ConnectionError"
    door.close()


def test_a_stranger_s_token_is_told_apart(point: Point) -> None:
    point.serve()
    door = Door(point.scene.kiosk.config.local_url, "wrong", SystemClock(), threading.Event())
    from kiosk.scan.rules import Message

    assert door.post(Message("read", "x"), time.monotonic()) == ""
    assert door.trouble == "HTTP 403"
    door.close()


def test_the_live_picture_is_there_only_while_somebody_looks(point: Point) -> None:
    point.serve()
    point.look()
    picture, wish = (point.scene.kiosk.config.data / name for name in (PICTURE, PICTURE_WISH))
    assert until(lambda: point.state() == "ok")
    assert not picture.exists()
    wish.write_text("1")
    assert until(picture.exists, 3.0)
    assert picture.read_bytes()[:2] == b"\xff\xd8"
    assert until(lambda: not picture.exists(), 14.0)


def test_without_a_camera_the_worker_says_so(tmp_path: Path, unused_port: int) -> None:
    scene = Scene.open(settings(tmp_path / "kiosk", port=unused_port, camera=""), SystemClock())
    point = Point(tmp_path, scene, tmp_path)
    point.look()
    assert until(lambda: point.state() == "none")
    for stop in point.stops:
        stop()
    scene.kiosk.db.close()


def test_a_serial_scanner_enters_by_the_same_door(tmp_path: Path, unused_port: int) -> None:
    """The scanner is a real pseudo-terminal."""
    import os
    import pty
    from dataclasses import replace

    master, slave = pty.openpty()
    config = replace(settings(tmp_path / "kiosk", port=unused_port, camera=""), scanner=f"serial:{os.ttyname(slave)}")
    point = Point(tmp_path, Scene.open(config, SystemClock()), tmp_path)
    resident = point.scene.resident()
    parcel = point.scene.parcel(resident)
    point.serve()
    point.look()
    assert until(lambda: point.state() == "none")
    assert serial.VERSION
    os.write(master, point.scene.pass_of(resident).encode() + b"\r\n")
    assert until(lambda: point.scene.now(parcel).state is ParcelState.COLLECTED)
    for stop in reversed(point.stops):
        stop()
    point.scene.kiosk.db.close()
    os.close(master)
    os.close(slave)
