"""The way to one server process: one connection, kept open, signed both ways; nothing else costs anything here."""

import http.client
from types import TracebackType
from typing import NamedTuple, Self

from shared.sync import signing
from shared.sync.wire import Problem, SyncAnswer, SyncRequest, pack, unpack
from tests.load.kiosk import LoadKiosk, NotBelieved

PLACE = "POST /v1/sync"
CONTENT_TYPE = "application/vnd.linqu.sync"
ANSWER_SECONDS = 30.0


class Said(NamedTuple):
    """What came back. ``code`` is empty where the round was taken; sizes are bytes of bodies and headers together."""

    status: int
    code: str
    sent: int
    received: int
    answer: SyncAnswer | None


def signed(kiosk: LoadKiosk, request: SyncRequest) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a request."""
    body = pack(request)
    return body, {
        signing.DEVICE_HEADER: kiosk.device,
        signing.NONCE_HEADER: request.nonce,
        signing.SIGNATURE_HEADER: signing.sign_request(kiosk.key, PLACE, request.nonce, body),
        "Content-Type": CONTENT_TYPE,
        "Accept-Encoding": "identity",
    }


class Line:
    """One keep-alive connection to a server at ``port`` of this machine."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._connection.close()

    def round(self, kiosk: LoadKiosk, *, health: bool = True) -> Said:
        """One round of a kiosk, which takes the answer. Raises ``OSError``, ``HTTPException``, :class:`NotBelieved`."""
        request = kiosk.request(health=health)
        said = self.send(kiosk, request)
        if said.answer is not None:
            kiosk.take(request, said.answer)
        return said

    def send(self, kiosk: LoadKiosk, request: SyncRequest) -> Said:
        """Send a request and check who answers; the kiosk does not take the answer yet."""
        body, headers = signed(kiosk, request)
        try:
            self._connection.request("POST", "/v1/sync", body, headers)
            response = self._connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        signature = response.headers.get(signing.SIGNATURE_HEADER, "")
        if not signing.answer_is_from(kiosk.server_key, PLACE, request.nonce, data, signature):
            raise NotBelieved(f"HTTP {response.status}, not signed")
        sent = len(body) + sum(len(name) + len(value) + 4 for name, value in headers.items()) + 60
        received = len(data) + len(str(response.headers)) + 20
        if response.status != 200:
            return Said(response.status, unpack(data, Problem).code, sent, received, None)
        return Said(200, "", sent, received, unpack(data, SyncAnswer))
