"""A camera without hardware: shows a lobby, and whatever another process holds up to it.

    python -m hardware.virtual.camera show FOLDER TEXT     hold a pass up to the camera virtual:FOLDER
    python -m hardware.virtual.camera tell FOLDER covered  also: unplugged, frozen, normal
    python -m hardware.virtual.camera draw PATH TEXT       write one frame as JPEG

Pictures in ``FOLDER/background`` are played instead of the drawn lobby.
"""

import argparse
import sys
import threading
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hardware.cameras.camera import Gray, SourceLost
from hardware.pictures import PictureError, read_gray, resized, write_jpeg
from hardware.virtual import scenes
from hardware.virtual.mailbox import Mailbox
from hardware.virtual.remote import CAMERA_MODES, SHOW_SECONDS, carried_out, hold_up, tell_camera

IDLE_PICTURES = 6


@dataclass
class _Show:
    command: Path
    screen: Gray
    code: tuple[scenes.Point, ...]
    showing: scenes.Showing
    frames_left: int
    frames: int


class VirtualSource:
    """The frame source behind ``virtual:FOLDER``."""

    live = True

    def __init__(self, folder: Path, frames_per_s: float = 15.0) -> None:
        self._folder = folder
        self._frames_per_s = frames_per_s
        self._mailbox = Mailbox(folder)
        self._pause = threading.Event()
        self._rng = np.random.default_rng(1)
        self._idle: list[Gray] = []
        self._scene: Gray | None = None
        self._number = 0
        self._mode = "normal"
        self._show: _Show | None = None
        self._last: Gray | None = None

    def open(self) -> None:
        """Ready unless told to be unplugged."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._take_modes()
        if self._mode == "unplugged":
            raise SourceLost("virtual camera is unplugged")
        if self._scene is None:
            self._scene = scenes.lobby(7)
            pictures = [_framed(path) for path in sorted((self._folder / "background").glob("*.*"))]
            scenery = [picture for picture in pictures if picture is not None] or [self._scene]
            # Noise differs from frame to frame even before a still picture, or it would look like a hung sensor.
            scenery *= -(-IDLE_PICTURES // len(scenery))
            self._idle = [scenes.noisy(picture, self._rng, 3.0) for picture in scenery]

    def read(self) -> Gray:
        """The next frame at the camera's pace."""
        self._pause.wait(1.0 / self._frames_per_s)
        self._take_modes()
        if self._mode == "unplugged":
            raise SourceLost("virtual camera is unplugged")
        if self._mode != "frozen" or self._last is None:
            self._last = self._frame()
        return self._last

    def close(self) -> None:
        """A showing that was cut short is shown again from its start next time."""
        self._show = None

    def _take_modes(self) -> None:
        for path, command in self._mailbox.waiting():
            if "mode" not in command:
                continue
            mode = str(command["mode"])
            self._mode = mode if mode in CAMERA_MODES else self._mode
            path.unlink(missing_ok=True)

    def _frame(self) -> Gray:
        self._number += 1
        if self._mode == "covered":
            return self._rng.integers(2, 6, (scenes.HEIGHT, scenes.WIDTH), dtype=np.uint8)
        show = self._show or self._next_show()
        if show is None or self._scene is None:
            return self._idle[self._number % len(self._idle)]
        self._show = show
        frame = scenes.held_up(show.screen, show.code, self._trembling(show), self._scene, self._rng)
        show.frames_left -= 1
        if show.frames_left <= 0:
            show.command.unlink(missing_ok=True)
            self._show = None
        return frame

    def _next_show(self) -> _Show | None:
        for path, command in self._mailbox.waiting():
            show = self._prepared(path, command)
            if show is not None:
                return show
            path.unlink(missing_ok=True)
        return None

    def _prepared(self, path: Path, command: dict[str, object]) -> _Show | None:
        try:
            text, seconds = str(command["show"]), float(str(command.get("seconds", SHOW_SECONDS)))
            hardness, seed = float(str(command.get("hardness", 0.3))), int(str(command.get("seed", 0)))
            screen, code = scenes.phone(text)
        except (KeyError, ValueError):
            return None
        rng = np.random.default_rng(seed or zlib.crc32(text.encode()))
        frames = max(1, round(seconds * self._frames_per_s))
        return _Show(path, screen, code, scenes.by_hand(rng, min(1.0, max(0.0, hardness))), frames, frames)

    def _trembling(self, show: _Show) -> scenes.Showing:
        """A hand comes in over three frames and then trembles."""
        shown = show.frames - show.frames_left
        away = max(0, 3 - shown) * 90
        x, y = show.showing.centre
        tremor = self._rng.normal(0, 2.0, 2)
        return replace(
            show.showing,
            centre=(x + float(tremor[0]), y + away + float(tremor[1])),
            roll=show.showing.roll + float(self._rng.normal(0, 0.6)),
            motion=max(show.showing.motion, 9 if away else 0),
        )


def _framed(path: Path) -> Gray | None:
    gray = read_gray(path)
    if gray is None:
        return None
    try:
        return resized(gray, scenes.WIDTH, scenes.HEIGHT)
    except PictureError:
        return None


def main(arguments: list[str]) -> int:
    """The command line; 0 when the camera took the command."""
    parser = argparse.ArgumentParser(prog="python -m hardware.virtual.camera", description="virtual camera")
    actions = parser.add_subparsers(dest="action", required=True)
    show = actions.add_parser("show", help="hold a pass up to the camera")
    show.add_argument("folder", type=Path)
    show.add_argument("text")
    show.add_argument("--seconds", type=float, default=SHOW_SECONDS)
    show.add_argument("--hardness", type=float, default=0.3, help="0 patient and near, 1 far, tilted and moving")
    told = actions.add_parser("tell", help="cover, unplug or freeze the camera, or make it normal again")
    told.add_argument("folder", type=Path)
    told.add_argument("mode", choices=CAMERA_MODES)
    drawn = actions.add_parser("draw", help="write one frame as JPEG")
    drawn.add_argument("path", type=Path)
    drawn.add_argument("text")
    drawn.add_argument("--hardness", type=float, default=0.3)
    drawn.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    if given.action == "draw":
        rng = np.random.default_rng(given.seed)
        screen, code = scenes.phone(given.text)
        frame = scenes.held_up(screen, code, scenes.by_hand(rng, given.hardness), scenes.lobby(given.seed), rng)
        write_jpeg(given.path, frame, 85)
        return 0
    if given.action == "tell":
        command = tell_camera(given.folder, given.mode)
    else:
        command = hold_up(given.folder, given.text, given.seconds, given.hardness)
    if carried_out(command, 30.0):
        return 0
    sys.stderr.write("no camera took the command within 30 s\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
