"""One round with the centre: snapshots where a feed was never read, then push and pull, then take it all at once."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from kiosk.host import Kiosk
from kiosk.sync.rules import Trouble
from kiosk.sync.transport import CentreLink, ExchangeFailed, new_nonce
from shared.db import DiskFull
from shared.devices.rules import Health
from shared.kernel.clock import utc_text
from shared.kernel.errors import Refused
from shared.sync import accept, snapshot, store
from shared.sync.wire import Problem, SyncAnswer, SyncRequest, pack, unpack

SYNC_PATH = "/v1/sync"
SNAPSHOT_PATH = "/v1/snapshot"


def open_link(kiosk: Kiosk) -> CentreLink:
    """The signed way to the centre. Raises ``NotEnrolled``."""
    enrolled, state = kiosk.enrolment(), kiosk.enrolled_state()
    return CentreLink(
        enrolled.server,
        kiosk.config.certificates,
        state.device,
        kiosk.device_key,
        enrolled.server_key,
        kiosk.clock,
    )


def run_round(kiosk: Kiosk, link: CentreLink, health: Callable[[], Health | None]) -> Trouble:
    """Run one round and note how it went in ``sync_state``; the trouble, or ``Trouble.NONE``."""
    try:
        _bootstrap(kiosk, link)
        _exchange(kiosk, link, health)
    except ExchangeFailed as failed:
        trouble = failed.trouble
    except Refused:
        trouble = Trouble.BAD_ANSWER
    else:
        return Trouble.NONE
    # a full disk must not end the process that could still send what waits
    with contextlib.suppress(DiskFull), kiosk.db.writing() as tx:
        store.set_trouble(tx, trouble.value, utc_text(kiosk.clock.now()))
    return trouble


def _bootstrap(kiosk: Kiosk, link: CentreLink) -> None:
    state = kiosk.enrolled_state()
    known = store.cursors(kiosk.db)
    for feed in accept.feeds_of(state):
        if feed not in known:
            nonce = new_nonce()
            stream = link.stream(SNAPSHOT_PATH, nonce, urlencode({"feed": feed}))
            snapshot.load(
                kiosk.db, kiosk.house, kiosk.clock, stream, feed=feed, nonce=nonce, server_key=link.server_key
            )


def _exchange(kiosk: Kiosk, link: CentreLink, health: Callable[[], Health | None]) -> None:
    state = kiosk.enrolled_state()
    told = health()
    request = accept.first_request(kiosk.db, state, new_nonce(), told.as_dict() if told else {})
    try:
        answers = [_ask(link, request)]
    except ExchangeFailed as failed:
        gap = _gap_start(failed)
        if gap is None:
            raise
        # the centre asks for facts that it had acknowledged: send again from where it stands
        state = replace(state, acked_seq=gap)
        request = accept.first_request(kiosk.db, state, new_nonce(), request.health)
        answers = [_ask(link, request)]
    while answers[-1].more:
        request = accept.next_request(kiosk.db, state, new_nonce(), answers[-1])
        answers.append(_ask(link, request))
    accept.accept(kiosk.db, kiosk.house, kiosk.clock, kiosk.enrolled_state(), answers)


def _gap_start(failed: ExchangeFailed) -> int | None:
    if not failed.body:
        return None
    problem = unpack(failed.body, Problem)
    if problem.code == "FORK":
        raise ExchangeFailed(Trouble.FORK, problem.message)
    return problem.acked_seq if problem.code == "GAP" else None


def _ask(link: CentreLink, request: SyncRequest) -> SyncAnswer:
    answer = unpack(link.post(SYNC_PATH, request.nonce, pack(request)), SyncAnswer)
    accept.check_answer(request, answer)
    return answer
