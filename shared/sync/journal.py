"""Where facts are recorded: at a kiosk into the outbox, at the centre into the journal; applied at once on both."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from shared.db import Database, Tx
from shared.kernel.clock import Clock, utc_text
from shared.kernel.ids import IdMaker
from shared.sync import rows, store
from shared.sync.redaction import is_redacted, kept_hash
from shared.sync.rooms import Fact, House
from shared.sync.wire import FactLine, pack_batch

CENTRE_DEVICE = "0"
MARK_BYTES = 4

_encode = msgspec.msgpack.Encoder().encode


def mark_of(hashed: bytes) -> str:
    """What of a fact's hash goes into its name."""
    return hashed[:MARK_BYTES].hex()


def chain_hash(before: bytes, kind: str, at: str, actor: str, payload: bytes) -> bytes:
    """The hash of a fact: BLAKE2b-128 over the hash before it, its kind, time, actor and packed payload.

    A redacted fact carries the hash that it had when it was whole.
    """
    if is_redacted(payload):
        return kept_hash(payload)
    head = _encode((kind, at, actor))
    return hashlib.blake2b(before + head + payload, digest_size=store.HASH_BYTES).digest()


class Journal(Protocol):
    """What operations are given: one transaction, and a place to record facts in it."""

    db: Database
    clock: Clock
    ids: IdMaker
    house: House

    def writing(self, point: str) -> Any:
        """One transaction about one point (or region); a context manager that gives a ``Tx``."""
        ...

    def record(self, tx: Tx, payload: msgspec.Struct, *, point: str, actor: str) -> Fact:
        """Record a fact and apply it, in this transaction. Whatever ``apply`` raises rolls all of it back."""
        ...


@dataclass
class KioskJournal:
    """A kiosk's journal: the ``facts`` table, numbered and chained; the outbox is its unacknowledged end."""

    db: Database
    clock: Clock
    ids: IdMaker
    house: House

    @contextmanager
    def writing(self, point: str) -> Iterator[Tx]:
        """One ``BEGIN IMMEDIATE`` transaction; ``point`` matters only at the centre."""
        with self.db.writing() as tx:
            yield tx

    def record(self, tx: Tx, payload: msgspec.Struct, *, point: str, actor: str) -> Fact:
        """Write the fact with its undo images into the outbox and apply it."""
        kind = self.house.kind_of[type(payload)]
        head: store.KioskHead = tx.memo.get("head") or store.kiosk_head(tx)
        at = utc_text(self.clock.now())
        packed = _encode(payload)
        hashed = chain_hash(head.hash, kind.name, at, actor, packed)
        seq = head.seq + 1
        fact = Fact(point, head.device, head.epoch, seq, kind.name, at, actor, payload, mark_of(hashed))
        rows.start_images(tx)
        kind.apply(tx, fact, payload)
        store.add_fact(tx, fact, packed, hashed, rows.take_images(tx))
        tx.memo["head"] = store.KioskHead(fact.seq, hashed, head.device, head.epoch)
        return fact


@dataclass
class CentreJournal:
    """The centre's own facts (console, imports, phones) enter through the same door as the kiosks'.

    Facts of one transaction become one journal row a point, written just before the commit. Who writes to several
    points in one transaction goes through them in sorted order.
    """

    db: Database
    clock: Clock
    ids: IdMaker
    house: House

    @contextmanager
    def writing(self, point: str) -> Iterator[Tx]:
        """One transaction; the point's feed is taken first, so that two servers never interleave on one point."""
        with self.db.writing() as tx:
            rows.lock_feed(tx, f"point:{point}")
            yield tx

    def record(self, tx: Tx, payload: msgspec.Struct, *, point: str, actor: str) -> Fact:
        """Apply the fact and keep it for the journal row of this transaction."""
        kind = self.house.kind_of[type(payload)]
        batches: dict[str, _OwnBatch] = tx.memo.setdefault("own facts", {})
        batch = batches.get(point)
        if batch is None:
            # in the order in which a round takes them: of two that wait for each other one would be refused
            rows.lock_feed(tx, f"point:{point}")
            rows.lock_feed(tx, f"journal:{point}")
            life = store.server_life(tx)
            assert life is not None  # noqa: S101 - init has run before anybody writes
            seq, before = store.centre_head(tx, point, CENTRE_DEVICE, life.epoch)
            batch = batches[point] = _OwnBatch(life.epoch, seq, before, before, [])
            tx.before_commit(lambda: self._write(tx, point))
        seq = batch.seq + len(batch.lines) + 1
        at = utc_text(self.clock.now())
        packed = _encode(payload)
        after = chain_hash(batch.after, kind.name, at, actor, packed)
        fact = Fact(point, CENTRE_DEVICE, batch.epoch, seq, kind.name, at, actor, payload, mark_of(after))
        kind.apply(tx, fact, payload)
        batch.lines.append(FactLine(kind.name, at, actor, packed))
        batch.after = after
        return fact

    def _write(self, tx: Tx, point: str) -> None:
        batch: _OwnBatch = tx.memo["own facts"].pop(point)
        now = utc_text(self.clock.now())
        store.add_journal_row(
            tx,
            store.JournalRow(
                point=point,
                number=rows.next_version(tx, f"journal:{point}"),
                device=CENTRE_DEVICE,
                epoch=batch.epoch,
                first_seq=batch.seq + 1,
                n=len(batch.lines),
                chain_after=batch.after,
                received_at=now,
                body=pack_batch(batch.seq + 1, batch.lines),
                chain_before=batch.before,
            ),
        )
        store.set_centre_head(tx, point, CENTRE_DEVICE, batch.epoch, batch.seq + len(batch.lines), batch.after, now)


@dataclass
class _OwnBatch:
    epoch: str
    seq: int
    before: bytes
    after: bytes
    lines: list[FactLine]
