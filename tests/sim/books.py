"""What the checker knows by itself: which facts people were told are safe, and which disks hold them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.db.database import Reads
from shared.sync import store
from shared.sync.journal import chain_hash
from shared.sync.wire import unpack_batch

MARK_CHARACTERS = 8


class Written(NamedTuple):
    """A fact by what it says, whatever lane or hash the product gave it."""

    point: str
    device: str
    seq: int
    kind: str
    at: str
    actor: str
    payload: bytes


class Held(NamedTuple):
    """A fact as the centre's journal holds it."""

    written: Written
    epoch: str
    number: int
    parked: bool
    id: str


def on_kiosk(db: Reads, after: int = 0) -> list[Written]:
    """The facts of a kiosk's disk above a number."""
    state = store.sync_state(db)
    if state is None:
        return []
    return [
        Written(row["point"], state.device, row["seq"], row["kind"], row["at"], row["actor"], bytes(row["payload"]))
        for row in db.query(
            "SELECT point, seq, kind, at, actor, payload FROM facts WHERE seq > ? ORDER BY seq", (after,)
        )
    ]


def in_journal(db: Reads) -> list[Held]:
    """All facts of the centre's journal, in the order of each point's journal."""
    found: list[Held] = []
    for row in db.query(
        "SELECT point, number, device, epoch, body, parked, chain_before FROM journal ORDER BY point, number"
    ):
        first, lines = unpack_batch(bytes(row["body"]))
        chain = bytes(row["chain_before"])
        for seq, line in enumerate(lines, start=first):
            chain = chain_hash(chain, line.kind, line.at, line.actor, line.payload)
            written = Written(row["point"], row["device"], seq, line.kind, line.at, line.actor, line.payload)
            fact_id = f"{written.device}:{seq}:{chain.hex()[:MARK_CHARACTERS]}"
            found.append(Held(written, row["epoch"], row["number"], bool(row["parked"]), fact_id))
    return found


@dataclass
class Books:
    """Facts whose operation returned to a person, in order; those that went down with a disk, and why.

    ``disks``: what each machine was told to keep, whether the product has dropped it since or not.
    """

    confirmed: dict[Written, str] = field(default_factory=dict)
    lost: dict[Written, str] = field(default_factory=dict)
    poisoned: set[Written] = field(default_factory=set)
    disks: dict[str, set[Written]] = field(default_factory=dict)

    def confirm(self, facts: Iterable[Written], by: str) -> None:
        """Somebody was told that this is done."""
        for fact in facts:
            self.confirmed[fact] = by
            self.disks.setdefault(by, set()).add(fact)

    def put_back(self, machine: str, held: Iterable[Written]) -> None:
        """A machine's disk was replaced: of what it was told to keep it has this."""
        self.disks[machine] = self.disks.get(machine, set()) & set(held)

    def count_losses(self, surviving: set[Written], why: str) -> int:
        """After a disk was lost: confirmed facts that no surviving disk holds are gone with it."""
        gone = [fact for fact in self.confirmed if fact not in surviving and fact not in self.lost]
        self.lost.update((fact, why) for fact in gone)
        return len(gone)


def doubles(found: Iterable[Held]) -> list[Written]:
    """Facts that the journal holds more than once, applied or parked; a parked copy of an applied one is no fault."""
    return [fact for (fact, _), times in Counter((one.written, one.parked) for one in found).items() if times > 1]
