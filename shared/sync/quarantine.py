"""What a person decides about a parked fact: apply it after all, or leave it with a reason. Both are facts."""

from collections.abc import Sequence, Set

import msgspec

from shared.db import Row, Tx
from shared.db.database import is_about_data
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.sync import store
from shared.sync.journal import CentreJournal
from shared.sync.rooms import Fact, FactKind, Room

UNKNOWN_KIND = "UNKNOWN_KIND"
RETRIED = "retried"
DISCARDED = "discarded"
REASON_CHARACTERS = 200


class Retried(msgspec.Struct, frozen=True, array_like=True):
    """A parked fact was applied after all. It carries the whole fact: a replay needs nothing else."""

    device: str
    epoch: str
    seq: int
    kind: str
    at: str
    actor: str
    payload: bytes
    mark: str


class Discarded(msgspec.Struct, frozen=True, array_like=True):
    """A parked fact was left unapplied, and why; the fact itself stays in the journal."""

    device: str
    epoch: str
    seq: int
    reason: str


def room_of(rooms: Sequence[Room]) -> Room:
    """The room whose facts settle parked facts of ``rooms``."""
    kinds = {kind.name: kind for room in rooms for kind in room.kinds}

    def retried(tx: Tx, fact: Fact, it: Retried) -> None:
        kind = kinds.get(it.kind)
        if kind is None:
            raise Refused("UNKNOWN_KIND", N_("中心还不认识这种记录。"), N_("请先升级中心，再重试。"))
        payload = kind.decode(it.payload)
        kind.apply(
            tx, Fact(fact.point, it.device, it.epoch, it.seq, it.kind, it.at, it.actor, payload, it.mark), payload
        )

    def retried_blank(it: Retried, ids: Set[str]) -> Retried | None:
        kind = kinds.get(it.kind)
        blank = kind.blank(kind.decode(it.payload), ids) if kind is not None and kind.blank is not None else None
        return None if blank is None else msgspec.structs.replace(it, payload=msgspec.msgpack.encode(blank))

    def discarded(tx: Tx, fact: Fact, it: Discarded) -> None:
        """Nothing changes: the decision itself is the record."""

    return Room(
        "quarantine",
        kinds=(
            FactKind("sync.retried.v1", Retried, retried, centre_only=True, blank=retried_blank),
            FactKind("sync.discarded.v1", Discarded, discarded, centre_only=True),
        ),
    )


def _parked(tx: Tx, point: str, device: str, epoch: str, seq: int) -> Row:
    parked = store.parked_fact(tx, point, device, epoch, seq)
    if parked is None or parked["resolved_at"] is not None:
        raise Refused("NOT_PARKED", N_("这条记录已经处理过。"), N_("请刷新页面。"))
    return parked


def retry(journal: CentreJournal, tx: Tx, point: str, device: str, epoch: str, seq: int, actor: str) -> None:
    """Apply a parked fact now. ``tx`` comes from ``journal.writing(point)``.

    Raises ``Refused`` NOT_PARKED, UNKNOWN_KIND, or whatever still speaks against the fact; nothing is changed then.
    """
    parked = _parked(tx, point, device, epoch, seq)
    payload = Retried(
        device, epoch, seq, parked["kind"], parked["at"], parked["actor"], bytes(parked["payload"]), parked["mark"]
    )
    try:
        journal.record(tx, payload, point=point, actor=actor)
    except Exception as error:
        # whatever a rule raises, as when the fact came: one of them must not keep a server from starting
        if isinstance(error, Refused) or not is_about_data(error):
            raise
        raise Refused(
            "STILL_FAILS", N_("重试后仍不能应用：%(why)s"), N_("请先处理原因，或写明理由后忽略。"), why=str(error)[:200]
        ) from error
    store.settle_parked(tx, point, device, epoch, seq, utc_text(journal.clock.now()), RETRIED)


def checked_reason(reason: str) -> str:
    """Why a fact is left unapplied, trimmed. Raises ``Refused`` REASON_MISSING for none or too long a one."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_CHARACTERS:
        raise Refused("REASON_MISSING", N_("请写明忽略的理由（最多 200 字）。"))
    return reason


def discard(
    journal: CentreJournal, tx: Tx, point: str, device: str, epoch: str, seq: int, reason: str, actor: str
) -> None:
    """Leave a parked fact unapplied, with a reason. Raises ``Refused`` NOT_PARKED, REASON_MISSING."""
    reason = checked_reason(reason)
    _parked(tx, point, device, epoch, seq)
    journal.record(tx, Discarded(device, epoch, seq, reason), point=point, actor=actor)
    store.settle_parked(tx, point, device, epoch, seq, utc_text(journal.clock.now()), f"{DISCARDED}: {reason}")


def retry_known(journal: CentreJournal) -> int:
    """After an update: apply what was parked only because this centre did not know its kind; how many.

    What still fails stays parked, with the reason it has now.
    """
    applied = 0
    for row in store.parked_of_kinds(journal.db, UNKNOWN_KIND, tuple(journal.house.kinds)):
        where = (row["point"], row["device"], row["epoch"], row["seq"])
        try:
            with journal.writing(row["point"]) as tx:
                retry(journal, tx, *where, actor="update")
        except Refused as refused:
            with journal.writing(row["point"]) as tx:
                store.park_because(tx, *where, str(refused)[:500])
        else:
            applied += 1
    return applied
