"""A network that can be cut: a TCP relay between a kiosk and the centre."""

import contextlib
import socket
import threading

CHUNK_BYTES = 64 * 1024
CONNECT_SECONDS = 5.0


class Cable:
    """Relays one local port to another. While cut, open connections end at once and new ones are refused.

    ``port`` 0 takes any free one, and keeps it. Raises ``OSError`` when a named port is taken.
    """

    def __init__(self, target_port: int, port: int = 0) -> None:
        self._target = ("127.0.0.1", target_port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = port
        self.mend()

    @property
    def whole(self) -> bool:
        """True while traffic passes."""
        return self._listener is not None

    def mend(self) -> None:
        """Let traffic pass (again), on the same port."""
        if self._listener is not None:
            return
        listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="cable", daemon=True).start()

    def cut(self) -> None:
        """Drop every connection, whatever is half-way through it, and take no new one."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections = list(self._open)
        if listener is not None:
            # closing alone would leave the thread in accept() holding the port open
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near, listener), name="cable", daemon=True).start()

    def _join(self, near: socket.socket, listener: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target, CONNECT_SECONDS)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            # one that was accepted just before the cut must not outlive it
            joined = self._listener is listener
            if joined:
                self._open |= {near, far}
        if joined:
            back = threading.Thread(target=_pump, args=(far, near), name="cable", daemon=True)
            back.start()
            _pump(near, far)
            back.join()
            with self._lock:
                self._open -= {near, far}
        near.close()
        far.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK_BYTES):
            sink.sendall(chunk)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
