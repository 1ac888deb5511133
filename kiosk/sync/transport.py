"""One HTTP exchange that is not believed too easily: no redirects, a total deadline, a size cap, a signature.

``requests`` alone would follow a portal's redirect by turning POST into GET, take a cut body for a success, and count
its time-out anew with every byte (:mod:`kiosk.sync.timed`).
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests
import urllib3.exceptions
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from urllib3.util import SKIP_HEADER

from kiosk.sync.portal import PROBE_SECONDS, portal_in_the_way
from kiosk.sync.rules import Trouble, trouble_of_status
from kiosk.sync.timed import TimedSession
from shared.kernel.clock import Clock
from shared.kernel.limits import (
    ENROL_BYTES,
    SNAPSHOT_BYTES,
    SNAPSHOT_DEADLINE_SECONDS,
    SYNC_BODY_BYTES,
    SYNC_DEADLINE_SECONDS,
)
from shared.sync import signing

CONNECT_SECONDS = 5.0
READ_SECONDS = 6.0
SLOWEST_BYTES_PER_SECOND = 2_000
LONGEST_TIMES = 20
CHUNK_BYTES = 64 * 1024
CONTENT_TYPE = "application/vnd.linqu.sync"


class ExchangeFailed(Exception):
    """Nothing that can be believed came back. ``trouble`` says why; ``body`` holds a signed refusal, if any."""

    def __init__(self, trouble: Trouble, detail: str = "", body: bytes = b"") -> None:
        super().__init__(f"{trouble.value} {detail}".strip())
        self.trouble = trouble
        self.detail = detail
        self.body = body


@dataclass
class CentreLink:
    """The way to the centre for one enrolled device. Keeps one connection open between rounds."""

    server: str
    certificates: str
    device: str
    device_key: Ed25519PrivateKey
    server_key: bytes
    clock: Clock
    portal_port: int = 80

    def __post_init__(self) -> None:
        self._session = new_session(self.certificates)

    def post(self, path: str, nonce: str, body: bytes, *, held_s: float = 0.0) -> bytes:
        """Send a signed request, give back the checked answer. Raises :class:`ExchangeFailed`.

        ``held_s``: seconds that the centre may hold the answer back.
        """
        # a body on its way over a slow line delays the answer; the deadline holds all the same
        deadline = SYNC_DEADLINE_SECONDS + held_s
        patience = min(deadline, READ_SECONDS + held_s + len(body) / SLOWEST_BYTES_PER_SECOND)
        with self._answer(path, nonce, body, deadline, patience) as response:
            message = self._message(response, path, nonce, SYNC_BODY_BYTES * 16, deadline)
            if response.status_code == 200 and message is not None:
                return message
            raise _unbelieved(response, message)

    def stream(self, path: str, nonce: str, body: bytes) -> Iterator[bytes]:
        """Send a signed request; a snapshot's bytes as they come. Who reads them checks the signature at their end."""
        with self._answer(path, nonce, body, SNAPSHOT_DEADLINE_SECONDS, READ_SECONDS * 5) as response:
            if response.status_code != 200 or response.headers.get("Content-Type") != CONTENT_TYPE:
                raise _unbelieved(response, self._message(response, path, nonce, ENROL_BYTES, SYNC_DEADLINE_SECONDS))
            yield from self._paced(response, SNAPSHOT_DEADLINE_SECONDS, SNAPSHOT_BYTES)

    def _paced(self, response: requests.Response, seconds: float, most_bytes: int) -> Iterator[bytes]:
        """An answer that comes steadily over a slow line may take longer than ``seconds``; one that drips may not."""
        start = self.clock.monotonic()
        allowed, size = seconds, 0
        for chunk in read_within(response, self.clock, seconds * LONGEST_TIMES, most_bytes):
            size += len(chunk)
            took = self.clock.monotonic() - start
            if took > allowed:
                raise ExchangeFailed(Trouble.TIMEOUT, "deadline passed")
            allowed = min(seconds * LONGEST_TIMES, seconds + size / SLOWEST_BYTES_PER_SECOND)
            self._session.grant(allowed - took)
            yield chunk

    @contextmanager
    def _answer(
        self, path: str, nonce: str, body: bytes, deadline_seconds: float, patience_seconds: float
    ) -> Iterator[requests.Response]:
        sent = signing.signed_request(self.device_key, self.device, f"POST {path}", nonce, body)
        with self._translated(), self._session.within(deadline_seconds), self._session.post(
            self.server + path, data=sent, timeout=(CONNECT_SECONDS, patience_seconds),
            stream=True, allow_redirects=False,
        ) as response:  # fmt: skip
            yield response

    def _message(
        self, response: requests.Response, path: str, nonce: str, most_bytes: int, deadline_seconds: float
    ) -> bytes | None:
        body = b"".join(self._paced(response, deadline_seconds, most_bytes))
        return signing.message_of_answer(self.server_key, f"POST {path}", nonce, body)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        start = self.clock.monotonic()
        try:
            yield
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            trouble = trouble_of_error(error)
            # what took long is not asked a second time: the whole try ends within the deadline
            quick = self.clock.monotonic() - start < SYNC_DEADLINE_SECONDS - PROBE_SECONDS
            if trouble is not Trouble.BAD_ANSWER and quick and portal_in_the_way(self.server, self.portal_port):
                trouble = Trouble.PORTAL
            raise ExchangeFailed(trouble, str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def trouble_of_error(error: Exception) -> Trouble:
    """What it means that nothing whole came back."""
    if isinstance(error, requests.exceptions.SSLError):
        return Trouble.CERTIFICATE
    if isinstance(error, (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)):
        return Trouble.TIMEOUT
    if isinstance(error, requests.exceptions.ConnectionError):
        return Trouble.NO_NETWORK
    return Trouble.BAD_ANSWER


def new_session(certificates: str) -> TimedSession:
    """A session that trusts only the pinned certificate authority, where one is given, and no proxy settings.

    It sends no header but what HTTP needs: each costs its bytes in every round, for ever.
    """
    session = TimedSession()
    session.trust_env = False
    session.headers.clear()
    session.headers.update(dict.fromkeys(("User-Agent", "Accept-Encoding"), SKIP_HEADER))
    if certificates:
        session.verify = certificates
    return session


def new_nonce() -> str:
    """Names one exchange."""
    return secrets.token_urlsafe(12)


def read_within(response: requests.Response, clock: Clock, deadline_seconds: float, most_bytes: int) -> Iterator[bytes]:
    """A streamed answer's bytes as they come. Raises :class:`ExchangeFailed` past the deadline or the size."""
    # read1 gives what has arrived; read would wait for a full chunk and let a slow drip run past any deadline
    deadline = clock.monotonic() + deadline_seconds
    size = 0
    while chunk := response.raw.read1(CHUNK_BYTES):
        size += len(chunk)
        if size > most_bytes:
            raise ExchangeFailed(Trouble.BAD_ANSWER, "answer too large")
        if clock.monotonic() > deadline:
            raise ExchangeFailed(Trouble.TIMEOUT, "deadline passed")
        yield chunk


def _unbelieved(response: requests.Response, signed_message: bytes | None) -> ExchangeFailed:
    status = response.status_code
    if signed_message is not None:
        return ExchangeFailed(trouble_of_status(status), f"HTTP {status}", signed_message)
    if "text/html" in response.headers.get("Content-Type", "") and status == 200:
        return ExchangeFailed(Trouble.PORTAL, "HTML where an answer was due")
    return ExchangeFailed(trouble_of_status(status), f"HTTP {status}, not signed by the centre")
