"""The way to one server process: one connection, kept open, signed both ways; nothing else costs anything here."""

import http.client
from types import TracebackType
from typing import NamedTuple, Self

from shared.sync import signing
from shared.sync.wire import Problem, SyncAnswer, SyncRequest, pack, unpack
from tests.load.kiosk import LoadKiosk, NotBelieved

PLACE = "POST /v1/sync"
HEADERS_SENT_BYTES = 100
ANSWER_SECONDS = 30.0


class Said(NamedTuple):
    """What came back. ``code`` is empty where the round was taken; sizes are bytes of bodies and headers together."""

    status: int
    code: str
    sent: int
    received: int
    answer: SyncAnswer | None


def signed(kiosk: LoadKiosk, request: SyncRequest) -> bytes:
    """The body of a request."""
    return signing.signed_request(kiosk.key, kiosk.device, PLACE, request.nonce, pack(request))


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
        body = signed(kiosk, request)
        try:
            self._connection.request("POST", "/v1/sync", body)
            response = self._connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        message = signing.message_of_answer(kiosk.server_key, PLACE, request.nonce, data)
        if message is None:
            raise NotBelieved(f"HTTP {response.status}, not signed")
        sent = len(body) + HEADERS_SENT_BYTES
        received = len(data) + len(str(response.headers)) + 20
        if response.status != 200:
            return Said(response.status, unpack(message, Problem).code, sent, received, None)
        return Said(200, "", sent, received, unpack(message, SyncAnswer))
