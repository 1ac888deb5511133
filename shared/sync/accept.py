"""The kiosk's half of a round: what to ask, and how to believe and take the answer."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec

from shared.db import Database, Tx
from shared.db.database import Reads, is_about_data
from shared.db.migrations import schema_version
from shared.kernel.clock import Clock, parse_utc, utc_text
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import REJOIN_FACTS, SYNC_BATCH_BYTES, SYNC_BATCH_FACTS, SYNC_PUSH_FACTS
from shared.sync import rows, store
from shared.sync.daily import digests_due
from shared.sync.journal import mark_of
from shared.sync.rooms import Fact, House, feed_name
from shared.sync.wire import (
    HASH_START_BYTES,
    OLDEST_PROTOCOL,
    PROTOCOL,
    FactLine,
    RejoinAnswer,
    RejoinRequest,
    RowBlock,
    SyncAnswer,
    SyncRequest,
    rows_digest,
    to_blocks,
)


def feeds_of(state: store.SyncState) -> tuple[str, str]:
    """The feeds a kiosk follows: its region's catalogue, its point."""
    return feed_name("region", state.region), feed_name("point", state.point)


def first_request(
    db: Database,
    house: House,
    state: store.SyncState,
    nonce: str,
    health: Iterable[Any],
    *,
    most: int = SYNC_PUSH_FACTS,
) -> SyncRequest:
    """The request that opens a round: what waits (at most ``most`` facts and one batch), and all cursors."""
    lines = _batch(store.lines_after(db, state.acked_seq, min(most, SYNC_BATCH_FACTS)))
    before = store.fact_hash(db, state.acked_seq)
    after = store.fact_hash(db, state.acked_seq + len(lines)) if lines else before
    told = house.rider.tell(db) if house.rider else []
    request = _request(db, state, nonce, store.cursors(db), health, lines, before, after, told=told)
    due = digests_due(db, house, state) if not lines else {}
    return msgspec.structs.replace(request, digests=due) if due else request


def next_request(db: Reads, state: store.SyncState, nonce: str, last: SyncAnswer) -> SyncRequest:
    """The request for the next page of rows within a round; pushes nothing."""
    at = store.fact_hash(db, last.acked_seq)
    return _request(db, state, nonce, last.cursors, [], [], at, at, first_seq=last.acked_seq + 1)


def rejoin_request(db: Reads, state: store.SyncState, nonce: str) -> RejoinRequest:
    """What this kiosk still keeps, told by hashes. Of a very long history the newest part is told."""
    head = store.kiosk_head(db)
    after = max(state.base_seq, head.seq - REJOIN_FACTS)
    hashes = store.kept_hashes(db, after, REJOIN_FACTS)
    return RejoinRequest(
        protocol=PROTOCOL,
        nonce=nonce,
        device=state.device,
        hardware=state.hardware,
        epoch=state.epoch,
        generation=state.generation,
        base_seq=after,
        base_hash=store.fact_hash(db, after),
        hashes=b"".join(hashed[:HASH_START_BYTES] for hashed in hashes),
    )


def newest_told(request: RejoinRequest) -> int:
    """Number of the newest fact that a request to compare histories tells."""
    return request.base_seq + len(request.hashes) // HASH_START_BYTES


def take_rejoin(db: Database, request: RejoinRequest, answer: RejoinAnswer, newest: int) -> None:
    """Go on as the centre says; rows come anew from snapshots. ``newest`` is :func:`newest_told` of the request.

    Raises ``BadInput`` for an answer to something else, or when this kiosk has gone on otherwise meanwhile.
    """
    if answer.nonce != request.nonce or not request.base_seq <= answer.common_seq <= newest:
        raise BadInput("SYNC_ANSWER", N_("中心的回答不完整，没有采用。"), N_("稍后会自动重试。"))
    asked = (request.device, request.epoch, request.generation)
    with db.writing() as tx:
        # another process may have enrolled this machine anew, or taken a carried answer
        now = store.sync_state(tx)
        if now is None or asked != (now.device, now.epoch, now.generation) or answer.common_seq < now.base_seq:
            raise _late()
        store.relabel(tx, epoch=answer.epoch, generation=answer.generation, acked_seq=answer.common_seq)


def _request(
    db: Reads,
    state: store.SyncState,
    nonce: str,
    cursors: dict[str, int],
    health: Iterable[Any],
    lines: Sequence[FactLine],
    before: bytes,
    after: bytes,
    first_seq: int | None = None,
    told: Sequence[Any] = (),
) -> SyncRequest:
    first = state.acked_seq + 1 if first_seq is None else first_seq
    blocks, raw = to_blocks(lines, first)
    return SyncRequest(
        protocol=PROTOCOL,
        nonce=nonce,
        device=state.device,
        hardware=state.hardware,
        epoch=state.epoch,
        generation=state.generation,
        schema=schema_version(db),
        first_seq=first,
        n=len(lines),
        chain_before=before,
        chain_after=after,
        facts=blocks,
        raw=raw,
        cursors=cursors,
        allotments=list(told),
        health=list(health),
    )


def _batch(lines: list[FactLine]) -> list[FactLine]:
    """As many facts as surely fit the byte limit, and always one."""
    size = 0
    for count, line in enumerate(lines):
        size += len(line.payload) + len(line.kind) + len(line.at) + len(line.actor)
        if size > SYNC_BATCH_BYTES * 4 and count:
            return lines[:count]
    return lines


def check_answer(request: SyncRequest, answer: SyncAnswer) -> None:
    """Raise ``BadInput`` unless the answer belongs to the request and carries all it says it carries."""
    pushed = request.first_seq + request.n - 1
    good = (
        answer.nonce == request.nonce
        and OLDEST_PROTOCOL <= answer.protocol <= request.protocol
        and answer.generation == request.generation
        and answer.count == sum(len(block.deleted) for block in answer.rows)
        and answer.digest == rows_digest(answer.rows)
        and answer.acked_seq == pushed
        and set(answer.cursors) <= set(request.cursors)
    )
    if not good:
        raise BadInput("SYNC_ANSWER", N_("中心的回答不完整，没有采用。"), N_("稍后会自动重试。"))


def accept(db: Database, house: House, clock: Clock, state: store.SyncState, answers: Sequence[SyncAnswer]) -> None:
    """Take all answers of one round in one transaction.

    When only our own facts have changed anything, our rows are already what the centre has. Otherwise: step back over
    every fact the centre had not confirmed, take its rows, and apply again what it has not received yet.
    """
    last = answers[-1]
    with db.writing() as tx:
        now = store.sync_state(tx)
        if now is None or _where(now) != _where(state):
            raise _late()
        plain = all(answer.own or not answer.rows for answer in answers)
        refused = any(answer.refusals for answer in answers)
        # a card in another machine delivers and reads nothing: what it shows stays until it is enrolled anew
        followed = store.cursors(tx)
        reads = bool(followed)
        if reads and (refused or not plain or not answers[0].own):
            _rebase(tx, house, clock, state.acked_seq, last.acked_seq, [b for a in answers for b in a.rows])
        for feed, version in [cursor for answer in answers for cursor in answer.cursors.items()]:
            # one that was forgotten meanwhile is to be read anew from a snapshot
            if feed in followed:
                store.set_cursor(tx, feed, version)
        if house.rider:
            house.rider.take(tx, answers[0].grants, generation=last.generation, epoch=state.epoch)
        if last.durable_seq > state.durable_seq:
            day_before = utc_text(parse_utc(last.server_time) - timedelta(days=1))
            store.note_durable(tx, last.durable_seq, last.server_time, day_before)
        store.set_progress(
            tx,
            generation=last.generation,
            acked_seq=last.acked_seq,
            durable_seq=last.durable_seq,
            next_s=last.next_s,
            contact=last.server_time,
            tried=utc_text(clock.now()),
        )


def _late() -> BadInput:
    return BadInput("SYNC_LATE", N_("中心的回答来得太晚，没有采用。"), N_("稍后会自动重试。"))


def _where(state: store.SyncState) -> tuple[str, str, int, int]:
    return state.device, state.epoch, state.generation, state.acked_seq


def _rebase(tx: Tx, house: House, clock: Clock, acked_before: int, acked: int, blocks: Iterable[RowBlock]) -> None:
    for row in store.each_fact_back_to(tx, acked_before):
        rows.step_back(tx, house, bytes(row["undo"]))
    for block in blocks:
        take_block(tx, house, block)
    state = store.sync_state(tx)
    assert state is not None  # noqa: S101 - a round runs only after enrolment
    # what would not fit on older rows is judged anew: by the centre if it has it, else below
    store.resolve_quarantine(tx, state.device, state.epoch, acked_before, utc_text(clock.now()), "judged anew")
    for row in store.each_fact_after(tx, max(acked_before, acked)):
        apply_again(tx, house, clock, state, row)


def apply_again(tx: Tx, house: House, clock: Clock, state: store.SyncState, row: Any) -> None:
    """Apply a fact on top of what came from the centre, with fresh undo images; what fails is parked and stays sent."""
    fact = Fact(
        row["point"],
        state.device,
        state.epoch,
        row["seq"],
        row["kind"],
        row["at"],
        row["actor"],
        msgspec.Struct(),
        mark_of(bytes(row["hash"])),
    )
    try:
        # inside: an older version put back on this machine may not know the kind
        kind = house.kinds[row["kind"]]
        payload = kind.decode(bytes(row["payload"]))
        with tx.savepoint():
            rows.start_images(tx)
            kind.apply(tx, replace(fact, payload=payload), payload)
    except Exception as error:
        if not is_about_data(error):
            raise
        rows.forget_reads(tx)
        rows.start_images(tx)
        store.add_quarantine(
            tx, fact, bytes(row["payload"]), f"{type(error).__name__}: {error}"[:500], utc_text(clock.now())
        )
    store.set_undo(tx, row["seq"], rows.take_images(tx))


def take_block(tx: Tx, house: House, block: RowBlock) -> None:
    """Write rows from the centre as they are.

    What a newer centre knows and this version does not (tables, columns) is left out: after the update that brings it,
    every feed is read anew. What an older centre does not send keeps its default.
    """
    table = house.tables.get(block.table)
    if table is None or not set(table.key_columns) <= set(block.names):
        return
    position = {name: index for index, name in enumerate(block.names)}
    columns = tuple(name for name in table.columns if name in position)
    ordered = [block.columns[position[name]] for name in columns]
    keys = len(table.key_columns)
    live: list[tuple[Any, ...]] = []
    gone: list[tuple[Any, ...]] = []
    for deleted, *values in zip(block.deleted, *ordered, strict=True):
        if deleted:
            gone.append(tuple(values[:keys]))
        else:
            live.append((*values, 0, 0))
    rows.forget_reads(tx)
    tx.executemany(table.upsert_of(columns), live)
    tx.executemany(table.delete, gone)
