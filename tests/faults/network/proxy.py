"""A bad line between a kiosk and the centre: slow, cut in the middle, silent, or saying everything twice."""

import contextlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

from deploy.demo.network import CONNECT_SECONDS, Cable

CHUNK_BYTES = 64 * 1024
SLOW_CHUNK_BYTES = 256
SLOW_BUFFER_BYTES = 4096


@dataclass
class Faults:
    """What the line does to what passes. Everything may be changed while it runs.

    ``bytes_per_second`` and ``delay_seconds`` hold for each direction; ``cut_answer_after`` closes a connection when
    so many bytes of answers have passed; while ``silent`` is set, bytes are taken and nothing comes out; ``doubled``
    sends every connection's requests a second time, as a middle that repeats packets of its own accord would.
    """

    bytes_per_second: float | None = None
    delay_seconds: float = 0.0
    cut_answer_after: int | None = None
    silent: threading.Event = field(default_factory=threading.Event)
    doubled: bool = False


class BadLine(Cable):
    """A cable (``cut``, ``mend``) with faults. ``tls`` makes its near end speak TLS, as nginx does for the centre.

    ``host`` is where it listens; ``sent_up`` is every byte that kiosks have sent, in the clear; ``answers`` is what
    came back, one entry for each request (on a connection, question and answer take turns).
    """

    def __init__(
        self,
        target_port: int,
        faults: Faults | None = None,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.faults = faults or Faults()
        self.sent_up = bytearray()
        self.answers: list[bytearray] = []
        self.connections = 0
        self._host = host
        self._tls = tls
        super().__init__(target_port, port)

    def mend(self) -> None:
        """Let traffic pass (again), on the same port."""
        if self._listener is not None:
            return
        listener = socket.create_server((self._host, self.port), backlog=64)
        if self.faults.bytes_per_second is not None:
            # a modem holds little: who sends into it must wait
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER_BYTES)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="line", daemon=True).start()

    def __enter__(self) -> "BadLine":
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _join(self, near: socket.socket, listener: socket.socket) -> None:
        self.connections += 1
        far: socket.socket | None = None
        try:
            if self._tls is not None:
                near.settimeout(CONNECT_SECONDS)
                near = self._tls.wrap_socket(near, server_side=True)
                near.settimeout(None)
            far = socket.create_connection(self._target, CONNECT_SECONDS)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            joined = self._listener is listener
            if joined:
                self._open |= {near, far}
        asked = bytearray()
        if joined:
            back = threading.Thread(target=self._down, args=(far, near), name="line", daemon=True)
            back.start()
            self._up(near, far, asked)
            back.join()
            with self._lock:
                self._open -= {near, far}
        near.close()
        far.close()
        if self.faults.doubled and asked:
            self._again(bytes(asked))

    def _up(self, near: socket.socket, far: socket.socket, asked: bytearray) -> None:
        with contextlib.suppress(OSError):
            for chunk in self._chunks(near):
                self.sent_up += chunk
                asked += chunk
                if not self.answers or self.answers[-1]:
                    self.answers.append(bytearray())
                far.sendall(chunk)
        _end(near, far)

    def _down(self, far: socket.socket, near: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            for chunk in self._chunks(far):
                self.answers[-1] += chunk
                most = self.faults.cut_answer_after
                if most is not None and passed + len(chunk) >= most:
                    near.sendall(chunk[: most - passed])
                    break
                near.sendall(chunk)
                passed += len(chunk)
        _end(near, far)

    def _chunks(self, source: socket.socket) -> "Chunks":
        return Chunks(source, self.faults)

    def _again(self, asked: bytes) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self._target, CONNECT_SECONDS) as far:
            far.sendall(asked)
            far.shutdown(socket.SHUT_WR)
            while far.recv(CHUNK_BYTES):
                pass


class Chunks:
    """What comes out of one direction of a line, when it comes out."""

    def __init__(self, source: socket.socket, faults: Faults) -> None:
        self._source = source
        self._faults = faults
        self._last = 0.0

    def __iter__(self) -> "Chunks":
        return self

    def __next__(self) -> bytes:
        rate = self._faults.bytes_per_second
        chunk = self._source.recv(SLOW_CHUNK_BYTES if rate else CHUNK_BYTES)
        if not chunk:
            raise StopIteration
        if self._faults.delay_seconds and time.monotonic() - self._last > self._faults.delay_seconds:
            # a new burst: its first byte needs the way's whole time, what follows it comes behind it
            time.sleep(self._faults.delay_seconds)
        if rate:
            time.sleep(len(chunk) / rate)
        while self._faults.silent.is_set():
            time.sleep(0.02)
        self._last = time.monotonic()
        return chunk


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
