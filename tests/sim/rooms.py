"""A room of the simulation's own: a fact that writes rows and then fails, everywhere or only at the centre."""

import msgspec

from shared.db import Tx
from shared.stock import store as stock
from shared.stock.rules import Line, Reason
from shared.sync import Fact, FactKind, Room

EVERYWHERE, AT_CENTRE = "everywhere", "at the centre"


class Stumbled(msgspec.Struct, frozen=True, array_like=True):
    """Something was counted in, by a program with a mistake in it."""

    sku: str
    quantity: int
    where: str


def _stumbled(tx: Tx, fact: Fact, it: Stumbled) -> None:
    stock.move(tx, fact, [Line(it.sku, it.quantity, "")], Reason.CORRECTED)
    if it.where == EVERYWHERE or tx.authoritative:
        raise ValueError("the mistake")


ROOM = Room("sim", kinds=(FactKind("sim.stumbled.v1", Stumbled, _stumbled),))
