"""What the badge says: only what this machine knows by itself."""

from datetime import timedelta

from kiosk.host import Kiosk
from kiosk.store import worker_states
from kiosk.sync.rules import THROUGH_NEIGHBOUR, Trouble
from shared.kernel.clock import parse_utc
from shared.sync import store
from shared.web.frame import Link, LinkState

STALE_ROUNDS = 3
STALE_SECONDS = 15


def link(kiosk: Kiosk) -> Link:
    """State of the way to the centre. A last round that failed, or one overdue by far, is offline."""
    state = kiosk.state()
    if state is None:
        return Link(LinkState.OFFLINE)
    waiting, _ = store.outbox(kiosk.db)
    as_of = state.last_contact or ""
    if state.trouble == Trouble.PORTAL:
        return Link(LinkState.PORTAL, as_of, waiting)
    if state.trouble or not state.last_contact or not state.last_try:
        return Link(LinkState.OFFLINE, as_of, waiting)
    age = kiosk.clock.now() - parse_utc(state.last_try)
    # a clock that jumped backwards makes the age negative: the round's own result is then all there is to go by
    if age > timedelta(seconds=STALE_ROUNDS * state.next_s + STALE_SECONDS):
        return Link(LinkState.OFFLINE, as_of, waiting)
    if kiosk.config.relays and through_neighbour(kiosk):
        return Link(LinkState.NEIGHBOUR, as_of, waiting)
    return Link(LinkState.SYNCING if waiting else LinkState.ONLINE, as_of, waiting)


def through_neighbour(kiosk: Kiosk) -> bool:
    """Whether the last round went through a neighbouring kiosk."""
    said = worker_states(kiosk.db).get("sync")
    return said is not None and said.state == "ok" and said.detail == THROUGH_NEIGHBOUR
