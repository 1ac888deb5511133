"""HTTP exchanges that end in time, whatever they are waiting for.

A read limit counts anew with every byte: a peer that drips a header, or the length of a chunk, holds a request for
hours. And looking up a name has no limit of ours at all. So each exchange has one deadline, at which its sockets are
shut down under it. Bytes that do come may earn it more time (:meth:`TimedSession.grant`): a slow line is no dead one.
"""

import socket
import threading
import time
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
        self._over = threading.Event()
        self._until = 0.0
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
            self._until, self._over = time.monotonic() + seconds, threading.Event()
        threading.Thread(target=self._watch, args=(self._over,), name="deadline", daemon=True).start()

    def finish(self) -> None:
        """The exchange is over, in time or not."""
        self._over.set()

    def grant(self, seconds: float) -> None:
        """Let the running exchange go on for so many seconds from now, if that is longer than it may anyhow."""
        self._until = max(self._until, time.monotonic() + seconds)

    def _watch(self, over: threading.Event) -> None:
        while (rest := self._until - time.monotonic()) > 0:
            if over.wait(rest):
                return
        self.end(over)

    def end(self, exchange: threading.Event) -> None:
        """Time is up, unless the exchange has just ended by itself."""
        with self._lock:
            if exchange.is_set() or exchange is not self._over:
                return
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
        try:
            yield
        except Exception as error:
            if self._line.ended:
                raise requests.exceptions.Timeout("not done in time") from error
            raise
        finally:
            self._line.finish()
            self._line.forget_closed()
        if self._line.ended:
            raise requests.exceptions.Timeout("not done in time")

    def grant(self, seconds: float) -> None:
        """Let the exchange go on for so many seconds from now, if that is longer than it may anyhow."""
        self._line.grant(seconds)

    def close(self) -> None:
        """Close every connection."""
        super().close()
        self._line.forget_closed()
