"""R15: behind a login page or a wrong certificate a kiosk says so in 15 s, sends nothing personal, keeps its facts."""

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from kiosk.app import make_app
from kiosk.sync.portal import wants_login
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from tests.faults.network.certificates import Authority
from tests.faults.network.proxy import BadLine
from tests.faults.network.scene import Scene, scene

MOST_SECONDS = 15.0
ELSEWHERE = b"HTTP/1.1 302 Found\r\nLocation: http://login.example/?from=http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 18\r\n\r\n<form>login</form>"
NEEDED = b"HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n"
OWN_TLS = b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Stranger:
    """Somebody on a port: shows a certificate or none, reads, answers with ``answer`` or not at all."""

    port: int
    answer: bytes | None
    tls: ssl.SSLContext | None = None
    heard: bytearray = field(default_factory=bytearray)
    talked: int = 0

    @contextmanager
    def listening(self) -> Iterator["Stranger"]:
        """Until the block ends."""
        with socket.create_server(("127.0.0.1", self.port), backlog=16) as listener:
            self.port = listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            yield self
            listener.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(near,), daemon=True).start()

    def _talk(self, near: socket.socket) -> None:
        self.talked += 1
        near.settimeout(20)
        try:
            if self.tls is not None:
                near = self.tls.wrap_socket(near, server_side=True)
            while chunk := near.recv(65536):
                self.heard += chunk
                if self.answer is not None:
                    near.sendall(self.answer)
        except OSError:
            return
        finally:
            near.close()


@dataclass
class Behind:
    """An enrolled kiosk with facts to send, whose centre is out of reach behind somebody else."""

    here: Scene
    port: int
    own: Authority
    foreign: Authority

    def a_round(self, portal: Stranger | None) -> tuple[Trouble, float]:
        """What a round comes to, and after how many seconds."""
        link = open_link(self.here.kiosk)
        link.portal_port = portal.port if portal else _nobodys_port()
        start = time.monotonic()
        trouble = run_round(self.here.kiosk, link, lambda: None)
        took = time.monotonic() - start
        link.close()
        return trouble, took


def _nobodys_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    tmp_path = tmp_path_factory.mktemp("portals")
    own, foreign = Authority(tmp_path / "own"), Authority(tmp_path / "foreign", "portal authority")
    with scene(tmp_path, residents=3, shelves=1) as here, here.running_centre():
        with BadLine(here.centre_port, tls=own.shows("127.0.0.1")) as line:
            here.joined(f"https://127.0.0.1:{line.port}", str(own.pinned))
            here.receive(5)
        yield Behind(here, line.port, own, foreign)
        with BadLine(here.centre_port, tls=own.shows("127.0.0.1"), port=line.port):
            assert here.round() is Trouble.NONE
        assert here.waiting() == 0
        assert here.same_rows()


def nothing_personal(here: Scene, *heard: bytearray) -> bool:
    """Whether nothing that names a device, a person or a parcel was said."""
    said = b"".join(heard)
    state = here.state()
    secrets = [state.device, state.epoch, state.hardware, "SF9", "王", "Linqu-Signature", "/v1/"]
    secrets += [tail for who in here.residents for tail in (who.phone_tail, who.resident)]
    return not any(secret.encode() in said for secret in secrets if secret)


@pytest.mark.parametrize(
    ("tls", "answer"),
    [
        *itertools.product(("foreign", "no tls"), (ELSEWHERE, PAGE, NEEDED)),
        ("silence", ELSEWHERE),
    ],
    ids=lambda value: value if isinstance(value, str) else value.partition(b"\r")[0].decode(),
)
def test_r15_a_login_page_is_named_and_learns_nothing(behind: Behind, tls: str, answer: bytes) -> None:
    """R15: whatever a portal does with TLS, the badge says 网络需要登录 in 15 s; nothing personal, nothing acked."""
    shown = behind.foreign.shows("127.0.0.1") if tls == "foreign" else None
    over_tls = Stranger(behind.port, None if tls == "silence" else answer, shown)
    with over_tls.listening(), Stranger(0, answer).listening() as portal:
        trouble, took = behind.a_round(portal)
    assert trouble is Trouble.PORTAL
    assert took < MOST_SECONDS
    assert over_tls.talked
    assert portal.heard
    assert nothing_personal(behind.here, over_tls.heard, portal.heard)
    badge = make_app(behind.here.kiosk).test_client().get("/link/badge").text
    assert "网络需要登录" in badge
    assert behind.here.waiting() == 5


@pytest.mark.parametrize("shown", ["foreign", "other name", "expired"])
def test_r15_a_wrong_certificate_is_named_and_hears_nothing(behind: Behind, shown: str) -> None:
    """R15: a foreign, misnamed or expired certificate ends the round before a byte of it is sent, login page or not."""
    tls = {
        "foreign": behind.foreign.shows("127.0.0.1"),
        "other name": behind.own.shows("centre.example"),
        "expired": behind.own.shows("127.0.0.1", valid_days=-3),
    }[shown]
    stranger = Stranger(behind.port, PAGE, tls)
    with stranger.listening(), Stranger(0, OWN_TLS).listening() as nginx:
        trouble, took = behind.a_round(nginx)
        alone, _ = behind.a_round(None)
    assert (trouble, alone) == (Trouble.CERTIFICATE, Trouble.CERTIFICATE)
    assert took < MOST_SECONDS
    assert stranger.talked == 2
    assert not stranger.heard
    assert behind.here.waiting() == 5


def test_r15_who_asks_for_a_login_on_port_80() -> None:
    """R15: a page or the way to another host is a portal's; our own nginx, an error and silence are not."""
    html, host = "text/html; charset=utf-8", "centre.example"
    assert wants_login(200, "", html, host)
    assert wants_login(511, "", "", host)
    assert wants_login(302, "https://login.example/", "", host)
    assert wants_login(307, "http://[broken", "", host)
    assert not wants_login(301, "https://centre.example/v1/sync", html, host)
    assert not wants_login(301, "/console", html, host)
    assert not wants_login(404, "", html, host)
    assert not wants_login(200, "", "application/json", host)
