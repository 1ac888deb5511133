"""Erase a resident: from rows, from facts that are kept, from what kiosks hold; what happened stays countable.

The order is such that a crash at any point loses nothing but time: first facts say that the person is gone (kiosks hear
of it in their next round, and nothing that is under way brings the name back), then the ledger (a backup that is put
back does not bring it back either), then the journal is searched and redacted. What is still left to search is known
from the database, and is searched at the next start and after every push.
"""

import logging
from dataclasses import dataclass

from shared.db import SqliteDatabase
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.kernel.limits import ERASE_BATCHES
from shared.parcels import store as parcels
from shared.parcels.facts import Forgotten
from shared.parcels.rules import ParcelState
from shared.residents import store as residents
from shared.residents.facts import Erased as ResidentErased
from shared.sync import store as sync_store
from shared.sync.erase import Heads, JournalDamaged, blank_batch, blank_parked, naming_kinds
from sync_server.console.operations import note
from sync_server.console.rules import Action
from sync_server.host import Centre
from sync_server.imports import store as imports
from sync_server.ledger import Erased

PRESENT = (ParcelState.ARRIVED, ParcelState.READY, ParcelState.OVERDUE, ParcelState.EXCEPTION)
REASON_CHARACTERS = 200
ALL_TIMES = "9999"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """An erasure: at which points, and how many kept facts were emptied of the person."""

    points: list[str]
    facts: int


def erase(centre: Centre, resident: str, reason: str, operator: str) -> Done:
    """Erase a resident everywhere. Done again, it finishes what was left.

    Raises ``Refused`` RESIDENT_UNKNOWN, RESIDENT_WAITING while parcels lie at a point, REASON_MISSING.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_CHARACTERS:
        raise Refused("REASON_MISSING", N_("请写明删除的理由（最多 200 字）。"))
    points = residents.points_of(centre.db, resident)
    detail = residents.detail(centre.db, resident)
    if not points and detail is None:
        raise Refused("RESIDENT_UNKNOWN", N_("没有这位居民，或已删除。"), N_("请回到居民列表重新查找。"))
    waiting = sum(len(parcels.of_resident(centre.db, point, resident, PRESENT)) for point in points)
    if waiting:
        raise Refused(
            "RESIDENT_WAITING",
            N_("这位居民还有 %(count)s 件包裹在自提点。"),
            N_("请先交给本人或退回，再删除。"),
            count=waiting,
        )
    number = detail.number if detail else 0
    _forget(centre, resident, points, operator)
    facts = sum(sweep(centre, point) for point in points)
    _shred(centre)
    with centre.db.writing() as tx:
        note(tx, centre, operator, Action.RESIDENT_ERASED, f"{number or resident} {reason}")
    return Done(points, facts)


def _forget(centre: Centre, resident: str, points: list[str], operator: str) -> None:
    """Say in facts, in the ledger and in the centre's own table that the person is gone."""
    journal = centre.journal
    for point in points:
        with journal.writing(point) as tx:
            known = residents.resident(tx, point, resident)
            same = parcels.named(tx, point, known.name_masked, known.phone_tail) if known else []
            journal.record(tx, ResidentErased(resident), point=point, actor=operator)
            journal.record(tx, Forgotten(resident, tuple(same)), point=point, actor=operator)
            residents.set_swept(tx, point, 0)
    centre.ledger.add(Erased(utc_text(centre.clock.now()), resident))
    with centre.db.writing() as tx:
        residents.forget_detail(tx, resident)
        # files that wait for a confirmation hold full numbers: whoever is about to import one uploads it again
        imports.forget_expired(tx, ALL_TIMES)


def sweep(centre: Centre, point: str) -> int:
    """Search a point's journal, as far as that has not been done, for those who were erased there; facts emptied."""
    emptied, heads = 0, Heads()
    while (found := _sweep_on(centre, point, heads)) is not None:
        emptied += found
    return emptied


def _sweep_on(centre: Centre, point: str, heads: Heads) -> int | None:
    """One stretch of the search; None where nothing is left. Another erasure meanwhile makes it begin anew."""
    erased, after = residents.erased(centre.db, point), residents.swept(centre.db, point)
    batches = sync_store.journal_rows(centre.db, point, after, ERASE_BATCHES) if erased else []
    if not batches:
        return None
    ids = {*erased, *parcels.ids_of_residents(centre.db, point, erased)}
    # searched while others write: a row of the journal changes by nothing but this, and this twice is the same
    blanks, emptied = [], 0
    for batch in batches:
        body, changed = blank_batch(centre.house, batch, heads, ids)
        if body is not None:
            blanks.append((batch.number, body))
        emptied += changed
    with centre.db.writing() as tx:
        for number, body in blanks:
            sync_store.set_journal_body(tx, point, number, body)
        blank_parked(tx, centre.house, point, ids, naming_kinds(centre.house))
        # moved first, which holds the row: who erases meanwhile comes before this look or begins anew after it
        residents.move_swept(tx, point, after, batches[-1].number)
        if set(residents.erased(tx, point)) != set(erased):
            residents.set_swept(tx, point, 0)
    return emptied


def after_push(centre: Centre, point: str) -> None:
    """Facts came from a point: what they say of somebody who was erased there is emptied at once."""
    if _sweep_quietly(centre, point):
        log.info("facts that were under way named somebody erased at %s; they were emptied", point)


def _sweep_quietly(centre: Centre, point: str) -> int:
    """A damaged row stops the search, for the doctor to find, and neither rounds nor the server."""
    try:
        return sweep(centre, point)
    except JournalDamaged:
        log.exception("the journal of %s could not be searched for those who were erased", point)
        return 0


def finish(centre: Centre) -> int:
    """At a start: search what is left to search, and erase again whom an older database has brought back."""
    emptied = 0
    for line in centre.ledger.read().lines:
        if isinstance(line, Erased) and _is_back(centre, line.resident):
            _forget(centre, line.resident, residents.points_of(centre.db, line.resident), "ledger")
    for point in residents.points_with_erasures(centre.db):
        emptied += _sweep_quietly(centre, point)
    return emptied


def _is_back(centre: Centre, resident: str) -> bool:
    if residents.detail(centre.db, resident) is not None:
        return True
    return any(
        residents.resident(centre.db, point, resident) is not None for point in residents.points_of(centre.db, resident)
    )


def _shred(centre: Centre) -> None:
    """SQLite keeps what was deleted until its place is used again: write the file anew where that is quick."""
    db = centre.db
    if isinstance(db, SqliteDatabase) and not db.shred():
        log.warning("the file could not be written anew; its free pages still hold what was deleted")
