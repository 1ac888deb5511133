"""One round with the centre: snapshots where a feed was never read, then push and pull, then take it all at once."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from kiosk.host import Kiosk
from kiosk.sync.rules import WHOLE, Pace, Trouble
from kiosk.sync.transport import CentreLink, ExchangeFailed, new_nonce
from shared.db import DiskFailed, DiskFull
from shared.devices.rules import Health
from shared.kernel.clock import utc_text
from shared.kernel.errors import Refused
from shared.sync import accept, snapshot, store
from shared.sync.daily import note_asked, read_anew
from shared.sync.wire import Problem, RejoinAnswer, SnapshotRequest, SyncAnswer, SyncRequest, pack, unpack

SYNC_PATH = "/v1/sync"
REJOIN_PATH = "/v1/rejoin"
SNAPSHOT_PATH = "/v1/snapshot"
# an answer to these is not "try again" but "compare what we both have"
REJOIN_CODES = frozenset({"GENERATION", "EPOCH", "FORK", "GAP", "CLONE"})


class Link(Protocol):
    """The way to the centre: :class:`kiosk.sync.transport.CentreLink` over HTTP, or a file carried by hand."""

    server_key: bytes

    def post(self, path: str, nonce: str, body: bytes) -> bytes:
        """Send a signed request, give back the checked answer. Raises ``ExchangeFailed``."""
        ...

    def stream(self, path: str, nonce: str, body: bytes) -> Iterator[bytes]:
        """Send a signed request; a snapshot's bytes as they come. Raises ``ExchangeFailed``."""
        ...


def open_link(kiosk: Kiosk) -> CentreLink:
    """The signed way to the centre. Raises ``NotEnrolled``."""
    enrolled, state = kiosk.enrolment(), kiosk.enrolled_state()
    kiosk.take_enrolled_key()
    return CentreLink(
        enrolled.server,
        kiosk.config.certificates,
        state.device,
        kiosk.device_key,
        enrolled.server_key,
        kiosk.clock,
    )


def run_round(kiosk: Kiosk, link: Link, health: Callable[[], Health | None], pace: Pace = WHOLE) -> Trouble:
    """Run one round and note how it went in ``sync_state``; the trouble, or ``Trouble.NONE``."""
    try:
        # where what both sides have was compared first, go on from there at once
        if not _round(kiosk, link, health, pace) and not _round(kiosk, link, health, pace):
            raise ExchangeFailed(Trouble.BUSY, "another copy of this kiosk is at the centre")
    except ExchangeFailed as failed:
        trouble = failed.trouble
    except (DiskFull, DiskFailed):
        trouble = Trouble.DISK
    except Refused:
        trouble = Trouble.BAD_ANSWER
    else:
        return Trouble.NONE
    # a full disk must not end the process that could still send what waits
    with contextlib.suppress(DiskFull, DiskFailed), kiosk.db.writing() as tx:
        store.set_trouble(tx, trouble.value, utc_text(kiosk.clock.now()))
    return trouble


def _round(kiosk: Kiosk, link: Link, health: Callable[[], Health | None], pace: Pace) -> bool:
    """Snapshots and exchange; False where the centre asked to compare histories first, and that was done."""
    try:
        _bootstrap(kiosk, link)
        _exchange(kiosk, link, health, pace)
    except ExchangeFailed as failed:
        if not failed.body or unpack(failed.body, Problem).code not in REJOIN_CODES:
            raise
        _rejoin(kiosk, link)
        return False
    return True


def _state(kiosk: Kiosk) -> store.SyncState:
    """Who we are, on the machine we run on: a copied card must not name the machine it was copied from."""
    return replace(kiosk.enrolled_state(), hardware=kiosk.hardware)


def _bootstrap(kiosk: Kiosk, link: Link) -> None:
    state = kiosk.enrolled_state()
    known = store.cursors(kiosk.db)
    for feed in accept.feeds_of(state):
        if feed not in known:
            nonce = new_nonce()
            asked = SnapshotRequest(
                nonce=nonce, device=state.device, epoch=state.epoch, generation=state.generation, feed=feed
            )
            stream = link.stream(SNAPSHOT_PATH, nonce, pack(asked))
            snapshot.load(
                kiosk.db, kiosk.house, kiosk.clock, stream, feed=feed, nonce=nonce, server_key=link.server_key
            )


def _exchange(kiosk: Kiosk, link: Link, health: Callable[[], Health | None], pace: Pace) -> None:
    state = _state(kiosk)
    told = health()
    request = accept.first_request(
        kiosk.db, kiosk.house, state, new_nonce(), told.as_list() if told else [], most=pace.most
    )
    if request.digests:
        note_asked(kiosk.db, state)
    answers = [_ask(link, request)]
    while answers[-1].more:
        request = accept.next_request(kiosk.db, state, new_nonce(), answers[-1])
        answers.append(_ask(link, request))
    accept.accept(kiosk.db, kiosk.house, kiosk.clock, state, answers)
    if answers[0].reread:
        read_anew(kiosk.db, answers[0].reread)


def _rejoin(kiosk: Kiosk, link: Link) -> None:
    """Compare histories with the centre and go on from the newest common fact.

    On a machine that the device was not enrolled on, what the centre lacks is handed over to be looked at by a person,
    and the round ends in ``Trouble.CLONE``.
    """
    request = accept.rejoin_request(kiosk.db, _state(kiosk), new_nonce())
    answer = unpack(link.post(REJOIN_PATH, request.nonce, pack(request)), RejoinAnswer)
    accept.take_rejoin(kiosk.db, request, answer, accept.newest_told(request))
    if not answer.parked:
        return
    while store.outbox(kiosk.db)[0]:
        state = _state(kiosk)
        push = accept.first_request(kiosk.db, kiosk.house, state, new_nonce(), [])
        accept.accept(kiosk.db, kiosk.house, kiosk.clock, state, [_ask(link, push)])
    raise ExchangeFailed(Trouble.CLONE, "this card was enrolled on another machine")


def _ask(link: Link, request: SyncRequest) -> SyncAnswer:
    answer = unpack(link.post(SYNC_PATH, request.nonce, pack(request)), SyncAnswer)
    accept.check_answer(request, answer)
    return answer
