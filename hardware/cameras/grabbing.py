"""A camera that keeps only the newest frame: V4L2 queues four, and an old frame is a slow screen."""

import threading
from dataclasses import replace

from hardware.cameras.camera import Frame, FrameSource, Gray, Health, Monotonic, Signs, SourceLost, is_dark, judge
from hardware.pictures import PictureError
from shared.kernel.limits import CAMERA_RETRY_MAX_SECONDS, CAMERA_SILENT_SECONDS

FIRST_RETRY_SECONDS = 0.25
JOIN_SECONDS = 3.0
WAKE_SECONDS = 2.5


class GrabbingCamera:
    """Runs a :class:`FrameSource` in a thread, opens it again with back-off, and hands out its newest frame."""

    def __init__(self, name: str, source: FrameSource, monotonic: Monotonic) -> None:
        self.name = name
        self._source = source
        self._monotonic = monotonic
        self._fresh = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._newest: Frame | None = None
        self._handed_out = 0
        self._signs = Signs()
        self._print = b""

    def open(self) -> None:
        """Start grabbing; safe to call again after ``close``."""
        if self._thread is not None:
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._grab, name=f"camera {self.name}", daemon=True)
        self._thread.start()

    def newest(self, timeout_s: float) -> Frame | None:
        """The newest frame not yet returned, or ``None`` after ``timeout_s``."""
        with self._fresh:
            self._fresh.wait_for(self._has_news, timeout_s)
            if not self._has_news() or self._newest is None:
                return None
            self._handed_out = self._newest.number
            return self._newest

    def health(self) -> Health:
        """How the camera is now."""
        with self._fresh:
            return judge(self._signs, self._monotonic(), self._source.live)

    def close(self) -> None:
        """Stop the thread; it lets go of the device as soon as its read returns."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)
            self._thread = None

    def _has_news(self) -> bool:
        return self._newest is not None and self._newest.number > self._handed_out

    def _grab(self) -> None:
        wait = FIRST_RETRY_SECONDS
        while not self._stop.is_set():
            try:
                self._source.open()
                self._note(connected=True, opened_at=self._monotonic(), frame_at=None)
                while not self._stop.is_set():
                    self._keep(self._source.read())
                    wait = FIRST_RETRY_SECONDS
                    self._wake()
            except (SourceLost, PictureError, OSError, ValueError) as lost:
                ended = isinstance(lost, SourceLost) and lost.ended
                self._note(connected=False, ended=ended, failures=self._signs.failures + 1, dark_since=None)
                if ended:
                    break
            finally:
                self._source.close()
            self._stop.wait(wait)
            wait = min(wait * 2, CAMERA_RETRY_MAX_SECONDS)
        self._note(connected=False)

    def _wake(self) -> None:
        """Open a sensor that hangs on one picture again; health says FROZEN until the picture changes."""
        signs, now = self._signs, self._monotonic()
        if not self._source.live or signs.changed_at is None or signs.opened_at is None:
            return
        if now - signs.changed_at > CAMERA_SILENT_SECONDS and now - signs.opened_at > WAKE_SECONDS:
            self._source.close()
            self._source.open()
            self._note(opened_at=now)

    def _keep(self, gray: Gray) -> None:
        now = self._monotonic()
        # Every sensor is noisy: two samples that agree to the last bit come from a hung one.
        seen = gray[::24, ::24].tobytes()
        with self._fresh:
            changed_at = now if seen != self._print else self._signs.changed_at
            dark_since = (self._signs.dark_since or now) if is_dark(gray) else None
            self._print = seen
            self._signs = replace(
                self._signs, frame_at=now, changed_at=changed_at or now, dark_since=dark_since, failures=0
            )
            number = self._newest.number + 1 if self._newest is not None else 1
            self._newest = Frame(gray, number, now)
            self._fresh.notify_all()

    def _note(self, **signs: object) -> None:
        with self._fresh:
            self._signs = replace(self._signs, **signs)  # type: ignore[arg-type]  # names are checked by replace itself
