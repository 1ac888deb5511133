"""The scan process between a camera's frames and a real web process, and what it does when either is gone."""

import os
import pty
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hardware.virtual.remote import hold_up, tell_camera
from kiosk import workers
from kiosk.host import open_kiosk
from kiosk.scan.rules import PICTURE, PICTURE_WISH, Detail, Message, read_detail
from kiosk.scan.worker import Door, work
from shared.kernel.clock import SystemClock
from shared.parcels.rules import ParcelState
from tests.kiosk.pickup.scene import Scene, settings
from tests.kiosk.serving import served


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
    """A kiosk with a virtual camera; the worker runs on a database connection of its own."""

    scene: Scene
    camera: Path
    stack: ExitStack

    def serve(self) -> None:
        """Start the web process's part."""
        self.stack.enter_context(served(self.scene.app(), self.scene.kiosk.config.port))

    def look(self) -> None:
        """Start the scan process's part."""
        stop, kiosk = threading.Event(), open_kiosk(self.scene.kiosk.config, SystemClock())
        thread = threading.Thread(target=work, args=(kiosk, stop), daemon=True)
        thread.start()
        self.stack.callback(kiosk.db.close)
        self.stack.callback(thread.join, 5)
        self.stack.callback(stop.set)

    def said(self) -> tuple[str, Detail]:
        """State and details as the worker told them last."""
        found = workers.states(self.scene.kiosk.db, self.scene.kiosk.clock).get("scan")
        return (found.state, read_detail(found.detail)) if found else ("", Detail())

    def comes_to(self, state: str, seconds: float = 10.0) -> bool:
        """Whether the worker says ``state`` within ``seconds``."""
        return until(lambda: self.said()[0] == state, seconds)


@pytest.fixture
def make_point(tmp_path: Path, unused_port: int) -> Iterator[Callable[..., Point]]:
    with ExitStack() as stack:

        def make(**changes: str) -> Point:
            camera = tmp_path / "camera"
            config = settings(tmp_path / "kiosk", port=unused_port, camera=f"virtual:{camera}")
            scene = Scene.open(replace(config, **changes), SystemClock())  # type: ignore[arg-type]  # texts all
            stack.callback(scene.kiosk.db.close)
            return Point(scene, camera, stack)

        yield make


@pytest.fixture
def point(make_point: Callable[..., Point]) -> Point:
    return make_point()


def test_a_pass_held_up_to_the_camera_hands_out(point: Point) -> None:
    """Tilted, blurred and noisy, as a hand holds it; one showing is one scan."""
    resident = point.scene.resident()
    parcel = point.scene.parcel(resident)
    point.serve()
    point.look()
    assert point.comes_to("ok")
    hold_up(point.camera, point.scene.pass_of(resident), seconds=2.0, hardness=0.3)
    assert until(lambda: point.scene.now(parcel).state is ParcelState.COLLECTED)
    assert point.scene.now(parcel).collected_way == "pass"
    time.sleep(2.2)
    assert until(lambda: point.said()[1].scans > 0)
    state, detail = point.said()
    assert (state, detail.scans, detail.posting) == ("ok", 1, "")
    assert detail.decode_ms > 0


@pytest.mark.parametrize(("mode", "state"), [("unplugged", "missing"), ("covered", "covered"), ("frozen", "frozen")])
def test_a_camera_that_goes_is_noticed_within_three_seconds_and_comes_back_within_five(
    point: Point, mode: str, state: str
) -> None:
    """The limits of QUALITY R18, with half a second for a busy machine."""
    point.look()
    assert point.comes_to("ok")
    tell_camera(point.camera, mode)
    assert point.comes_to(state, 3.5)
    tell_camera(point.camera, "normal")
    assert point.comes_to("ok", 5.5)


def test_a_scan_waits_for_the_web_process(point: Point) -> None:
    """Started again within four seconds the pass counts."""
    resident = point.scene.resident()
    parcel = point.scene.parcel(resident)
    point.look()
    assert point.comes_to("ok")
    hold_up(point.camera, point.scene.pass_of(resident), seconds=1.0, hardness=0.1)
    time.sleep(1.5)
    point.serve()
    assert until(lambda: point.scene.now(parcel).state is ParcelState.COLLECTED, 5.0)


def test_an_old_scan_is_dropped() -> None:
    """After four seconds nobody may stand there any more."""
    clock = SystemClock()
    door = Door("http://127.0.0.1:1", "token", clock, threading.Event())
    started = time.monotonic()
    assert door.post(Message("read", "x"), clock.monotonic() - 3.0) == ""
    assert time.monotonic() - started < 3.0
    assert door.trouble == "ConnectionError"
    door.close()


def test_a_wrong_token_is_told_apart(point: Point) -> None:
    point.serve()
    door = Door(point.scene.kiosk.config.local_url, "wrong", SystemClock(), threading.Event())
    assert door.post(Message("read", "x"), time.monotonic()) == ""
    assert door.trouble == "HTTP 403"
    door.close()


def test_the_live_picture_is_there_only_while_somebody_looks(point: Point) -> None:
    point.look()
    picture, wish = (point.scene.kiosk.config.data / name for name in (PICTURE, PICTURE_WISH))
    assert point.comes_to("ok")
    assert not picture.exists()
    wish.write_text("1")
    assert until(picture.exists, 3.0)
    assert picture.read_bytes()[:2] == b"\xff\xd8"
    assert until(lambda: not picture.exists(), 14.0)


def test_without_a_camera_the_worker_says_so(make_point: Callable[..., Point]) -> None:
    point = make_point(camera="")
    point.look()
    assert point.comes_to("none")


def test_a_serial_scanner_enters_by_the_same_door(make_point: Callable[..., Point]) -> None:
    """The scanner is a real pseudo-terminal."""
    master, slave = pty.openpty()
    point = make_point(camera="", scanner=f"serial:{os.ttyname(slave)}")
    point.stack.callback(os.close, master)
    point.stack.callback(os.close, slave)
    resident = point.scene.resident()
    parcel = point.scene.parcel(resident)
    point.serve()
    point.look()
    assert until(lambda: point.said()[1].scanner == "ok")
    os.write(master, point.scene.pass_of(resident).encode() + b"\r\n")
    assert until(lambda: point.scene.now(parcel).state is ParcelState.COLLECTED)
