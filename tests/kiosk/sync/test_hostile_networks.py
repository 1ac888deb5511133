"""Whatever answers in the centre's place: nothing is believed, nothing is acknowledged, and the trouble has a name."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.sync import transport
from kiosk.sync.rules import ADVICE, Trouble, next_wait, trouble_of_status
from kiosk.sync.transport import CentreLink, ExchangeFailed
from shared.kernel.clock import SystemClock
from shared.sync import signing

CENTRE = Ed25519PrivateKey.generate()
PLACE = "POST /v1/sync"


@contextmanager
def answering(answer: bytes, *, drip_seconds: float = 0.0, hold_seconds: float = 0.0) -> Iterator[str]:
    """A server that reads a request and sends ``answer``, perhaps byte by byte, perhaps then holding the line."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(5)
            self.request.recv(65536)
            try:
                if drip_seconds:
                    for index in range(len(answer)):
                        self.request.sendall(answer[index : index + 1])
                        time.sleep(drip_seconds)
                else:
                    self.request.sendall(answer)
                time.sleep(hold_seconds)
            except OSError:
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def link_to(url: str) -> CentreLink:
    return CentreLink(url, "", "K1", Ed25519PrivateKey.generate(), signing.public_bytes(CENTRE), SystemClock())


def http(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def signed(message: bytes, nonce: str = "n") -> bytes:
    return signing.signed_answer(CENTRE, PLACE, nonce, message)


def trouble_with(answer: bytes, **how: float) -> Trouble:
    with answering(answer, **how) as url, pytest.raises(ExchangeFailed) as failed:
        link_to(url).post("/v1/sync", "n", b"body")
    return failed.value.trouble


def test_a_signed_answer_is_believed() -> None:
    with answering(http("200 OK", signed(b"rows"))) as url:
        assert link_to(url).post("/v1/sync", "n", b"body") == b"rows"


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (http("200 OK", b"<html>login</html>", "Content-Type: text/html"), Trouble.PORTAL),
        (http("302 Found", b"", "Location: http://portal.example/"), Trouble.PORTAL),
        (http("511 Network Authentication Required", b""), Trouble.PORTAL),
        (http("200 OK", b"rows"), Trouble.BAD_ANSWER),
        (http("200 OK", signed(b"other")[:-5] + b"rows!"), Trouble.BAD_ANSWER),
        (http("200 OK", signed(b"rows", "an old nonce")), Trouble.BAD_ANSWER),
        (http("503 Service Unavailable", b""), Trouble.BUSY),
        (http("401 Unauthorized", b""), Trouble.NOT_KNOWN),
        (b"not http at all\r\n\r\n", Trouble.NO_NETWORK),
        (b"", Trouble.NO_NETWORK),
    ],
)
def test_what_is_no_signed_answer_has_a_name(answer: bytes, trouble: Trouble) -> None:
    assert trouble_with(answer) is trouble


def test_an_answer_cut_at_any_byte_is_not_believed() -> None:
    whole = http("200 OK", signed(b"rows and rows"))
    for cut in range(len(whole)):
        assert trouble_with(whole[:cut]) is not Trouble.NONE


def test_an_answer_cut_without_a_length_is_not_believed() -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    assert trouble_with(head + signed(b"rows and rows")[:-5]) is Trouble.BAD_ANSWER


def test_a_slow_drip_ends_at_the_total_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SYNC_DEADLINE_SECONDS", 1.0)
    start = time.monotonic()
    assert trouble_with(http("200 OK", b"x" * 4000)[:90] + b"y" * 400, drip_seconds=0.01) is Trouble.TIMEOUT
    assert time.monotonic() - start < 4


def test_a_line_that_goes_dead_ends_at_the_read_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.5)
    assert trouble_with(http("200 OK", b"half", length=100), hold_seconds=3) is Trouble.TIMEOUT


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "SYNC_BODY_BYTES", 10)
    assert trouble_with(http("200 OK", b"x" * 5000)) is Trouble.BAD_ANSWER


def test_nobody_listening_is_no_network() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ExchangeFailed) as failed:
        link_to(f"http://127.0.0.1:{port}").post("/v1/sync", "n", b"body")
    assert failed.value.trouble is Trouble.NO_NETWORK


def test_a_wrong_certificate_is_named_and_nothing_is_sent(tmp_path: Path) -> None:
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            near, _ = listener.accept()
            try:
                received.append(context.wrap_socket(near, server_side=True).recv(100))
            except (ssl.SSLError, OSError):
                near.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(ExchangeFailed) as failed:
            link_to(f"https://127.0.0.1:{listener.getsockname()[1]}").post("/v1/sync", "n", b"secret")
        thread.join(5)
    assert failed.value.trouble is Trouble.CERTIFICATE
    assert not any(received)


def test_every_trouble_has_words_and_every_status_a_trouble() -> None:
    assert set(ADVICE) == set(Trouble)
    assert {trouble_of_status(status) for status in range(300, 600)} <= set(Trouble)


def test_waiting_grows_with_jitter_and_starts_anew_after_success() -> None:
    ceilings = [next_wait(Trouble.NO_NETWORK, failures, 30, 1.0).seconds for failures in range(1, 9)]
    assert ceilings == sorted(ceilings)
    assert ceilings[-1] == 15.2
    assert next_wait(Trouble.NO_NETWORK, 5, 30, 0.0).seconds == 0.2
    assert next_wait(Trouble.NONE, 0, 30, 1.0).seconds == 30
