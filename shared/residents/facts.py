"""What happens to residents: one joined a point. Names and phones travel masked only."""

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


def _joined(tx: Tx, fact: Fact, it: Joined) -> None:
    store.put_resident(tx, fact.point, Resident(it.resident, it.number, it.name_masked, it.phone_tail))


KINDS = (FactKind("residents.joined.v1", Joined, _joined, centre_only=True),)
