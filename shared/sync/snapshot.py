"""A feed as a stream: for a new kiosk, for replacement hardware, after a reset.

Each part is a 4-byte big-endian length and one packed :class:`SnapshotPart`. The last part holds no rows; it closes
the count and digest over all that came before, signed, so that a stream cut anywhere is not believed.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.db import Database, Tx
from shared.db.database import Reads, is_about_data
from shared.kernel.clock import Clock, utc_text
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import SYNC_BODY_BYTES
from shared.sync import rows, signing, store
from shared.sync.accept import apply_again, take_block
from shared.sync.rooms import House
from shared.sync.wire import RowBlock, SnapshotPart, pack, unpack

PLACE = "POST /v1/snapshot"
_encode = msgspec.msgpack.Encoder().encode


class SnapshotOld(BadInput):
    """A whole snapshot that was overtaken on its way: what is here is newer."""

    def __init__(self) -> None:
        super().__init__("SNAPSHOT_OLD", N_("这份数据比本机已有的旧，没有采用。"))


def _framed(part: SnapshotPart) -> bytes:
    packed = pack(part)
    return len(packed).to_bytes(4) + packed


def closing(part: SnapshotPart) -> bytes:
    """What the last part's signature is over."""
    return _encode(
        (part.feed, part.nonce, part.generation, part.version, part.head_seq, part.head_hash, part.count, part.digest)
    )


def send(
    db: Reads, house: House, key: Ed25519PrivateKey, *, feed: str, nonce: str, point: str, device: str, epoch: str
) -> Iterator[bytes]:
    """The stream of one feed for one device. ``db`` is one moment (``Database.reading()``): rows of a fact that
    ``head_seq`` does not count yet would be changed by it once more at the kiosk.
    """
    life = store.server_life(db)
    assert life is not None  # noqa: S101 - init has run before a server answers
    version = store.feed_version(db, feed)
    head_seq, head_hash = store.centre_head(db, point, device, epoch)
    hashed = hashlib.blake2b(digest_size=16)
    count = 0
    for block in _blocks(db, house, feed):
        hashed.update(_encode(block))
        count += len(block.deleted)
        yield _framed(SnapshotPart(rows=block))
    part = SnapshotPart(
        feed=feed, nonce=nonce, generation=life.generation, version=version, head_seq=head_seq, head_hash=head_hash,
        count=count, digest=hashed.digest(),
    )  # fmt: skip
    signature = signing.sign_answer(key, PLACE, nonce, closing(part))
    yield _framed(msgspec.structs.replace(part, signature=signature))


def _blocks(db: Reads, house: House, feed: str) -> Iterator[RowBlock]:
    scope_value = feed.partition(":")[2]
    for table in house.tables_of(feed):
        for page in rows.live_pages(db, table, scope_value):
            columns: list[list[Any]] = [[row[name] for row in page] for name in table.columns]
            yield RowBlock(table.name, list(table.columns), columns, [0] * len(page))


def _parts(chunks: Iterable[bytes]) -> Iterator[SnapshotPart]:
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= 4:
            length = int.from_bytes(buffer[:4])
            if length > SYNC_BODY_BYTES * 4:
                raise BadInput("SYNC_TOO_LARGE", N_("同步数据太大。"))
            if len(buffer) < 4 + length:
                break
            yield unpack(buffer[4 : 4 + length], SnapshotPart)
            buffer = buffer[4 + length :]


def _cut() -> BadInput:
    return BadInput("SNAPSHOT_CUT", N_("下载的数据不完整，没有采用。"), N_("稍后会自动重试。"))


def _take_parts(tx: Tx, house: House, stream: Iterable[bytes]) -> tuple[SnapshotPart, int, bytes]:
    """Write the rows of all parts; the last part, the number of rows and the digest over them."""
    hashed = hashlib.blake2b(digest_size=16)
    count = 0
    last = SnapshotPart()
    for last in _parts(stream):
        if last.rows is None:
            break
        hashed.update(_encode(last.rows))
        count += len(last.rows.deleted)
        take_block(tx, house, last.rows)
    return last, count, hashed.digest()


def load(
    db: Database, house: House, clock: Clock, chunks: Iterable[bytes], *, feed: str, nonce: str, server_key: bytes
) -> int:
    """Replace a feed's rows by a snapshot, in one transaction; the number of rows.

    The whole stream is taken in first: on a slow line nobody else at the kiosk could write until its end. Facts that
    the snapshot does not hold yet are applied again on top. Raises ``BadInput``, with nothing changed, unless the
    stream is whole and signed by the centre for this nonce; :class:`SnapshotOld` when newer rows are here already.
    """
    stream = list(chunks)
    with db.writing() as tx:
        state = store.sync_state(tx)
        assert state is not None  # noqa: S101 - a kiosk is enrolled before it asks for a snapshot
        scope_value = feed.partition(":")[2]
        # facts touch rows of their own scope only, and those are all replaced: nothing has to be stepped back
        for table in house.tables_of(feed):
            tx.execute(table.delete_scope, (scope_value,))
        rows.forget_reads(tx)
        try:
            last, count, digest = _take_parts(tx, house, stream)
        except Exception as error:
            # a byte that was changed on the way may make a row that no table takes, before the end says so
            if isinstance(error, BadInput) or not is_about_data(error):
                raise
            raise _cut() from error
        whole = (
            last.rows is None
            and (last.feed, last.nonce, last.count, last.digest) == (feed, nonce, count, digest)
            and last.generation == state.generation
            and signing.answer_is_from(server_key, PLACE, nonce, closing(last), last.signature)
        )
        if not whole:
            raise _cut()
        if last.version < store.cursors(tx).get(feed, 0):
            raise SnapshotOld
        # the point's snapshot holds our facts up to head_seq, if it is our history: they are acknowledged by it
        ours = feed.startswith("point:") and store.fact_hash(tx, last.head_seq) == last.head_hash
        acked = max(state.acked_seq, last.head_seq) if ours else state.acked_seq
        if feed.startswith("point:"):
            now = utc_text(clock.now())
            store.resolve_quarantine(tx, state.device, state.epoch, state.acked_seq, now, "judged anew")
        for row in store.each_fact_after(tx, acked):
            if row["point"] == scope_value:
                apply_again(tx, house, clock, state, row)
        store.set_cursor(tx, feed, last.version)
        store.set_progress(
            tx, generation=last.generation, acked_seq=acked, durable_seq=state.durable_seq,
            next_s=state.next_s, contact=state.last_contact, tried=utc_text(clock.now()),
        )  # fmt: skip
    return count
