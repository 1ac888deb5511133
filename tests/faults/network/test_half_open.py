"""R16: a line that is open and says nothing, or too little, ends a round at its deadline and holds up no page."""

import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.sync import timed, transport
from kiosk.sync.rules import Trouble
from kiosk.sync.transport import CentreLink
from shared.kernel.clock import SystemClock
from shared.kernel.limits import SYNC_DEADLINE_SECONDS
from shared.sync import signing
from tests.faults.network.certificates import Authority
from tests.faults.network.scene import Scene, badge, collect, is_collected, scene, until

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MOST_SECONDS = 15.0

# a machine that runs other tests beside these may be slow; none of them waits for nothing
pytestmark = pytest.mark.timeout(400)


@contextmanager
def dripping(first: bytes, drop: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that says ``first`` and then one ``drop`` ten times a second, for ever; gives its port."""
    over = threading.Event()

    def talk(near: socket.socket) -> None:
        with near:
            try:
                if tls is not None:
                    near = tls.wrap_socket(near, server_side=True)
                near.recv(65536)
                near.sendall(first)
                while not over.wait(0.1):
                    near.sendall(drop)
            except OSError:
                return

    def accept(listener: socket.socket) -> None:
        while not over.is_set():
            try:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        over.set()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (HEAD, b"0"),
        (HEAD + b"5;", b"x"),
        (HEAD + b"0\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"y"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"y"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["status", "header", "headers", "chunk length", "chunk note", "trailers", "endless body", "body", "continue"],
)
def test_r16_whatever_drips_ends_at_the_total_deadline(
    first: bytes, drop: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R16: a peer that says a little every tenth of a second, wherever in its answer, is left at the deadline."""
    monkeypatch.setattr(transport, "SYNC_DEADLINE_SECONDS", 0.5)
    with dripping(first, drop) as port:
        trouble, took = _exchanged(f"http://127.0.0.1:{port}")
    assert trouble is Trouble.TIMEOUT
    assert took < 2.5


def test_r16_what_drips_inside_tls_ends_at_the_total_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R16: the deadline holds inside TLS too, where sockets are wrapped."""
    monkeypatch.setattr(transport, "SYNC_DEADLINE_SECONDS", 0.5)
    own = Authority(tmp_path)
    with dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x", own.shows("127.0.0.1")) as port:
        trouble, took = _exchanged(f"https://127.0.0.1:{port}", str(own.pinned))
    assert trouble is Trouble.TIMEOUT
    assert took < 2.5


def test_r16_a_tls_handshake_that_never_comes_ends_at_the_total_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """R16: who accepts a connection and never greets is left at the deadline."""
    monkeypatch.setattr(transport, "SYNC_DEADLINE_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        trouble, took = _exchanged(f"https://127.0.0.1:{listener.getsockname()[1]}")
    assert trouble is Trouble.TIMEOUT
    assert took < 2.5


def test_r16_a_name_that_is_never_found_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """R16: name servers that do not answer hold a round no longer than a connection may."""
    real = socket.getaddrinfo

    def slow(host: str, *args: object, **more: object) -> object:
        if host == "centre.example":
            time.sleep(3)
        return real(host, *args, **more)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(timed, "LOOKUP_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    trouble, took = _exchanged("http://centre.example:9")
    assert trouble is Trouble.TIMEOUT
    assert took < 2


def _exchanged(url: str, certificates: str = "") -> tuple[Trouble, float]:
    key = Ed25519PrivateKey.generate()
    link = CentreLink(url, certificates, "K1", key, signing.public_bytes(key), SystemClock())
    start = time.monotonic()
    with pytest.raises(transport.ExchangeFailed) as failed:
        link.post("/v1/sync", "n", b"body")
    took = time.monotonic() - start
    link.close()
    return failed.value.trouble, took


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process does nothing, and its connections stay open."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def timed_pickups(here: Scene, count: int, work: Callable[[], object]) -> list[float]:
    """How long residents at the keypad take while ``work`` goes on."""
    took = []
    for parcel in here.receive(count, prefix=f"YT{time.monotonic_ns()}"[:10]):
        work()
        took.append(collect(here.url, parcel))
        assert is_collected(here, parcel)
    return took


def test_r16_a_stopped_centre_is_noticed_in_time_and_no_page_waits(tmp_path: Path) -> None:
    """R16: with the centre's process stopped in its tracks, sync gives up within 15 s and pickups go on as before."""
    with scene(tmp_path) as here, here.running_centre() as centre:
        here.joined(here.centre_url)
        with here.running_pages(), here.running_sync():
            calm = timed_pickups(here, 10, lambda: None)
            until(lambda: here.waiting() == 0, 20)
            with stopped(centre.pid):
                began = time.monotonic()
                during = timed_pickups(here, 10, lambda: time.sleep(0.2))
                until(lambda: badge(here.url) == "offline", MOST_SECONDS)
                noticed = time.monotonic() - began
                assert here.state().trouble == Trouble.TIMEOUT
                assert here.waiting() >= 20
            until(lambda: here.waiting() == 0, 30)
            until(lambda: badge(here.url) == "online", 5)
        assert here.same_rows()
    assert noticed < MOST_SECONDS
    assert SYNC_DEADLINE_SECONDS <= MOST_SECONDS
    assert sorted(during)[-2] < max(3 * sorted(calm)[-2], 0.5)
