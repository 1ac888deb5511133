"""What a kiosk recorded and could not apply again on the centre's rows: shown, judged anew, or left with a reason.

Every parked fact is sent to the centre all the same: what becomes of it there is decided there.
"""

from dataclasses import dataclass

from kiosk.host import Kiosk
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.sync import store, wording
from shared.sync.accept import feeds_of
from shared.sync.quarantine import DISCARDED, checked_reason

REASONS = (N_("已手工处理"), N_("重复的操作"), N_("试用时的操作"))


@dataclass(frozen=True)
class Parked:
    """One parked fact: what happened when, why it does not fit, and whether the centre has it."""

    epoch: str
    seq: int
    name: str
    at: str
    cause: str
    code: str
    facts: list[tuple[str, str]]
    sent: bool


def shown(kiosk: Kiosk) -> list[Parked]:
    """The open ones, newest first."""
    state = kiosk.enrolled_state()
    found = []
    for row in store.open_quarantine(kiosk.db):
        whole = store.parked_fact(kiosk.db, row["point"], row["device"], row["epoch"], row["seq"])
        payload = bytes(whole["payload"]) if whole else b""
        found.append(
            Parked(
                row["epoch"],
                int(row["seq"]),
                wording.fact_name(row["kind"]),
                row["at"],
                wording.reason_words(row["reason"]),
                wording.reason_code(row["reason"]),
                wording.readable(kiosk.house, row["kind"], payload),
                row["epoch"] != state.epoch or row["seq"] <= state.acked_seq,
            )
        )
    return found


def read_anew(kiosk: Kiosk) -> None:
    """Read the point's rows from a snapshot and judge what is parked by them, with a round now."""
    state = kiosk.enrolled_state()
    with kiosk.db.writing() as tx:
        store.forget_cursors(tx, feeds_of(state)[1:])
        store.want_round(tx)


def discard(kiosk: Kiosk, epoch: str, seq: int, reason: str) -> None:
    """Leave a parked fact as it is, with a reason. Raises ``Refused`` REASON_MISSING, NOT_PARKED."""
    reason = checked_reason(reason)
    state, now = kiosk.enrolled_state(), utc_text(kiosk.clock.now())
    with kiosk.db.writing() as tx:
        if not store.settle_parked(tx, state.point, state.device, epoch, seq, now, f"{DISCARDED}: {reason}"):
            raise Refused("NOT_PARKED", N_("这条记录已经处理过。"), N_("请刷新页面。"))
