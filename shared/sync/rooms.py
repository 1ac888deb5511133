"""What a room hands to sync: its fact kinds and its synced tables. Sync itself knows no room."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, Protocol

import msgspec

from shared.db import Database, Tx
from shared.db.database import Reads
from shared.kernel.clock import Clock
from shared.sync.redaction import content


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, written once where it happened.

    ``point`` is the scope whose rows it may read and change: a pickup point's code, or a region's name.
    ``at`` is the clock of who recorded it, for people to read; nothing is ordered by it.
    """

    point: str
    device: str
    epoch: str
    seq: int
    kind: str
    at: str
    actor: str
    payload: msgspec.Struct
    mark: str = ""

    @property
    def id(self) -> str:
        """Names the fact within its scope, e.g. ``K1:42:7f3a9c01``; ids of what its ``apply`` makes derive from it.

        ``mark`` is the beginning of its chain hash: the name stays when its lane gets another epoch, and two branches
        that both have a fact 42 do not share it.
        """
        return f"{self.device}:{self.seq}:{self.mark}"


@dataclass(frozen=True)
class FactKind:
    """A named, versioned kind of fact: ``parcels.inbound.v1``.

    ``payload`` is a frozen ``array_like`` msgspec Struct; fields are only ever added, at the end, with a default.
    ``apply`` changes rows; it is deterministic, takes its time from the fact and reads only the fact's own scope. A
    ``wish`` may be refused by its ``apply`` raising ``Refused``; anything else that raises goes to quarantine. A
    ``centre_only`` kind (prices, staff, shelves) is not taken from a device, whoever holds its key. ``blank`` gives a
    payload of a kind that names people without those whose ids (or whose parcels' ids) it is given; None where it says
    nothing about them.
    """

    name: str
    payload: type[msgspec.Struct]
    apply: Callable[[Tx, Fact, Any], None]
    wish: bool = False
    centre_only: bool = False
    blank: Callable[[Any, Set[str]], Any] | None = None

    @cached_property
    def decode(self) -> Callable[[bytes], Any]:
        """Reads a packed payload of this kind, redacted or whole. Raises ``msgspec.DecodeError``."""
        decode = msgspec.msgpack.Decoder(self.payload).decode
        return lambda packed: decode(content(packed))


@dataclass(frozen=True)
class SyncedTable:
    """A table whose rows come down. ``scope`` is its first key column: ``point`` or ``region``.

    ``columns`` names all columns but ``version`` and ``deleted``, scope and key first; values are int, text or None.
    """

    name: str
    scope: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    def feed(self, scope_value: str) -> str:
        """The feed that carries this table's rows of one point or region."""
        return feed_name(self.scope, scope_value)

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """Scope and key."""
        return (self.scope, *self.key)

    @cached_property
    def row(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
        """The values of all columns, in their order."""
        return itemgetter(*self.columns)

    @cached_property
    def _where_key(self) -> str:
        return " AND ".join(f"{column} = ?" for column in self.key_columns)

    @cached_property
    def select_one(self) -> str:
        """The row under a key, deleted or not."""
        return f"SELECT {', '.join(self.columns)}, deleted FROM {self.name} WHERE {self._where_key}"

    @cached_property
    def insert(self) -> str:
        """Write a row that is not there yet, with its version and deleted mark."""
        marks = ", ".join("?" * (len(self.columns) + 2))
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}, version, deleted) VALUES ({marks})"

    @cached_property
    def _updates(self) -> dict[tuple[tuple[str, ...], bool], str]:
        return {}

    def update_of(self, changed: tuple[str, ...], *, versioned: bool) -> str:
        """Write these columns, and the version where rows have one, of the row under a key."""
        sql = self._updates.get((changed, versioned))
        if sql is None:
            sets = ", ".join(f"{column} = ?" for column in (*changed, "version")[: len(changed) + versioned])
            sql = self._updates[changed, versioned] = f"UPDATE {self.name} SET {sets} WHERE {self._where_key}"
        return sql

    @cached_property
    def upsert(self) -> str:
        """Write a whole row with its version and deleted mark."""
        return self.upsert_of(self.columns)

    def upsert_of(self, columns: tuple[str, ...]) -> str:
        """Write these columns of a row (scope and key first), its version and deleted mark."""
        sets = ", ".join(f"{c} = excluded.{c}" for c in (*columns[len(self.key_columns) :], "version", "deleted"))
        marks = ", ".join("?" * (len(columns) + 2))
        return (
            f"INSERT INTO {self.name} ({', '.join(columns)}, version, deleted) VALUES ({marks}) "
            f"ON CONFLICT ({', '.join(self.key_columns)}) DO UPDATE SET {sets}"
        )

    @cached_property
    def mark_deleted(self) -> str:
        """Mark the row under a key as deleted at a version."""
        return f"UPDATE {self.name} SET deleted = 1, version = ? WHERE {self._where_key}"

    @cached_property
    def delete(self) -> str:
        """Drop the row under a key."""
        return f"DELETE FROM {self.name} WHERE {self._where_key}"

    @cached_property
    def delete_scope(self) -> str:
        """Drop all rows of one scope."""
        return f"DELETE FROM {self.name} WHERE {self.scope} = ?"

    @cached_property
    def delete_all(self) -> str:
        """Drop all rows."""
        return f"DELETE FROM {self.name}"

    @cached_property
    def select_changed(self) -> str:
        """Rows of a scope above a version, oldest first, with version and deleted at the end.

        The second comparison lets the planner take the version index, which leaves out a kiosk's rows (version 0).
        """
        return (
            f"SELECT {', '.join(self.columns)}, version, deleted FROM {self.name} "
            f"WHERE {self.scope} = ? AND version > ? AND version > 0 ORDER BY version LIMIT ?"
        )

    @cached_property
    def select_live(self) -> str:
        """All rows of a scope that are not deleted."""
        return f"SELECT {', '.join(self.columns)} FROM {self.name} WHERE {self.scope} = ? AND deleted = 0"


def feed_name(scope: str, scope_value: str) -> str:
    """``point`` and ``JN-HL01`` → ``point:JN-HL01``."""
    return f"{scope}:{scope_value}"


class Rider(Protocol):
    """What rides on a round beside facts and rows: rights that the centre lends and a kiosk uses (allotments).

    They are counters that only grow, merged by their maximum, so loss, repetition and reordering change nothing.
    """

    def tell(self, db: Reads) -> list[Any]:
        """Kiosk: what it holds and has used."""
        ...

    def take(self, tx: Tx, grants: list[Any], *, generation: int, epoch: str) -> None:
        """Kiosk: take what the centre lends, in the transaction that takes the answer."""
        ...

    def settle(
        self,
        db: Database,
        clock: Clock,
        *,
        point: str,
        region: str,
        device: str,
        epoch: str,
        hardware: str,
        generation: int,
        told: list[Any],
    ) -> list[Any]:
        """Centre: note what a device told and answer with what it may use; in transactions of its own, idempotent."""
        ...


def scope_of(feed: str) -> str:
    """``point:JN-HL01`` → ``JN-HL01``: the point (or region) whose rows, journal and version lie together."""
    return feed.partition(":")[2]


@dataclass(frozen=True)
class Room:
    """A feature's part in sync, exported as ``ROOM`` by ``shared/<room>/__init__.py``.

    ``migrations`` are the room's numbered schema steps, each a list of statements; they run on both roofs.
    """

    name: str
    kinds: Sequence[FactKind] = ()
    synced: Sequence[SyncedTable] = ()
    migrations: Sequence[Sequence[str]] = ()
    rider: Rider | None = None


class House:
    """The rooms of one roof, looked up by name."""

    def __init__(self, rooms: Sequence[Room]) -> None:
        self.rooms = tuple(rooms)
        self.kinds = {kind.name: kind for room in rooms for kind in room.kinds}
        self.kind_of = {kind.payload: kind for kind in self.kinds.values()}
        self.tables = {table.name: table for room in rooms for table in room.synced}
        self.rider = next((room.rider for room in rooms if room.rider is not None), None)
        if len(self.kind_of) != sum(len(room.kinds) for room in rooms):
            raise ValueError("two fact kinds share a name or a payload")

    def tables_of(self, feed: str) -> list[SyncedTable]:
        """The tables whose rows travel in ``feed``."""
        scope = feed.partition(":")[0]
        return [table for table in self.tables.values() if table.scope == scope]
