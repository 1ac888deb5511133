"""The scan process: camera → decode → debounce → the web process's door. Serial scanners enter by the same door.

It holds no data of residents: a payload lives here as long as it takes to post it.
"""

import logging
import signal
import threading
from collections import deque
from dataclasses import asdict

import msgspec
import requests

from hardware.cameras.camera import Camera, Frame
from hardware.cameras.opening import open_camera
from hardware.decoding.chain import Decoder
from hardware.decoding.debounce import Debouncer
from hardware.decoding.gate import IdleGate
from hardware.scanners.scanner import Scan, Scanner, ScannerHealth, ScanOutcome
from hardware.scanners.serial_scanner import SerialScanner
from kiosk import workers
from kiosk.host import Kiosk
from kiosk.scan.picture import LivePicture
from kiosk.scan.rules import Detail, Hinting, Message, message_of
from shared.kernel.clock import Clock
from shared.kernel.errors import BadInput, Refused
from shared.kernel.ids import draw_nonce
from shared.kernel.limits import SCAN_STALE_SECONDS

NAME = "scan"
TOKEN_HEADER = "X-Linqu-Worker"  # noqa: S105 - the name of a header
TOKEN_PURPOSE = "worker"  # noqa: S105 - a purpose, the secret derives from it
FRAME_SECONDS = 0.25
SCANNER_SECONDS = 0.5
POST_SECONDS = (1.0, 6.0)
RETRY_SECONDS = 0.25
BEAT_SECONDS = 5.0
RATE_FRAMES = 45

log = logging.getLogger(__name__)


class Door:
    """Posts scans to the web process. The same scan may be sent twice; its nonce makes it count once."""

    def __init__(self, url: str, token: str, clock: Clock, stop: threading.Event) -> None:
        self._url = f"{url}/local/scans"
        self._clock = clock
        self._stop = stop
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers[TOKEN_HEADER] = token
        self._one = threading.Lock()
        self._run, self._number = draw_nonce(), 0
        self.trouble = ""

    def post(self, message: Message, taken: float) -> str:
        """Tell one scan; the outcome, or nothing when the web process could not be told in time.

        A scan that is four seconds old is dropped: whoever showed the pass may have gone.
        """
        with self._one:
            self._number += 1
            return self._post(message, taken, f"{self._run}-{self._number}")

    def _post(self, message: Message, taken: float, nonce: str) -> str:
        while not self._stop.is_set():
            age = max(0.0, self._clock.monotonic() - taken)
            if age > SCAN_STALE_SECONDS:
                log.warning("a scan was dropped after %.1f s: %s", age, self.trouble or "too old")
                return ""
            try:
                answer = self._session.post(
                    self._url,
                    json={**asdict(message), "nonce": nonce, "age_s": round(age, 3)},
                    timeout=POST_SECONDS,
                    allow_redirects=False,
                )
                self.trouble = "" if answer.ok and not answer.is_redirect else f"HTTP {answer.status_code}"
                return "" if self.trouble else str(answer.json().get("outcome", ""))
            except (requests.RequestException, ValueError) as error:
                self.trouble = type(error).__name__
                self._stop.wait(RETRY_SECONDS)
        return ""

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


class ScanWorker:
    """One camera. ``turn`` is called again and again."""

    def __init__(self, kiosk: Kiosk, camera: Camera | None, door: Door, picture: LivePicture) -> None:
        self._kiosk, self._clock = kiosk, kiosk.clock
        self._camera, self._door, self._picture = camera, door, picture
        self._decoder = Decoder(kiosk.clock.monotonic)
        self._gate, self._debouncer, self._hinting = IdleGate(), Debouncer(), Hinting()
        self._frames: deque[float] = deque(maxlen=RATE_FRAMES)
        self._decode_ms = 0.0
        self._scans = 0
        self._said, self._beat_at = ("", ""), 0.0
        self.scanner = ""

    def turn(self) -> bool:
        """Look at the next frame; False when none came."""
        frame = self._camera.newest(FRAME_SECONDS) if self._camera else None
        if frame is not None:
            self._frames.append(frame.at)
            if self._gate.worth_decoding(frame.gray):
                self._read(frame)
        self._picture.look(frame)
        self._beat()
        return frame is not None

    def _read(self, frame: Frame) -> None:
        started = self._clock.monotonic()
        readings = self._decoder.decode(frame.gray)
        self._decode_ms += 0.1 * ((self._clock.monotonic() - started) * 1000 - self._decode_ms)
        message = message_of(self._debouncer.see(readings, frame.at)) or self._hinting.see(readings)
        if message is not None:
            self.tell(message, frame.at)

    def tell(self, message: Message, taken: float) -> None:
        """Post one scan and log what it led to, never what it said."""
        outcome = self._door.post(message, taken)
        self._scans += message.kind != "unreadable"
        log.info("scan: %s %s -> %s", message.kind, message.symbology, outcome or "not delivered")

    def state(self) -> str:
        """How the camera is, in one word."""
        return self._camera.health().value if self._camera else "none"

    def _beat(self) -> None:
        now, state, scanner = self._clock.monotonic(), self.state(), self.scanner
        if (state, scanner) == self._said and now < self._beat_at:
            return
        detail = Detail(self._fps(now), round(self._decode_ms, 1), self._scans, scanner, self._door.trouble)
        try:
            workers.beat(self._kiosk.db, self._clock, NAME, state, msgspec.json.encode(detail).decode())
        except Refused as refused:
            log.warning("%s", refused)
        self._said, self._beat_at = (state, scanner), now + BEAT_SECONDS

    def _fps(self, now: float) -> float:
        recent = [at for at in self._frames if now - at < 3.0]
        span = recent[-1] - recent[0] if len(recent) > 1 else 0.0
        return round((len(recent) - 1) / span, 1) if span > 0 else 0.0


def listen(scanner: Scanner, worker: ScanWorker, stop: threading.Event) -> None:
    """Read a serial scanner until told to stop."""
    while not stop.is_set():
        scan = scanner.read(SCANNER_SECONDS)
        worker.scanner = "ok" if scanner.health() is ScannerHealth.OK else "missing"
        if scan is not None:
            worker.tell(_message(scan), scan.at)


def _message(scan: Scan) -> Message:
    if scan.outcome is ScanOutcome.READ:
        return Message("read", scan.text)
    return Message("too_long" if scan.outcome is ScanOutcome.TOO_LONG else "read", symbology="unreadable")


def _open(kiosk: Kiosk) -> Camera | None:
    if not kiosk.config.camera:
        return None
    try:
        return open_camera(kiosk.config.camera, kiosk.clock.monotonic)
    except BadInput as bad:
        log.error("%s", bad)
        return None


def run(kiosk: Kiosk) -> None:
    """The process's whole life: until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    work(kiosk, stop)


def work(kiosk: Kiosk, stop: threading.Event) -> None:
    """Look and listen until ``stop`` is set."""
    door = Door(kiosk.config.local_url, kiosk.derived_secret(TOKEN_PURPOSE), kiosk.clock, stop)
    camera = _open(kiosk)
    worker = ScanWorker(kiosk, camera, door, LivePicture(kiosk.config.data, kiosk.clock.monotonic))
    scanner, listener = None, None
    if kiosk.config.scanner:
        scanner = SerialScanner(kiosk.config.scanner.removeprefix("serial:"), monotonic=kiosk.clock.monotonic)
        listener = threading.Thread(target=listen, args=(scanner, worker, stop), name="scanner", daemon=True)
        listener.start()
    while not stop.is_set():
        if not worker.turn():
            stop.wait(0.02 if camera else FRAME_SECONDS)
    if camera:
        camera.close()
    if scanner and listener:
        listener.join(2 * SCANNER_SECONDS)
        scanner.close()
    door.close()
