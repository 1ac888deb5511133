"""HTTP exchanges that end in time, whatever they are waiting for.

A read limit counts anew with every byte: a peer that drips a header, or the length of a chunk, holds a request for
hours. And looking up a name has no limit of ours at all. So each exchange has one deadline, at which its sockets are
shut down under it.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from ipaddress import ip_address
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

LOOKUP_SECONDS = 5.0


class _Line:
    """The sockets of one session, and whether the running exchange has been ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed: set[socket.socket] = set()
        self.seconds: float | None = None
        self.ended = False

    def add(self, connection: socket.socket) -> socket.socket:
        """Keep a second handle on a connection: TLS takes the first one away, and shutting either down ends both."""
        handle = connection.dup()
        with self._lock:
            self._open.add(handle)
            if self.ended:
                _shut(handle)
        return handle

    def closed(self, handle: socket.socket) -> None:
        """A connection takes no further request; its last answer may still be on the way."""
        with self._lock:
            if handle in self._open:
                self._open.remove(handle)
                self._closed.add(handle)

    def begin(self, seconds: float) -> None:
        """A new exchange."""
        with self._lock:
            self.seconds, self.ended = seconds, False

    def end(self) -> None:
        """Time is up."""
        with self._lock:
            self.ended = True
            for handle in self._open | self._closed:
                _shut(handle)

    def forget_closed(self) -> None:
        """Let go of connections that nothing is read from any more."""
        with self._lock:
            for handle in self._closed:
                handle.close()
            self._closed.clear()


def _shut(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, line: _Line, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._line = line
        self._handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        if not _looked_up(self.host, self.port or 0):
            raise ConnectTimeoutError(self, f"the name {self.host} was not found in time")
        connection = super()._new_conn()
        self._handle = self._line.add(connection)
        return connection

    def connect(self) -> None:
        super().connect()
        if self._line.seconds is not None and self.sock is not None:
            # the way up may be slow: sending has as long as the whole exchange
            self.sock.settimeout(self._line.seconds)

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._line.closed(self._handle)
            self._handle = None


class _TlsConnection(_Connection, HTTPSConnection):
    pass


def _looked_up(host: str, port: int) -> bool:
    """Whether asking for a host's addresses came to an end in time; what it ended with, connecting will find again."""

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

    with suppress(ValueError):
        ip_address(host)
        return True
    asking = threading.Thread(target=ask, name="look-up", daemon=True)
    asking.start()
    asking.join(LOOKUP_SECONDS)
    return not asking.is_alive()


class _Adapter(HTTPAdapter):
    def __init__(self, line: _Line) -> None:
        self._line = line
        super().__init__()

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        super().init_poolmanager(*args, **settings)
        self.poolmanager.pool_classes_by_scheme = {"http": self._pool, "https": self._tls_pool}

    def _pool(self, host: str, port: int, **settings: Any) -> HTTPConnectionPool:
        pool = HTTPConnectionPool(host, port, **settings)
        pool.ConnectionCls = partial(_Connection, line=self._line)  # type: ignore[assignment]  # makes one, as the class
        return pool

    def _tls_pool(self, host: str, port: int, **settings: Any) -> HTTPSConnectionPool:
        pool = HTTPSConnectionPool(host, port, **settings)
        pool.ConnectionCls = partial(_TlsConnection, line=self._line)  # type: ignore[assignment]  # makes one, as the class
        return pool


class TimedSession(requests.Session):
    """A session whose exchanges run inside :meth:`within`, one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._line = _Line()
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(self._line))

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Everything inside ends after ``seconds``, then with ``requests.Timeout`` whatever it ended with itself."""
        self._line.begin(seconds)
        watch = threading.Timer(seconds, self._line.end)
        watch.daemon = True
        watch.start()
        try:
            yield
        except Exception as error:
            if self._line.ended:
                raise requests.exceptions.Timeout(f"not done after {seconds:.0f} s") from error
            raise
        finally:
            watch.cancel()
            self._line.forget_closed()
        if self._line.ended:
            raise requests.exceptions.Timeout(f"not done after {seconds:.0f} s")

    def close(self) -> None:
        """Close every connection."""
        super().close()
        self._line.forget_closed()
