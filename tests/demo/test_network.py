"""The demo's cable: carries bytes both ways, and when it is cut, it is cut for everything at once."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.demo.network import Cable

SECONDS = 5.0
MEGABYTE = 1024 * 1024


class Server:
    """Echoes what it gets; ``flood`` sends without end instead."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.flood = False
        self.ended = threading.Semaphore(0)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
                    while self.flood:
                        connection.sendall(b"\0" * 65536)
            except OSError:
                pass  # the other end is gone, which is what the tests are about
        self.ended.release()

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.flood = False
    server.close()


@pytest.fixture
def cable(server: Server) -> Iterator[Cable]:
    cable = Cable(server.port)
    yield cable
    cable.cut()


@contextmanager
def plugged(cable: Cable) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", cable.port), SECONDS) as connection:
        yield connection


def answer(connection: socket.socket, text: bytes) -> bytes:
    connection.sendall(text)
    got = b""
    while len(got) < len(text):
        got += connection.recv(4096)
    return got


def read_to_the_end(connection: socket.socket) -> int:
    """Bytes until the connection is over; a reset is an end too."""
    count = 0
    try:
        while data := connection.recv(65536):
            count += len(data)
    except ConnectionResetError:
        pass  # how the end of a cut connection may look
    return count


def refused(cable: Cable) -> bool:
    try:
        with plugged(cable):
            return False
    except ConnectionRefusedError:
        return True


def test_bytes_go_both_ways_on_several_connections(cable: Cable) -> None:
    with plugged(cable) as one, plugged(cable) as other:
        assert answer(one, b"first") == b"first"
        assert answer(other, b"second" * 5000) == b"second" * 5000
        assert answer(one, b"again") == b"again"


def test_a_cut_ends_open_connections_and_refuses_new_ones(cable: Cable, server: Server) -> None:
    with plugged(cable) as one, plugged(cable) as other:
        assert answer(one, b"there") + answer(other, b"here") == b"therehere"
        cable.cut()
        assert read_to_the_end(one) == read_to_the_end(other) == 0
    assert refused(cable)
    assert not cable.whole
    # the far ends know it as well: the server's threads come to an end
    assert server.ended.acquire(timeout=SECONDS)
    assert server.ended.acquire(timeout=SECONDS)


def test_a_cut_stops_an_answer_half_way(cable: Cable, server: Server) -> None:
    server.flood = True
    with plugged(cable) as connection:
        connection.sendall(b"go")
        before = 0
        while before < MEGABYTE:
            before += len(connection.recv(65536))
        cable.cut()
        read_to_the_end(connection)
        assert connection.fileno() >= 0
    assert server.ended.acquire(timeout=SECONDS)


def test_a_cut_stops_a_request_half_way(cable: Cable) -> None:
    with plugged(cable) as connection:
        assert answer(connection, b"start") == b"start"
        cable.cut()
        with pytest.raises(OSError, match=r"reset|pipe|aborted"):
            for _ in range(1000):
                connection.sendall(b"\0" * 65536)


def test_a_mended_cable_has_the_same_end(cable: Cable) -> None:
    port = cable.port
    for _ in range(3):
        cable.cut()
        assert refused(cable)
        cable.mend()
        assert cable.whole
        assert cable.port == port
        with plugged(cable) as connection:
            assert answer(connection, b"back") == b"back"


def test_cutting_and_mending_twice_changes_nothing(cable: Cable) -> None:
    cable.mend()
    with plugged(cable) as connection:
        assert answer(connection, b"still") == b"still"
    cable.cut()
    cable.cut()
    assert refused(cable)


def test_a_cable_to_nobody_ends_at_once_and_works_when_somebody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    cable = Cable(port)
    try:
        with plugged(cable) as connection:
            assert read_to_the_end(connection) == 0
        with socket.create_server(("127.0.0.1", port)) as late:
            late.settimeout(SECONDS)
            with plugged(cable) as near:
                far, _ = late.accept()
                with far:
                    near.sendall(b"hello")
                    assert far.recv(16) == b"hello"
    finally:
        cable.cut()


def test_a_named_end_that_is_taken_is_an_error(server: Server) -> None:
    with pytest.raises(OSError, match="in use"):
        Cable(server.port, server.port)
