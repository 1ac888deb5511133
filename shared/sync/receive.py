"""The centre's half of a round: push what came, pull what changed, in one transaction."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from shared.db import Database, Tx
from shared.db.database import Reads, is_about_data
from shared.kernel.clock import Clock, checked_utc, utc_text
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import SYNC_BATCH_FACTS, SYNC_PAGE_ROWS
from shared.sync import rows, store
from shared.sync.daily import differing
from shared.sync.journal import chain_hash, mark_of
from shared.sync.quarantine import RETRIED, UNKNOWN_KIND
from shared.sync.rejoin import Told, newest_common
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
    """A request that does not follow what the centre holds; ``code`` names how.

    GENERATION: the centre began a new life since. GAP: within one life that can't be, so it has lost facts. FORK,
    EPOCH: the kiosk's history is another than the one held. CLONE: it comes from other hardware. ``acked_seq`` is what
    is held.
    """

    status = 409

    def __init__(self, code: str, message: str, acked_seq: int) -> None:
        super().__init__(code, message, N_("稍后会自动重试；若一直出现请联系运营。"))
        self.acked_seq = acked_seq


class _FactFailed(Exception):
    """A fact of the quick pass could not be applied; the batch is done again one by one."""


@dataclass
class _Push:
    """What a request pushes, compared with what is held. ``hashes[i]`` is the chain after ``lines[i]``."""

    lines: list[FactLine]
    hashes: list[bytes]
    lane: store.Lane | None
    other_lanes: bool
    generation: int
    seq: int = 0
    clean: bool = True
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def parked(self) -> bool:
        """Whether its facts are kept but not applied."""
        return self.lane is not None and bool(self.lane.parked)


class Enrolled(NamedTuple):
    """What the centre has on record of the device that asks: its present epoch, and the machine it was enrolled on."""

    epoch: str
    hardware: str


def receive(
    db: Database,
    house: House,
    clock: Clock,
    *,
    point: str,
    feeds: list[str],
    enrolled: Enrolled,
    request: SyncRequest,
    next_s: int,
) -> SyncAnswer:
    """Take one round of a device that belongs to ``point`` and may read ``feeds``.

    Idempotent: facts already held are skipped after their hash is compared. Raises :class:`SyncProblem` for a history
    that is not the one held, ``BadInput`` for a batch that is not what it says it is; nothing is changed then.
    """
    if request.n > SYNC_BATCH_FACTS or request.n < 0:
        raise BadInput("SYNC_TOO_LARGE", N_("同步数据太大。"))
    lines = from_blocks(request.facts, request.first_seq, request.n, request.raw)
    if not lines:
        push = _check_chain(db, point, enrolled, request, lines)
        answer = _answer(db, house, clock, feeds, request, push, None, next_s)
        if not request.digests:
            return answer
        reread = differing(db, house, clock, point=point, feeds=feeds, request=request)
        return msgspec.structs.replace(answer, reread=reread)
    try:
        return _one_pass(db, house, clock, point, feeds, enrolled, request, lines, next_s, careful=False)
    except _FactFailed:
        return _one_pass(db, house, clock, point, feeds, enrolled, request, lines, next_s, careful=True)


def _one_pass(
    db: Database,
    house: House,
    clock: Clock,
    point: str,
    feeds: list[str],
    enrolled: Enrolled,
    request: SyncRequest,
    lines: list[FactLine],
    next_s: int,
    *,
    careful: bool,
) -> SyncAnswer:
    with db.writing() as tx:
        before = {feed: rows.lock_feed(tx, feed) if feed == f"point:{point}" else store.feed_version(tx, feed)
                  for feed in feeds}  # fmt: skip
        push = _check_chain(tx, point, enrolled, request, lines)
        newest = request.first_seq + len(lines) - 1
        if push.seq < newest:
            _take_new(tx, house, clock, point, request, push, careful)
        # a card in another machine delivers, and reads nothing
        return _answer(tx, house, clock, [] if push.parked else feeds, request, push, before, next_s)


def _take_new(tx: Tx, house: House, clock: Clock, point: str, request: SyncRequest, push: _Push, careful: bool) -> None:
    now = utc_text(clock.now())
    held = _held_in_other_lanes(tx, point, request, push, now) if push.other_lanes else push.seq
    newest = request.first_seq + len(push.lines) - 1
    first = held + 1
    new = push.lines[first - request.first_seq :]
    if new:
        again = _applied_by_hand(tx, point, request.device, held) if push.other_lanes else {}
        for seq, line in enumerate(new, start=first):
            if again and again.get(seq) == mark_of(push.hashes[seq - request.first_seq]):
                continue
            _apply_one(tx, house, point, request, seq, line, push, now, careful)
        whole = first == request.first_seq
        store.add_journal_row(
            tx,
            store.JournalRow(
                point=point,
                number=rows.next_version(tx, f"journal:{point}"),
                device=request.device,
                epoch=request.epoch,
                first_seq=first,
                n=len(new),
                chain_after=push.hashes[-1],
                received_at=now,
                body=pack_blocks(first, request.n, request.facts, request.raw) if whole else pack_batch(first, new),
                chain_before=request.chain_before if whole else push.hashes[first - request.first_seq - 1],
                parked=int(push.parked),
            ),
        )
    push.seq = newest
    store.set_centre_head(tx, point, request.device, request.epoch, newest, push.hashes[-1], now)


def _held_in_other_lanes(tx: Tx, point: str, request: SyncRequest, push: _Push, now: str) -> int:
    """The newest of the pushed facts that came under another epoch before; the same fact is never applied twice.

    A device that was put back from a copy, or met a centre that was, sends again what one of them has forgotten.
    """
    told = Told(request.first_seq - 1, [request.chain_before, *push.hashes])
    met = newest_common(tx, point, request.device, told, but=request.epoch, applied=not push.parked)
    if not push.parked:
        copies = newest_common(tx, point, request.device, told, but=request.epoch)
        if copies is not None:
            store.settle_clones(tx, point, request.device, copies.seq, now, "came from its own device")
    return push.seq if met is None else max(met.seq, push.seq)


def _applied_by_hand(db: Reads, point: str, device: str, after: int) -> dict[int, str]:
    """The marks of parked copies that an operator has applied before the device itself sent the fact."""
    return {int(row["seq"]): row["mark"] for row in store.settled_as(db, point, device, after, RETRIED)}


def _lost(held: int) -> SyncProblem:
    return SyncProblem("GAP", N_("中心缺少本机较早的记录，将从缺少处重发。"), held)


def _fork(held: int) -> SyncProblem:
    return SyncProblem("FORK", N_("本机记录与中心不一致：数据库可能来自旧备份或另一台设备。"), held)


def _check_owner(enrolled: Enrolled, request: SyncRequest, lane: store.Lane | None) -> None:
    """Only the machine that was enrolled goes on in the device's lane; another one delivers into a parked one."""
    parked = lane is not None and bool(lane.parked)
    if request.hardware != enrolled.hardware:
        if not parked or not request.n:
            raise SyncProblem("CLONE", N_("这张存储卡来自另一台机器。"), -1)
    elif parked or request.epoch != enrolled.epoch:
        raise SyncProblem("EPOCH", N_("本机的记录要先与中心核对。"), -1)


def _check_chain(db: Reads, point: str, enrolled: Enrolled, request: SyncRequest, lines: list[FactLine]) -> _Push:
    """What is held of this lane, and the chain over the batch. Compares hashes wherever both sides have one."""
    life = store.server_life(db)
    assert life is not None  # noqa: S101 - init has run before a server answers
    lanes = store.lanes(db, point, request.device)
    lane = lanes.get(request.epoch)
    _check_owner(enrolled, request, lane)
    held, held_hash = (lane.seq, lane.hash) if lane else (0, store.START_OF_CHAIN)
    if request.generation != life.generation:
        raise SyncProblem("GENERATION", N_("中心从备份恢复过，正在与本机对账。"), held)
    if request.first_seq > held + 1:
        raise _lost(held)
    chain = request.chain_before
    if request.first_seq == held + 1 and chain != held_hash:
        raise _fork(held)
    hashes: list[bytes] = []
    for seq, line in enumerate(lines, start=request.first_seq):
        chain = chain_hash(chain, line.kind, line.at, line.actor, line.payload)
        hashes.append(chain)
        if seq == held and chain != held_hash:
            raise _fork(held)
    if chain != request.chain_after:
        raise BadInput("SYNC_CHAIN", N_("同步数据的校验不符。"), N_("稍后会自动重试。"))
    if request.first_seq + len(lines) - 1 < held:
        # a device names all that it has, batch by batch: less than we hold comes from an older copy of its database
        raise _fork(held)
    others = len(lanes) > (lane is not None)
    return _Push(lines, hashes, lane, others, life.generation, seq=held)


def _fact(point: str, request: SyncRequest, push: _Push, seq: int, line: FactLine, payload: msgspec.Struct) -> Fact:
    mark = mark_of(push.hashes[seq - request.first_seq])
    return Fact(point, request.device, request.epoch, seq, line.kind, line.at, line.actor, payload, mark)


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
    if kind is None or kind.centre_only or push.parked:
        reason = "CLONE" if push.parked else UNKNOWN_KIND if kind is None else "NOT_FOR_DEVICES"
        store.add_quarantine(tx, _fact(point, request, push, seq, line, msgspec.Struct()), line.payload, reason, now)
        push.clean = False
        return
    try:
        checked_utc(line.at)
        payload = kind.decode(line.payload)
        fact = _fact(point, request, push, seq, line, payload)
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
            parked = _fact(point, request, push, seq, line, msgspec.Struct())
            store.add_quarantine(tx, parked, line.payload, f"{type(error).__name__}: {error}"[:500], now)


def _answer(
    db: Reads,
    house: House,
    clock: Clock,
    feeds: list[str],
    request: SyncRequest,
    push: _Push,
    before: dict[str, int] | None,
    next_s: int,
) -> SyncAnswer:
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
        protocol=min(PROTOCOL, request.protocol),
        nonce=request.nonce,
        generation=push.generation,
        acked_seq=push.seq,
        durable_seq=push.lane.durable_seq if push.lane else 0,
        own=own,
        rows=blocks,
        count=sum(len(block.deleted) for block in blocks),
        digest=rows_digest(blocks),
        cursors={} if cursors == wanted else cursors,
        more=more,
        refusals=push.refusals,
        next_s=next_s,
        server_time=utc_text(clock.now()),
    )


def changed_since(db: Reads, house: House, cursors: dict[str, int]) -> tuple[list[RowBlock], dict[str, int], bool]:
    """Rows above each cursor, the cursors after them, and whether there is more. Raises :class:`SyncProblem` GAP.

    One cursor serves several tables: where a table was cut at the page limit, nothing above its last version is sent.
    """
    blocks: list[RowBlock] = []
    after: dict[str, int] = {}
    more = False
    for feed, cursor in cursors.items():
        scope_value = feed.partition(":")[2]
        newest = rows.newest_version(db, feed)
        if newest < cursor:
            raise _lost(-1)
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
