"""Stock at a point: a ledger of movements, and what they add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why stock moved."""

    INBOUND = "inbound"
    INBOUND_UNDONE = "inbound_undone"
    HANDED_OUT = "handed_out"
    HAND_OUT_UNDONE = "hand_out_undone"
    RETURNED = "returned"
    CORRECTED = "corrected"
    SOLD = "sold"
    SALE_UNDONE = "sale_undone"


class Line(NamedTuple):
    """Units of a product that move for one reference (a parcel): positive in, negative out."""

    sku: str
    quantity: int
    reference: str


@dataclass(frozen=True, slots=True)
class Level:
    """Units of a product at a point."""

    sku: str
    on_hand: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the ledger; never changed."""

    id: str
    sku: str
    quantity: int
    reason: Reason
    reference: str
    at: str


def totals(lines: Iterable[Line]) -> dict[str, int]:
    """Change of each product over all lines, in the order of first mention."""
    change: dict[str, int] = {}
    for line in lines:
        change[line.sku] = change.get(line.sku, 0) + line.quantity
    return change
