"""What travels: msgpack in columns, compressed with zstd, in an envelope that is checked before it is believed."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
import zstandard

from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import SYNC_UNPACKED_BYTES

# a request says which protocol it speaks; the answer speaks the newest that both know
PROTOCOL = 1
OLDEST_PROTOCOL = 1
T = TypeVar("T")
ZSTD_LEVEL = 3
SMALLEST_COMPRESSED_BYTES = 400

_encode = msgspec.msgpack.Encoder().encode
_decode_list = msgspec.msgpack.Decoder(list[Any]).decode


class FactLine(NamedTuple):
    """One fact of a batch: its payload still packed, as it is hashed."""

    kind: str
    at: str
    actor: str
    payload: bytes


class FactBlock(msgspec.Struct, frozen=True, array_like=True):
    """The facts of one kind and payload length in a batch, in columns: ``columns[i][j]`` is field i of fact j."""

    kind: str
    seqs: list[int]
    ats: list[str]
    actors: list[str]
    columns: list[list[Any]]


class RawFact(msgspec.Struct, frozen=True, array_like=True):
    """A fact whose payload is no list in the form that columns give back byte for byte; it travels as it is."""

    seq: int
    kind: str
    at: str
    actor: str
    payload: bytes


class RowBlock(msgspec.Struct, frozen=True, array_like=True):
    """Rows of one table in columns; ``deleted[j]`` is 1 where row j is gone."""

    table: str
    names: list[str]
    columns: list[list[Any]]
    deleted: list[int]


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """A wish that the rules refused at the centre."""

    seq: int
    code: str
    message: str


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """``POST /v1/sync``. ``chain_after`` is empty where no fact is pushed; ``health`` is ``Health.as_list``.

    ``allotments`` is what the house's rider tells: stock rights held and used."""

    protocol: int
    nonce: str
    device: str
    hardware: str
    epoch: str
    generation: int
    schema: int
    first_seq: int
    n: int
    chain_before: bytes
    chain_after: bytes
    facts: list[FactBlock]
    cursors: dict[str, int]
    allotments: list[Any] = []
    health: list[Any] = []
    raw: list[RawFact] = []
    digests: dict[str, tuple[str, str]] = {}


class SyncAnswer(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What the centre answers. ``own``: nothing but the pushed facts has changed, so no rows are needed.

    ``cursors`` is empty where none has moved.
    """

    protocol: int
    nonce: str
    generation: int
    acked_seq: int
    durable_seq: int
    own: bool
    rows: list[RowBlock]
    count: int
    digest: bytes
    cursors: dict[str, int]
    more: bool
    refusals: list[Refusal]
    next_s: int
    server_time: str
    grants: list[Any] = []
    reread: list[str] = []


class WaitRequest(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """``POST /v1/wait``: answer as soon as one of these feeds has something newer, at the latest after ``seconds``."""

    protocol: int
    nonce: str
    device: str
    generation: int
    cursors: dict[str, int]
    seconds: float


class WaitAnswer(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """How far the feeds are. ``full``: the centre lets as many wait as it can; come at the interval you were told."""

    nonce: str
    generation: int
    versions: dict[str, int]
    full: bool = False


class SnapshotPart(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One framed part of a snapshot; the last has ``rows`` None and closes the count and digest over all parts."""

    rows: RowBlock | None = None
    feed: str = ""
    nonce: str = ""
    generation: int = 0
    version: int = 0
    head_seq: int = 0
    head_hash: bytes = b""
    count: int = 0
    digest: bytes = b""
    signature: bytes = b""


def pack(message: msgspec.Struct) -> bytes:
    """A message as msgpack, compressed where that makes it smaller."""
    plain = _encode(message)
    if len(plain) < SMALLEST_COMPRESSED_BYTES:
        return plain
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(plain)


def unpack(data: bytes, kind: type[T], most_bytes: int = SYNC_UNPACKED_BYTES) -> T:
    """What :func:`pack` wrote. Raises ``BadInput`` for anything else, and before more than the limit is unpacked."""
    try:
        raw = data
        if data.startswith(zstandard.FRAME_HEADER):
            with zstandard.ZstdDecompressor().stream_reader(data) as reader:
                raw = reader.read(most_bytes + 1)
        if len(raw) > most_bytes:
            raise BadInput("SYNC_TOO_LARGE", N_("同步数据太大。"))
        return msgspec.msgpack.decode(raw, type=kind)
    except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("SYNC_UNREADABLE", N_("收到的同步数据无法读取。"), N_("稍后会自动重试。")) from error


def to_blocks(lines: Sequence[FactLine], first_seq: int) -> tuple[list[FactBlock], list[RawFact]]:
    """Facts in columns by kind (and payload length, which grows when a field is added), and those that can't be."""
    groups: dict[tuple[str, int], tuple[list[int], list[str], list[str], list[list[Any]]]] = {}
    raw: list[RawFact] = []
    for seq, line in enumerate(lines, start=first_seq):
        try:
            values = _decode_list(line.payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            values = None
        # columns must give the very bytes back that the chain was made of
        if values is None or _encode(values) != line.payload:
            raw.append(RawFact(seq, *line))
            continue
        group = groups.setdefault((line.kind, len(values)), ([], [], [], []))
        group[0].append(seq)
        group[1].append(line.at)
        group[2].append(line.actor)
        group[3].append(values)
    blocks = [
        FactBlock(kind, seqs, ats, actors, [list(column) for column in zip(*values, strict=True)])
        for (kind, _), (seqs, ats, actors, values) in groups.items()
    ]
    return blocks, raw


def from_blocks(blocks: Sequence[FactBlock], first_seq: int, n: int, raw: Sequence[RawFact] = ()) -> list[FactLine]:
    """The facts of a batch in order. Raises ``BadInput`` unless they are exactly ``first_seq … first_seq+n-1``."""
    # before anything is packed: compressed, the same number could be named millions of times
    if sum(len(block.seqs) for block in blocks) + len(raw) != n:
        raise _wrong_count()
    lines: list[FactLine | None] = [None] * n
    for block in blocks:
        columns = block.columns
        lengths = {len(block.seqs), len(block.ats), len(block.actors), *map(len, columns)}
        if len(lengths) != 1:
            raise BadInput("SYNC_UNREADABLE", N_("收到的同步数据无法读取。"), N_("稍后会自动重试。"))
        values = zip(*columns, strict=True) if columns else iter(() for _ in block.seqs)
        for seq, at, actor, payload in zip(block.seqs, block.ats, block.actors, values, strict=True):
            if not 0 <= seq - first_seq < n:
                raise _wrong_count()
            lines[seq - first_seq] = FactLine(block.kind, at, actor, _encode(payload))
    for fact in raw:
        if not 0 <= fact.seq - first_seq < n:
            raise _wrong_count()
        lines[fact.seq - first_seq] = FactLine(fact.kind, fact.at, fact.actor, fact.payload)
    whole = [line for line in lines if line is not None]
    if len(whole) != n:
        raise _wrong_count()
    return whole


def _wrong_count() -> BadInput:
    return BadInput("SYNC_COUNT", N_("同步数据的条数不符。"), N_("稍后会自动重试。"))


class _Batch(msgspec.Struct, frozen=True, array_like=True):
    first_seq: int
    n: int
    blocks: list[FactBlock]
    raw: list[RawFact] = []


def pack_batch(first_seq: int, lines: Sequence[FactLine]) -> bytes:
    """A batch as the journal keeps it."""
    return pack_blocks(first_seq, len(lines), *to_blocks(lines, first_seq))


def pack_blocks(first_seq: int, n: int, blocks: list[FactBlock], raw: list[RawFact]) -> bytes:
    """A batch as the journal keeps it, from blocks that are at hand."""
    return pack(_Batch(first_seq, n, blocks, raw))


def unpack_batch(body: bytes) -> tuple[int, list[FactLine]]:
    """First number and facts of a journal row."""
    batch = unpack(body, _Batch)
    return batch.first_seq, from_blocks(batch.blocks, batch.first_seq, batch.n, batch.raw)


def rows_digest(blocks: Sequence[RowBlock]) -> bytes:
    """BLAKE2b-128 over row blocks, carried in the answer and checked before a row is believed; empty for none."""
    if not blocks:
        return b""
    hashed = hashlib.blake2b(digest_size=16)
    for block in blocks:
        hashed.update(_encode(block))
    return hashed.digest()


class EnrolRequest(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """``POST /v1/enrol``, signed with the key it announces."""

    protocol: int
    nonce: str
    code: str
    public_key: bytes
    hardware: str


class EnrolAnswer(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Who the device is from now on, whom to trust, and the key that checks its point's passes."""

    nonce: str
    device: str
    epoch: str
    point: str
    region: str
    generation: int
    server_key: bytes
    point_number: int
    point_key: bytes
    seal_key: bytes = b""


HASH_START_BYTES = 8


class SnapshotRequest(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """``POST /v1/snapshot``: all rows of one feed."""

    nonce: str
    device: str
    epoch: str
    generation: int
    feed: str


class RejoinRequest(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """``POST /v1/rejoin``: all that a kiosk still keeps, by the first eight bytes of each fact's hash.

    ``hashes`` begins after fact ``base_seq``, whose hash is ``base_hash`` (zeros for 0).
    """

    protocol: int
    nonce: str
    device: str
    hardware: str
    epoch: str
    generation: int
    base_seq: int
    base_hash: bytes
    hashes: bytes


class RejoinAnswer(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The epoch to go on under, and the newest fact that both sides hold. ``parked``: facts are kept, not applied."""

    protocol: int
    nonce: str
    generation: int
    epoch: str
    common_seq: int
    parked: bool = False


class Problem(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A signed no. ``acked_seq`` is where a gap begins."""

    code: str
    message: str
    next_step: str = ""
    acked_seq: int = -1
