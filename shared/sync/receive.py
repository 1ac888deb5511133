"""The centre's half of a round: push what came, pull what changed, in one transaction."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from shared.db import Database, Tx
from shared.db.database import Reads, is_about_data
from shared.kernel.clock import Clock, checked_utc, utc_text
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import SYNC_BATCH_FACTS, SYNC_PAGE_ROWS
from shared.sync import rows, store
from shared.sync.journal import chain_hash
from shared.sync.rooms import Fact, House, SyncedTable
from shared.sync.wire import (
    PROTOCOL,
    FactLine,
    Refusal,
    RowBlock,
    SyncAnswer,
    SyncRequest,
    from_blocks,
    pack_batch,
    pack_blocks,
    rows_digest,
)


class SyncProblem(Refused):
    """A batch that does not follow what the centre holds. ``acked_seq`` says where it does."""

    status = 409

    def __init__(self, code: str, message: str, acked_seq: int) -> None:
        super().__init__(code, message, N_("稍后会自动重试；若一直出现请联系运营。"))
        self.acked_seq = acked_seq


class _FactFailed(Exception):
    """A fact of the quick pass could not be applied; the batch is done again one by one."""


@dataclass
class _Push:
    seq: int
    clean: bool = True
    refusals: list[Refusal] = field(default_factory=list)


def receive(db: Database, house: House, clock: Clock, *, point: str, feeds: list[str], request: SyncRequest,
            next_s: int) -> SyncAnswer:  # fmt: skip
    """Take one round of a device that belongs to ``point`` and may read ``feeds``.

    Idempotent: facts already held are skipped after their hash is compared. Raises :class:`SyncProblem` for a gap or
    a fork, ``BadInput`` for a batch that is not what it says it is; nothing is changed then.
    """
    if request.n > SYNC_BATCH_FACTS or request.n < 0:
        raise BadInput("SYNC_TOO_LARGE", N_("同步数据太大。"))
    lines = from_blocks(request.facts, request.first_seq, request.n)
    if not lines:
        held, _ = _check_chain(db, point, request, lines)
        return _answer(db, house, clock, point, feeds, request, _Push(held), None, next_s)
    try:
        return _one_pass(db, house, clock, point, feeds, request, lines, next_s, careful=False)
    except _FactFailed:
        return _one_pass(db, house, clock, point, feeds, request, lines, next_s, careful=True)


def _one_pass(
    db: Database,
    house: House,
    clock: Clock,
    point: str,
    feeds: list[str],
    request: SyncRequest,
    lines: list[FactLine],
    next_s: int,
    *,
    careful: bool,
) -> SyncAnswer:
    with db.writing() as tx:
        before = {feed: rows.lock_feed(tx, feed) if feed == f"point:{point}" else store.feed_version(tx, feed)
                  for feed in feeds}  # fmt: skip
        held, chain = _check_chain(tx, point, request, lines)
        push = _Push(held)
        new = lines[held + 1 - request.first_seq :]
        if new:
            now = utc_text(clock.now())
            for seq, line in enumerate(new, start=held + 1):
                _apply_one(tx, house, point, request, seq, line, push, now, careful)
            push.seq = held + len(new)
            number = rows.next_version(tx, f"journal:{point}")
            whole = len(new) == request.n
            body = pack_blocks(held + 1, request.n, request.facts) if whole else pack_batch(held + 1, new)
            store.add_journal_row(
                tx,
                store.JournalRow(
                    point,
                    number,
                    request.device,
                    request.epoch,
                    held + 1,
                    len(new),
                    chain,
                    now,
                    body,
                ),
            )
            store.set_centre_head(tx, point, request.device, request.epoch, push.seq, chain)
        return _answer(tx, house, clock, point, feeds, request, push, before, next_s)


def _fork(held: int) -> SyncProblem:
    return SyncProblem("FORK", N_("本机记录与中心不一致：数据库可能来自旧备份或另一台设备。"), held)


def _check_chain(db: Reads, point: str, request: SyncRequest, lines: list[FactLine]) -> tuple[int, bytes]:
    """What the centre held before this batch, and the chain after it. Compares hashes wherever both sides have one."""
    held, held_hash = store.centre_head(db, point, request.device, request.epoch)
    if request.first_seq > held + 1:
        raise SyncProblem("GAP", N_("中心缺少本机较早的记录，将从缺少处重发。"), held)
    chain = request.chain_before
    if request.first_seq == held + 1 and chain != held_hash:
        raise _fork(held)
    for seq, line in enumerate(lines, start=request.first_seq):
        chain = chain_hash(chain, line.kind, line.at, line.actor, line.payload)
        if seq == held and chain != held_hash:
            raise _fork(held)
    if chain != request.chain_after:
        raise BadInput("SYNC_CHAIN", N_("同步数据的校验不符。"), N_("稍后会自动重试。"))
    if request.first_seq + len(lines) - 1 < held:
        # a device names all that it has, batch by batch: less than we hold comes from an older copy of its database
        raise _fork(held)
    return held, chain


def _fact(point: str, request: SyncRequest, seq: int, line: FactLine, payload: msgspec.Struct) -> Fact:
    return Fact(point, request.device, request.epoch, seq, line.kind, line.at, line.actor, payload)


def _apply_one(
    tx: Tx,
    house: House,
    point: str,
    request: SyncRequest,
    seq: int,
    line: FactLine,
    push: _Push,
    now: str,
    careful: bool,
) -> None:
    kind = house.kinds.get(line.kind)
    if kind is None or kind.centre_only:
        reason = "UNKNOWN_KIND" if kind is None else "NOT_FOR_DEVICES"
        store.add_quarantine(tx, _fact(point, request, seq, line, msgspec.Struct()), line.payload, reason, now)
        push.clean = False
        return
    try:
        checked_utc(line.at)
        payload = kind.decode(line.payload)
        fact = _fact(point, request, seq, line, payload)
        if careful:
            with tx.savepoint():
                kind.apply(tx, fact, payload)
        else:
            kind.apply(tx, fact, payload)
    except Exception as error:
        if not is_about_data(error):
            raise
        if not careful:
            raise _FactFailed from error
        rows.forget_reads(tx)
        push.clean = False
        if kind.wish and isinstance(error, Refused):
            push.refusals.append(Refusal(seq, error.code, str(error)))
        else:
            parked = _fact(point, request, seq, line, msgspec.Struct())
            store.add_quarantine(tx, parked, line.payload, f"{type(error).__name__}: {error}"[:500], now)


def _answer(
    db: Reads,
    house: House,
    clock: Clock,
    point: str,
    feeds: list[str],
    request: SyncRequest,
    push: _Push,
    before: dict[str, int] | None,
    next_s: int,
) -> SyncAnswer:
    life = store.server_life(db)
    assert life is not None  # noqa: S101 - init has run before a server answers
    wanted = {feed: at for feed, at in request.cursors.items() if feed in feeds}
    own = before is not None and push.clean and bool(wanted) and all(before[feed] == at for feed, at in wanted.items())
    if own:
        blocks: list[RowBlock] = []
        # a feed that is not held may have moved since `before`: its newest rows have not been seen by the kiosk
        cursors = {feed: at if (held := rows.held_version(db, feed)) is None else held for feed, at in wanted.items()}
        more = False
    else:
        blocks, cursors, more = changed_since(db, house, wanted)
    return SyncAnswer(
        protocol=PROTOCOL,
        nonce=request.nonce,
        generation=life[0],
        acked_seq=push.seq,
        durable_seq=store.durable_seq(db, point, request.device, request.epoch),
        own=own,
        rows=blocks,
        count=sum(len(block.deleted) for block in blocks),
        digest=rows_digest(blocks),
        cursors=cursors,
        more=more,
        refusals=push.refusals,
        next_s=next_s,
        server_time=utc_text(clock.now()),
    )


def changed_since(db: Reads, house: House, cursors: dict[str, int]) -> tuple[list[RowBlock], dict[str, int], bool]:
    """Rows above each cursor, the cursors after them, and whether there is more.

    One cursor serves several tables: where a table was cut at the page limit, nothing above its last version is sent.
    """
    blocks: list[RowBlock] = []
    after: dict[str, int] = {}
    more = False
    for feed, cursor in cursors.items():
        scope_value = feed.partition(":")[2]
        newest = rows.newest_version(db, feed)
        pages: list[tuple[SyncedTable, list[Any]]] = []
        for table in house.tables_of(feed) if newest > cursor else ():
            found = store.changed_rows(db, table.select_changed, scope_value, cursor, SYNC_PAGE_ROWS)
            if len(found) == SYNC_PAGE_ROWS:
                newest = min(newest, found[-1]["version"])
                more = True
            pages.append((table, found))
        for table, found in pages:
            blocks.extend(_block(table, [row for row in found if row["version"] <= newest]))
        after[feed] = newest
    return blocks, after, more


def _block(table: SyncedTable, found: list[Any]) -> list[RowBlock]:
    if not found:
        return []
    columns = [[row[name] for row in found] for name in table.columns]
    return [RowBlock(table.name, list(table.columns), columns, [row["deleted"] for row in found])]
