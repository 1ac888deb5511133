"""What happens to residents: one joined a point, one was erased. Names and phones travel masked only."""

from collections.abc import Set

import msgspec

from shared.db import Tx
from shared.residents import store
from shared.residents.rules import Resident
from shared.sync import Fact, FactKind


class Joined(msgspec.Struct, frozen=True, array_like=True):
    """A resident is known at a point from now on; said again, the newest masked name holds."""

    resident: str
    number: int
    name_masked: str
    phone_tail: str


class Erased(msgspec.Struct, frozen=True, array_like=True):
    """A resident is known at this point no more; the id names nobody from now on."""

    resident: str


def _joined(tx: Tx, fact: Fact, it: Joined) -> None:
    if store.is_erased(tx, fact.point, it.resident):
        return
    store.put_resident(tx, fact.point, Resident(it.resident, it.number, it.name_masked, it.phone_tail))


def _joined_blank(it: Joined, ids: Set[str]) -> Joined | None:
    return msgspec.structs.replace(it, name_masked="", phone_tail="") if it.resident in ids else None


def _erased(tx: Tx, fact: Fact, it: Erased) -> None:
    store.put_erasure(tx, fact.point, it.resident, fact.at)
    known = store.resident(tx, fact.point, it.resident)
    if known is not None:
        # emptied before it is marked as gone: a row that is gone keeps what it held
        store.put_resident(tx, fact.point, Resident(known.id, known.number, "", ""))
        store.remove_resident(tx, fact.point, known.id)


KINDS = (
    FactKind("residents.joined.v1", Joined, _joined, centre_only=True, blank=_joined_blank),
    FactKind("residents.erased.v1", Erased, _erased, centre_only=True),
)
