"""The way to the centre through a neighbouring kiosk, for when there is none of our own."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import requests
import urllib3.exceptions

from kiosk.carry import store
from kiosk.carry.operations import SEAL_KEY
from kiosk.carry.relay import PATH
from kiosk.host import Kiosk
from kiosk.sync.rounds import run_round
from kiosk.sync.rules import Pace, Trouble, trouble_of_status
from kiosk.sync.transport import (
    CONNECT_SECONDS,
    CONTENT_TYPE,
    ExchangeFailed,
    new_nonce,
    new_session,
    read_within,
    trouble_of_error,
)
from shared.db import DiskFull
from shared.devices.rules import Health
from shared.kernel.clock import utc_text
from shared.kernel.errors import BadInput
from shared.kernel.limits import RELAY_SECONDS, SNAPSHOT_BYTES
from shared.sync import carry, signing
from shared.sync import store as sync_store
from shared.sync.sealing import load_or_make_seal_key, seal_public
from shared.sync.wire import PROTOCOL

FAR_TROUBLES = frozenset({Trouble.NO_NETWORK, Trouble.TIMEOUT, Trouble.PORTAL, Trouble.CERTIFICATE})
"""What a neighbour may help with: the way is closed, nobody at its end has said anything."""


@dataclass
class NeighbourLink:
    """The same verbs as a line to the centre, each exchange in a sealed box handed to a neighbour."""

    kiosk: Kiosk
    address: str
    centre: bytes
    server_key: bytes

    def __post_init__(self) -> None:
        self._seal_key = load_or_make_seal_key(self.kiosk.config.data / SEAL_KEY)
        # the neighbour's own certificate is none of ours: what counts is inside the box
        self._session = new_session("")

    def post(self, path: str, nonce: str, body: bytes) -> bytes:
        """Send a signed request, give back the checked answer. Raises ``ExchangeFailed``."""
        place = f"POST {path}"
        reply = self._ask(place, nonce, body)
        signed = signing.answer_is_from(self.server_key, place, nonce, reply.body, reply.signature)
        if reply.status == 200 and signed:
            return reply.body
        raise ExchangeFailed(trouble_of_status(reply.status), f"HTTP {reply.status}", reply.body if signed else b"")

    def stream(self, path: str, nonce: str, body: bytes) -> Iterator[bytes]:
        """Send a signed request; a snapshot. Who reads it checks the signature at its end."""
        place = f"POST {path}"
        reply = self._ask(place, nonce, body)
        if reply.status == 200:
            yield reply.body
            return
        signed = signing.answer_is_from(self.server_key, place, nonce, reply.body, reply.signature)
        raise ExchangeFailed(trouble_of_status(reply.status), f"HTTP {reply.status}", reply.body if signed else b"")

    def _ask(self, place: str, nonce: str, body: bytes) -> carry.Reply:
        key = self.kiosk.device_key
        exchange = carry.Exchange(place, nonce, body, signing.sign_request(key, place, nonce, body))
        question = carry.Question(
            protocol=PROTOCOL,
            nonce=new_nonce(),
            device=self.kiosk.enrolled_state().device,
            number=0,
            made_at=utc_text(self.kiosk.clock.now()),
            seal_key=seal_public(self._seal_key),
            exchanges=[exchange],
        )
        box = self._pass(carry.close_question(question, key, self.centre))
        try:
            answer = carry.open_answer(self._seal_key, box, self.server_key)
        except BadInput as error:
            raise ExchangeFailed(Trouble.BAD_ANSWER, error.code) from error
        if answer.nonce != question.nonce or len(answer.replies) != 1:
            raise ExchangeFailed(Trouble.BAD_ANSWER, "an answer to something else")
        return answer.replies[0]

    def _pass(self, box: bytes) -> bytes:
        headers = {"Content-Type": CONTENT_TYPE, "Accept-Encoding": "identity"}
        try:
            with self._session.within(RELAY_SECONDS), self._session.post(
                self.address + PATH, data=box, headers=headers, timeout=(CONNECT_SECONDS, RELAY_SECONDS),
                stream=True, allow_redirects=False,
            ) as response:  # fmt: skip
                if response.status_code != 200:
                    raise ExchangeFailed(trouble_of_status(response.status_code), "the neighbour said no")
                return b"".join(read_within(response, self.kiosk.clock, RELAY_SECONDS, SNAPSHOT_BYTES))
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise ExchangeFailed(trouble_of_error(error), str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def round_through_neighbours(kiosk: Kiosk, health: Callable[[], Health | None], pace: Pace, was: Trouble) -> Trouble:
    """Try a round through each neighbour in turn; none, or ``was``, the trouble of our own line, where none helped."""
    for link in neighbour_links(kiosk):
        try:
            if run_round(kiosk, link, health, pace) is Trouble.NONE:
                return Trouble.NONE
        finally:
            link.close()
    with contextlib.suppress(DiskFull), kiosk.db.writing() as tx:
        sync_store.set_trouble(tx, was.value, utc_text(kiosk.clock.now()))
    return was


def neighbour_links(kiosk: Kiosk) -> list[NeighbourLink]:
    """One link for each neighbour that is set; none where the enrolment brought no key to seal with."""
    centre = store.centre_key(kiosk.db)
    if centre is None:
        return []
    key = kiosk.enrolment().server_key
    return [NeighbourLink(kiosk, address, centre, key) for address in kiosk.config.relays]
