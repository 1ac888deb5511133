"""Cameras on files, the virtual camera, and what is said of one that is gone, frozen or covered."""

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.cameras.camera import Camera, Gray, Health, Signs, SourceLost, is_dark, judge
from hardware.cameras.grabbing import GrabbingCamera
from hardware.cameras.opening import open_camera
from hardware.cameras.sources import as_device
from hardware.decoding.chain import Decoder
from hardware.virtual import camera as virtual
from hardware.virtual import scenes
from hardware.virtual.mailbox import Mailbox
from hardware.virtual.remote import carried_out, hold_up, tell_camera
from shared.kernel.errors import BadInput
from tests.hardware.conftest import Digits

HURRY = 3


def until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return true()


def hurried() -> float:
    """Monotonic seconds three times as fast, where only waiting would be tested."""
    return time.monotonic() * HURRY


def read_texts(camera: Camera, seconds: float, wanted: int) -> list[str]:
    """Texts in the order in which they first show up."""
    decoder, texts = Decoder(time.monotonic), dict[str, None]()
    end = time.monotonic() + seconds
    while time.monotonic() < end and len(texts) < wanted:
        frame = camera.newest(0.5)
        if frame is not None:
            texts.update((one.text, None) for one in decoder.decode(frame.gray) if one.text)
    return list(texts)


def frame_with(text: str, seed: int) -> Gray:
    screen, code = scenes.phone(text)
    showing = scenes.by_hand(np.random.default_rng(seed), 0.3)
    return scenes.held_up(screen, code, showing, scenes.lobby(7), np.random.default_rng(seed))


def test_a_folder_of_pictures_plays_in_the_order_of_names(tmp_path: Path, digits: Digits) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), frame_with(digits(number), number))
    (tmp_path / "1b.jpg").write_bytes(b"not a picture")
    (tmp_path / "notes.txt").write_text("no picture at all", encoding="utf-8")
    camera = open_camera(f"folder:{tmp_path}", frames_per_s=5)
    try:
        assert read_texts(camera, 6, 3) == [digits(0), digits(1), digits(2)]
        assert until(lambda: camera.health() is Health.ENDED, 3)
    finally:
        camera.close()


def test_a_video_plays_once_or_again_and_again(tmp_path: Path, digits: Digits) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (scenes.WIDTH, scenes.HEIGHT))
    for _ in range(4):
        writer.write(cv2.cvtColor(frame_with(digits(5), 5), cv2.COLOR_GRAY2BGR))
    writer.release()
    once = open_camera(f"video:{path}", frames_per_s=30)
    assert read_texts(once, 3, 1) == [digits(5)]
    assert until(lambda: once.health() is Health.ENDED, 3)
    once.close()
    looped = open_camera(f"video:{path}", frames_per_s=60, loop=True)
    assert until(lambda: (looped.newest(0.5) or pytest.fail("no frame")).number > 8, 4)
    looped.close()


@pytest.mark.parametrize("address", ["", "v4l2:", "ftp:0", "0", "folder"])
def test_an_address_of_no_kind_is_refused(address: str) -> None:
    with pytest.raises(BadInput) as refused:
        open_camera(address)
    assert refused.value.code == "camera_address"
    assert "摄像头" in str(refused.value)


@pytest.mark.parametrize("address", ["v4l2:97", "folder:/nowhere/at/all", "video:/nowhere.avi"])
def test_an_absent_camera_is_missing_and_not_an_error(address: str) -> None:
    camera = open_camera(address)
    try:
        assert until(lambda: camera.health() is Health.MISSING, 3)
        assert camera.newest(0.05) is None
    finally:
        camera.close()


def test_a_folder_that_appears_later_is_found(tmp_path: Path, digits: Digits) -> None:
    folder = tmp_path / "later"
    camera = open_camera(f"folder:{folder}", frames_per_s=10)
    try:
        assert until(lambda: camera.health() is Health.MISSING, 2)
        folder.mkdir()
        cv2.imwrite(str(folder / "1.png"), frame_with(digits(8), 8))
        assert read_texts(camera, 5, 1) == [digits(8)]
    finally:
        camera.close()


def test_device_names() -> None:
    assert as_device("0") == 0
    assert as_device("/dev/video3") == 3
    assert as_device("/dev/v4l/by-id/usb-cam-index0") == "/dev/v4l/by-id/usb-cam-index0"


class _Still:
    """A sensor that hangs on one picture."""

    live = True

    def open(self) -> None:
        """Always there."""

    def read(self) -> Gray:
        """The same picture for ever."""
        time.sleep(0.02)
        return np.full((720, 1280), 99, np.uint8)

    def close(self) -> None:
        """Nothing to let go of."""


def test_a_sensor_that_hangs_is_noticed_within_three_seconds() -> None:
    camera = GrabbingCamera("still", _Still(), time.monotonic)
    camera.open()
    try:
        assert until(lambda: camera.health() is Health.OK, 1)
        assert until(lambda: camera.health() is Health.FROZEN, 3)
    finally:
        camera.close()


class _HungUntilOpenedAgain(_Still):
    """A driver as it hangs after a USB hiccup; its first read after that fails in an odd way."""

    def __init__(self) -> None:
        self.opened = 0
        self.read_since = 0

    def open(self) -> None:
        """Counts."""
        self.opened += 1

    def read(self) -> Gray:
        """The same picture the first time, noise afterwards."""
        self.read_since += 1
        if self.opened == 1:
            return super().read()
        if self.opened == 2:
            raise ValueError("odd")
        time.sleep(0.02)
        return np.random.default_rng(self.read_since).integers(60, 90, (720, 1280), dtype=np.uint8)


def test_a_hung_sensor_is_opened_again_and_back_within_five_seconds() -> None:
    source = _HungUntilOpenedAgain()
    camera = GrabbingCamera("hung", source, hurried)
    camera.open()
    try:
        assert until(lambda: camera.health() is Health.FROZEN, 3 / HURRY)
        assert until(lambda: camera.health() is Health.OK, 5 / HURRY)
        assert source.opened >= 3
    finally:
        camera.close()


def test_health_follows_from_the_signs() -> None:
    seen = Signs(connected=True, opened_at=0.0, frame_at=10.0, changed_at=10.0)
    assert judge(Signs(), 0.0, live=True) is Health.STARTING
    assert judge(Signs(failures=1), 0.0, live=True) is Health.MISSING
    assert judge(Signs(connected=True, opened_at=0.0), 1.0, live=True) is Health.STARTING
    assert judge(Signs(connected=True, opened_at=0.0), 2.5, live=True) is Health.FROZEN
    assert judge(seen, 10.1, live=True) is Health.OK
    assert judge(seen, 12.5, live=True) is Health.FROZEN
    still = Signs(connected=True, opened_at=0.0, frame_at=10.0, changed_at=1.0)
    assert judge(still, 10.1, live=True) is Health.FROZEN
    assert judge(still, 10.1, live=False) is Health.OK
    dark = Signs(connected=True, opened_at=0.0, frame_at=10.0, changed_at=10.0, dark_since=7.0)
    assert judge(dark, 10.1, live=True) is Health.COVERED
    assert judge(Signs(ended=True, connected=True), 10.1, live=False) is Health.ENDED


def test_a_dim_lobby_is_not_a_covered_lens() -> None:
    assert not is_dark(scenes.lobby(7))
    assert is_dark(np.full((720, 1280), 4, np.uint8))


def test_passes_held_up_by_another_process_are_read_in_turn(tmp_path: Path, digits: Digits) -> None:
    camera = open_camera(f"virtual:{tmp_path}")
    try:
        commands = [hold_up(tmp_path, digits(seed), seconds=0.4, seed=seed) for seed in (1, 2, 3)]
        assert read_texts(camera, 8, 3) == [digits(1), digits(2), digits(3)]
        assert all(carried_out(command, 3) for command in commands)
        frame = camera.newest(1)
        assert frame is not None
        assert frame.gray.shape == (720, 1280)
    finally:
        camera.close()


def test_a_virtual_camera_can_be_covered_unplugged_and_frozen(tmp_path: Path) -> None:
    camera = open_camera(f"virtual:{tmp_path}", hurried)
    try:
        assert until(lambda: camera.health() is Health.OK, 2)
        for mode, health in (("unplugged", Health.MISSING), ("frozen", Health.FROZEN), ("covered", Health.COVERED)):
            assert carried_out(tell_camera(tmp_path, mode), 2)
            assert until(lambda wanted=health: camera.health() is wanted, 4), mode  # type: ignore[misc]  # bound now
            assert carried_out(tell_camera(tmp_path, "normal"), 2)
            assert until(lambda: camera.health() is Health.OK, 5), f"back from {mode}"
    finally:
        camera.close()
    with pytest.raises(ValueError, match="not one of"):
        tell_camera(tmp_path, "explode")


def test_what_is_no_command_is_thrown_away(tmp_path: Path, digits: Digits) -> None:
    (tmp_path / "0.command").write_bytes(b"\xff{")
    (tmp_path / "1.command").write_text('{"show": "1", "seconds": "long"}', encoding="utf-8")
    Mailbox(tmp_path).put({"show": "9" * 8000})
    hold_up(tmp_path, digits(4), seconds=0.5)
    camera = open_camera(f"virtual:{tmp_path}")
    try:
        assert read_texts(camera, 4, 1) == [digits(4)]
        assert until(lambda: not list(tmp_path.glob("*.command")), 3)
    finally:
        camera.close()


def test_the_command_line_draws_a_frame_that_can_be_read(tmp_path: Path, digits: Digits) -> None:
    path = tmp_path / "frame.jpg"
    assert virtual.main(["draw", str(path), digits(6), "--seed", "6"]) == 0
    camera = open_camera(f"folder:{tmp_path}")
    try:
        assert read_texts(camera, 3, 1) == [digits(6)]
    finally:
        camera.close()


def test_a_source_that_was_never_opened_is_lost() -> None:
    from hardware.cameras.sources import FolderSource, V4l2Source, VideoSource

    for source in (V4l2Source("0"), VideoSource(Path("x")), FolderSource(Path("x"))):
        with pytest.raises(SourceLost):
            source.read()
        source.close()
