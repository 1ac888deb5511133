"""The scan process with a stopwatch, so that a figure knows when a frame was there.

``python -m tests.bench.eye FILE`` is ``kiosk run scan`` on a virtual camera; it also writes lines to ``FILE``: when the
first frame came that has the hand in it, and when the frame was taken that was read; in seconds since 1970.
"""

import sys
import time
from pathlib import Path

from hardware.cameras.camera import Gray
from hardware.virtual import camera
from kiosk.config import read_config
from kiosk.host import open_kiosk
from kiosk.scan import worker
from kiosk.scan.rules import Message

COMES, READ = "comes", "read"


def main(notes: Path) -> None:
    """Scan until told to stop."""

    def note(what: str, at: float) -> None:
        with notes.open("a") as file:
            file.write(f"{what} {at}\n")

    class WatchedSource(camera.VirtualSource):
        """The virtual camera."""

        def read(self) -> Gray:
            """The next frame."""
            frame = super().read()
            if self._show and self._show.frames - self._show.frames_left == 1:
                note(COMES, time.time())
            return frame

    class WatchedDoor(worker.Door):
        """The way to the web process."""

        def post(self, message: Message, taken: float) -> str:
            """Tell one scan."""
            if message.kind == "read":
                note(READ, time.time() - (time.monotonic() - taken))
            return super().post(message, taken)

    # both are looked up by name when the process begins its work
    camera.VirtualSource = WatchedSource  # type: ignore[misc]  # a class in place of a class, which mypy cannot know
    worker.Door = WatchedDoor  # type: ignore[misc]  # the same
    worker.run(open_kiosk(read_config()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
