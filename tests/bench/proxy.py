"""A TCP proxy that counts what passes, so that bytes are those of the line: HTTP headers included, TLS not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK_BYTES = 256 * 1024


@dataclass
class Traffic:
    """Bytes since the proxy started; ``take`` gives those since it was last asked."""

    port: int
    up: int = 0
    down: int = 0
    _taken: tuple[int, int] = (0, 0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, up: int, down: int) -> None:
        """Count some."""
        with self._lock:
            self.up += up
            self.down += down

    def take(self) -> tuple[int, int]:
        """Bytes up and down since the last call."""
        with self._lock:
            before, self._taken = self._taken, (self.up, self.down)
            return self.up - before[0], self.down - before[1]


@contextmanager
def counting(target: int) -> Iterator[Traffic]:
    """A port of this machine that leads to ``target``, another one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        traffic = Traffic(listener.getsockname()[1])
        threading.Thread(target=_accept, args=(listener, target, traffic), daemon=True).start()
        try:
            yield traffic
        finally:
            # wakes accept()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, target: int, traffic: Traffic) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", target))
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_pump, args=(near, far, traffic, True), daemon=True).start()
        threading.Thread(target=_pump, args=(far, near, traffic, False), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, traffic: Traffic, upwards: bool) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK_BYTES):
            traffic.add(len(data) if upwards else 0, 0 if upwards else len(data))
            sink.sendall(data)
    for one, how in ((source, socket.SHUT_RD), (sink, socket.SHUT_WR)):
        with suppress(OSError):
            one.shutdown(how)
