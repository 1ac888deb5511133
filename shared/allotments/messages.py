"""What stock rights say on a round: levels, never steps, so that a message lost, doubled or late does nothing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from shared.allotments.rules import Counters, Verdict
from shared.kernel.limits import ALLOTMENT_ROWS, OFFER_UNITS_MAX

_NAME_CHARACTERS = 40
_COUNTER_MAX = 1000 * OFFER_UNITS_MAX


class ToldRow(NamedTuple):
    """A holder's counters of one offer. ``lot`` is empty for the lot named in the message."""

    offer: str
    granted: int
    sold: int
    returned: int
    undone: int
    lot: str = ""

    @property
    def counters(self) -> Counters:
        """The four counters."""
        return Counters(self.granted, self.sold, self.returned, self.undone)


class Told(NamedTuple):
    """What a device says. ``lot`` is empty where its guard is gone; ``full``: these are all the rights it has.

    ``wants`` names offers it has too little of, with the units it had to refuse.
    """

    lot: str
    full: bool
    rows: Sequence[ToldRow]
    wants: Sequence[tuple[str, int]]


class GrantRow(NamedTuple):
    """What the centre says of one offer: all it ever granted to the lot, what it has heard, when to ask, what to keep.

    ``keep`` below zero keeps everything. ``lot`` is empty for the lot named in the message.
    """

    offer: str
    granted: int
    heard_sold: int
    heard_returned: int
    heard_undone: int
    low: int
    keep: int
    lot: str = ""


class Granted(NamedTuple):
    """What the centre answers to :class:`Told`."""

    lot: str
    verdict: Verdict
    generation: int
    rows: Sequence[GrantRow]


def _packed(message: Told | Granted) -> list[Any]:
    built: list[Any] = msgspec.to_builtins(tuple(message))
    return built


def told_message(told: Told) -> list[Any]:
    """The form it travels in."""
    return _packed(told)


def granted_message(granted: Granted) -> list[Any]:
    """The form it travels in."""
    return _packed(granted)


def read_told(message: Sequence[Any]) -> Told | None:
    """What a device told; None when it makes no sense: rights are then left as they are, and the round goes on."""
    try:
        told = msgspec.convert(message, Told)
    except msgspec.ValidationError:
        return None
    names = [
        told.lot,
        *(offer for offer, _ in told.wants),
        *(name for row in told.rows for name in (row.offer, row.lot)),
    ]
    counts = [*(short for _, short in told.wants), *(count for row in told.rows for count in row.counters)]
    good = (
        len(told.rows) + len(told.wants) <= ALLOTMENT_ROWS
        and all(len(name) <= _NAME_CHARACTERS and name.isprintable() for name in names)
        and all(0 <= count <= _COUNTER_MAX for count in counts)
    )
    return told if good else None


def read_granted(message: Sequence[Any]) -> Granted | None:
    """What the centre granted; None when it makes no sense or nothing."""
    if not message:
        return None
    try:
        return msgspec.convert(message, Granted)
    except msgspec.ValidationError:
        return None
