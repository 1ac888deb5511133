"""Four browsers, two staff, a few parcels, everything at once: nothing doubled, nothing locked, the books agree."""

import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from kiosk.app import make_app
from kiosk.labels import store as label_store
from kiosk.parcels import store
from kiosk.parcels.rules import ActionKind, ActionOutcome
from shared.parcels import store as parcels
from shared.parcels.rules import ParcelState
from shared.stock import store as stock
from tests.kiosk.parcels.counter import Hands
from tests.kiosk.parcels.point import POINT, make_point, waybill

PARCELS, ROUNDS = 6, 40
DEEDS = ("receive", "receive", "hand_out", "hand_out", "undo", "move", "exception", "exception_end")


def _do(hands: Hands, dice: random.Random) -> int:
    """One random deed on one random parcel; the HTTP status it ended in."""
    n, deed = dice.randrange(PARCELS), dice.choice(DEEDS)
    parcel = hands.parcel(n)
    match deed:
        case "receive":
            return hands.scan(waybill(n)).status_code
        case "undo":
            return hands.post(f"/counter/actions/{store.newest(hands.kiosk.db, 1)[0].number}/reversal").status_code
        case "move":
            place = f"{dice.randint(1, 3)}-{dice.randint(1, 3)}"
            return hands.post(f"/parcels/{parcel.id}/shelf", place=place).status_code
        case "exception":
            return hands.post(f"/parcels/{parcel.id}/exception", reason="damaged").status_code
        case "exception_end":
            return hands.post(f"/parcels/{parcel.id}/exception/end").status_code
        case _:
            return hands.post(f"/parcels/{parcel.id}/hand-out").status_code


@pytest.mark.parametrize("seed", [1, 2])
def test_the_books_agree_whatever_many_hands_do(tmp_path: Path, seed: int) -> None:
    kiosk = make_point(tmp_path, parcels=PARCELS)
    app = make_app(kiosk)
    four = [Hands(app, kiosk, staff) for staff in ("S1", "S2", "S1", "S2")]
    four[0].receive(0)
    statuses: Counter[int] = Counter()

    def work(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        for _ in range(ROUNDS):
            statuses[_do(four[number], dice)] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(statuses.values()) == 4 * ROUNDS, "nobody fell over"
    assert set(statuses) <= {200, 303, 422}, statuses
    _books_agree(four[0])
    kiosk.db.close()


def _books_agree(hands: Hands) -> None:
    db = hands.kiosk.db
    for n in range(PARCELS):
        parcel = hands.parcel(n)
        outs = [
            done
            for done in store.of_parcel(db, parcel.id)
            if done.kind is ActionKind.HAND_OUT and done.outcome is ActionOutcome.HANDED_OUT and done.undone_at is None
        ]
        assert len(outs) == (1 if parcel.state is ParcelState.COLLECTED else 0)
        assert stock.on_hand(db, POINT, f"G{n}") == parcel.units.get(f"G{n}", 0)
        codes = [job.code for job in label_store.of_parcel(db, POINT, parcel.id) if job.copy == 1]
        assert len(codes) == len(set(codes)), "one first label for each code"
    present = [parcel.pickup_code for parcel in map(hands.parcel, range(PARCELS)) if parcel.present]
    assert len(present) == len(set(present))
    assert parcels.cases(db, POINT) == [], "no contradiction was ever written"
