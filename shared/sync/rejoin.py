"""Where a kiosk's history and the centre's meet, after one of them was put back from an older copy.

A fact keeps its number and its hash for ever, and the hash covers all that came before it. So two histories are
compared by hash, never by number: the newest fact with the same number and hash is common, and so is all before it. An
epoch is only the name of a branch, as in version control; what a kiosk recorded after the common point goes on under
the name that :func:`rejoin` gives it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.db import Tx
from shared.db.database import Reads
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import REJOIN_FACTS
from shared.sync import rows, store
from shared.sync.journal import chain_hash
from shared.sync.wire import HASH_START_BYTES, PROTOCOL, RejoinAnswer, RejoinRequest, unpack_batch


class Why(StrEnum):
    """Why a lane began."""

    ENROLLED = ""
    RESTORED = "restored"
    CENTRE_RESTORED = "centre_restored"
    LOST = "lost"
    CLONE = "clone"


@dataclass(frozen=True)
class Told:
    """A history as somebody tells it: the hash (or its beginning) of each fact from ``base`` on."""

    base: int
    hashes: list[bytes]

    @property
    def newest(self) -> int:
        """Number of the newest fact."""
        return self.base + len(self.hashes) - 1

    def has(self, seq: int, hashed: bytes) -> bool:
        """Whether fact ``seq`` is in this history with this hash."""
        return self.base <= seq <= self.newest and hashed.startswith(self.hashes[seq - self.base])


@dataclass(frozen=True)
class Meeting:
    """The newest common fact. ``epoch`` is the lane that holds it; empty where only the beginning is common."""

    seq: int
    hash: bytes
    epoch: str


def newest_common(
    db: Reads, point: str, device: str, told: Told, *, but: str = "", applied: bool = False
) -> Meeting | None:
    """The newest fact of ``told`` that the centre holds in any lane of the device, without lane ``but``.

    None where nothing of it is held. With ``applied`` parked lanes do not count. Reads the bodies of at most the few
    journal rows in which a branch begins.
    """
    best: Meeting | None = None
    unsure: list[store.Stretch] = []
    for stretch in store.stretches(db, point, device, told.base - 1, told.newest, but=but, applied=applied):
        end = stretch.first_seq + stretch.n - 1
        if told.has(end, stretch.chain_after):
            if best is None or end > best.seq:
                best = Meeting(end, stretch.chain_after, stretch.epoch)
        elif stretch.first_seq <= told.base or told.has(stretch.first_seq - 1, stretch.chain_before):
            unsure.append(stretch)
    for stretch in unsure:
        found = _within(db, point, told, stretch)
        if found is not None and (best is None or found.seq > best.seq):
            best = found
    return best


def _within(db: Reads, point: str, told: Told, stretch: store.Stretch) -> Meeting | None:
    best: Meeting | None = None
    chain = stretch.chain_before
    first_seq, lines = unpack_batch(store.journal_body(db, point, stretch.number))
    for seq, line in enumerate(lines, start=first_seq):
        chain = chain_hash(chain, line.kind, line.at, line.actor, line.payload)
        if told.has(seq, chain):
            best = Meeting(seq, chain, stretch.epoch)
    return best


def rejoin(
    tx: Tx,
    *,
    point: str,
    current_epoch: str,
    own_hardware: bool,
    request: RejoinRequest,
    draw_epoch: Callable[[], str],
    now: str,
) -> RejoinAnswer:
    """Find the common point and say under which epoch to go on; the caller notes it as the device's own.

    A history that extends the lane it names goes on in it. Any other begins a lane of its own. From other hardware
    than was enrolled (a cloned or moved card) that lane is parked. Raises ``BadInput`` for a history that makes no
    sense.
    """
    told = _told(request)
    rows.lock_feed(tx, f"point:{point}")
    rows.lock_feed(tx, f"journal:{point}")
    life = store.server_life(tx)
    assert life is not None  # noqa: S101 - init has run before a server answers
    lanes = store.lanes(tx, point, request.device)
    lane = lanes.get(request.epoch)
    extends = (
        lane is not None
        and own_hardware != bool(lane.parked)
        and (lane.parked or request.epoch == current_epoch)
        and told.has(lane.seq, lane.hash)
    )
    if lane is not None and extends:
        epoch, common, parked = lane.epoch, lane.seq, bool(lane.parked)
    elif not lanes and told.base == 0 and request.epoch == current_epoch and own_hardware:
        # nothing of this device is held, as on its first day
        epoch, common, parked = current_epoch, 0, False
    else:
        branch = _branch(tx, point, request, told, own_hardware, life.generation, draw_epoch(), now)
        if branch.parent_epoch:
            durable = min(lanes[branch.parent_epoch].durable_seq, branch.seq)
            branch = replace(branch, durable_seq=durable)
        store.add_lane(tx, branch)
        epoch, common, parked = branch.epoch, branch.seq, bool(branch.parked)
    return RejoinAnswer(
        protocol=min(PROTOCOL, request.protocol), nonce=request.nonce, generation=life.generation, epoch=epoch,
        common_seq=common, parked=parked,
    )  # fmt: skip


def _told(request: RejoinRequest) -> Told:
    count, rest = divmod(len(request.hashes), HASH_START_BYTES)
    # compressed, many more would fit one request than memory holds once they are apart
    whole = rest == 0 and count <= REJOIN_FACTS and len(request.base_hash) == store.HASH_BYTES
    if not whole or request.base_seq < 0 or (request.base_seq == 0 and request.base_hash != store.START_OF_CHAIN):
        raise BadInput("SYNC_UNREADABLE", N_("收到的同步数据无法读取。"), N_("稍后会自动重试。"))
    starts = [request.hashes[at : at + HASH_START_BYTES] for at in range(0, len(request.hashes), HASH_START_BYTES)]
    return Told(request.base_seq, [request.base_hash, *starts])


def _branch(
    tx: Tx, point: str, request: RejoinRequest, told: Told, own_hardware: bool, generation: int, epoch: str, now: str
) -> store.Lane:
    # what is only parked has not been applied: the device itself must send it
    met = newest_common(tx, point, request.device, told, applied=own_hardware)
    if met is None:
        # nothing that the kiosk keeps is held here: it goes on from where its kept facts begin
        met = Meeting(told.base, request.base_hash, "")
    if not own_hardware:
        why = Why.CLONE
    elif met.epoch == "" and told.base > 0:
        why = Why.LOST
    elif request.generation != generation:
        why = Why.CENTRE_RESTORED
    else:
        why = Why.RESTORED
    return store.Lane(
        point=point, device=request.device, epoch=epoch, seq=met.seq, hash=met.hash, durable_seq=0,
        parent_epoch=met.epoch, parent_seq=met.seq, parked=int(not own_hardware), why=why.value, made_at=now,
    )  # fmt: skip
