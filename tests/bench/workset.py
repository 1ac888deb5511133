"""The work set of the sync figures: order records of twelve fields, about 400 bytes of JSON each, always the same.

The same seed and the same draws as the scripts that measure the peers, so that all systems carry the same records.
"""

import random
import uuid
from collections.abc import Iterator
from typing import NamedTuple

SEED = 7
NOTE_WORDS = 17
POINTS, LOCKERS, SKUS = 400, 60, 10**6
_FIRST_NAMES = (
    "Anna Boris Clara Dmitri Elena Farid Grete Hana Igor Jana Karim Lena Marek Nadia Oleg Petra Rania Sven Tariq Ulla"
)
_LAST_NAMES = "Novak Ivanova Schmidt Kowalski Garcia Rossi Dubois Jansen Yilmaz Petrov Andersen Horvat Nagy Silva Costa"
_WORDS = (
    "leave at counter call before arrival gift wrap fragile second box paid online show passport small locker large "
    "shelf return possible"
)
FIRST_NAMES, LAST_NAMES, WORDS = _FIRST_NAMES.split(), _LAST_NAMES.split(), _WORDS.split()


class Order(NamedTuple):
    """One record."""

    id: str
    pickup_point: str
    order_no: str
    status: str
    customer: str
    phone: str
    sku: str
    qty: int
    price_cents: int
    created_at: str
    locker: str
    note: str


FIELDS = Order._fields


def orders(count: int, *, first: int = 0) -> Iterator[Order]:
    """``count`` records from number ``first`` on."""
    draw = random.Random(SEED + first)
    number = draw.randrange
    for index in range(first, first + count):
        yield Order(
            id=uuid.UUID(int=draw.getrandbits(128), version=4).hex,
            pickup_point=f"PP-{number(1, POINTS):05d}",
            order_no=f"ORD-2026-{index:08d}",
            status="created",
            customer=f"{draw.choice(FIRST_NAMES)} {draw.choice(LAST_NAMES)}",
            phone=f"+49{number(10**9, 10**10)}",
            sku=f"SKU-{number(SKUS):06d}",
            qty=number(1, 6),
            price_cents=number(199, 99999),
            created_at=f"2026-0{number(1, 10)}-{number(10, 28)}T{number(10, 24)}:{number(10, 60)}:{number(10, 60)}Z",
            locker=f"L{number(1, LOCKERS):02d}",
            note=" ".join(draw.choice(WORDS) for _ in range(NOTE_WORDS)),
        )
