"""A small day of the demo, over real processes; and that the day would notice if something were wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from deploy.demo import books
from deploy.demo.day import Day
from deploy.demo.folder import demo_folder
from deploy.demo.neighbourhood import generate
from deploy.demo.offers import ON_SALE, SCARCE
from deploy.demo.plan import DaySize
from deploy.demo.progress import Progress
from deploy.demo.selling import SCARCE_OFFER
from deploy.demo.town import DemoKiosk, Town
from hardware.virtual.remote import labels
from shared.db import Database
from shared.parcels.rules import ParcelState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SIZE = DaySize(own=10, courier=2, hand_outs=6)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with demo_folder(tmp_path_factory.mktemp("town") / "demo", keep=False) as folder:
        town = Town(generate(7, date(2026, 11, 22)), folder, Progress(StringIO()), any_port=True)
        day = Day(town, SIZE, 7)
        with town:
            day.started()
            day.play()
            day.close()
            yield day


@pytest.fixture
def town(day: Day) -> Town:
    return day.town


@pytest.fixture
def kiosk(town: Town) -> DemoKiosk:
    return town.kiosks[0]


@contextmanager
def tampered(db: Database, sql: str, *params: object) -> Iterator[None]:
    """Rows changed behind everybody's back, for as long as this lasts."""

    class Undone(Exception):
        pass

    try:
        with db.writing() as tx:
            assert tx.execute(sql, params) > 0
            yield
            raise Undone
    except Undone:
        return


def test_the_whole_day_went_as_it_should(day: Day) -> None:
    assert day.report.good, day.report.text()
    said = day.report.text()
    for words in (
        "12 labels printed", "6 hand-outs by camera", "forged pass refused", "doctor of the centre",
        "12 sales over the counter, no network", "every unit of 12 offers accounted for", "12 receipts printed",
    ):  # fmt: skip
        assert words in said


def test_a_label_that_is_missing_or_doubled_is_noticed(day: Day, kiosk: DemoKiosk) -> None:
    codes = day.codes(kiosk.point.code)
    printed = labels(kiosk.printer)
    assert books.check_labels(kiosk, codes).wrong == ()
    hidden = printed[0].rename(printed[0].with_suffix(".hidden"))
    assert any("no label" in problem for problem in books.check_labels(kiosk, codes).wrong)
    printed[0].write_bytes(printed[1].read_bytes())
    assert any("2 labels" in problem for problem in books.check_labels(kiosk, codes).wrong)
    hidden.rename(printed[0])
    waybill = next(iter(codes))
    wrong = books.check_labels(kiosk, codes | {waybill: "9-9-9999"}).wrong
    assert any("screen 9-9-9999" in problem for problem in wrong)


def test_an_unreadable_label_is_noticed(tmp_path: Path, kiosk: DemoKiosk) -> None:
    label = tmp_path / "label.png"
    label.write_bytes(labels(kiosk.printer)[0].read_bytes())
    assert books.read_label(label) is not None
    from PIL import Image

    with Image.open(label) as picture:
        picture.convert("L").point(lambda _: 255).save(label)
    assert books.read_label(label) is None


def test_stock_that_does_not_follow_from_its_movements_is_noticed(town: Town, kiosk: DemoKiosk) -> None:
    point = kiosk.point.code
    assert books.check_stock(town, point).wrong == ()
    with tampered(town.books.db, "UPDATE stock_levels SET on_hand = on_hand + 1 WHERE point = ?", point):
        assert books.check_stock(town, point).wrong
    with tampered(town.books.db, "UPDATE stock_movements SET quantity = quantity + 1 WHERE point = ?", point):
        assert books.check_stock(town, point).wrong
    assert books.check_stock(town, point).wrong == ()


def test_units_that_are_nowhere_are_noticed(town: Town) -> None:
    assert books.offer_report(town, SCARCE_OFFER).consistent
    with tampered(
        town.books.db, "UPDATE allotments SET sold = sold + 1, granted = granted + 1 WHERE offer = ?", SCARCE_OFFER
    ):
        assert not books.offer_report(town, SCARCE_OFFER).consistent
    assert books.offer_report(town, SCARCE_OFFER).gone == ON_SALE[SCARCE], "all of the scarce one was sold, and no more"


def test_a_kiosk_with_other_rows_than_the_centre_is_noticed(town: Town, kiosk: DemoKiosk) -> None:
    count, wrong = books.feeds_that_differ(town, kiosk)
    assert (count, wrong) == (2, [])
    with tampered(town.books.db, "UPDATE parcels SET note = 'x' WHERE point = ?", kiosk.point.code):
        assert books.feeds_that_differ(town, kiosk)[1] == [f"point:{kiosk.point.code}"]


def test_parcels_and_orders_in_another_state_are_noticed(day: Day, town: Town, kiosk: DemoKiosk) -> None:
    point = kiosk.point.code
    plan = next(one for one in day.plan.points if one.point == point)
    orders = {one.order for one in plan.arrivals if one.order and one.phone in plan.collectors}
    assert books.orders_not_collected(town, point, orders) == []
    with tampered(town.books.db, "UPDATE orders SET state = 'paid' WHERE point = ?", point):
        assert set(books.orders_not_collected(town, point, orders)) == orders
    gone = [one.waybill for one in plan.arrivals if one.phone in plan.collectors]
    assert set(books.states_at_centre(town, point, gone).values()) == {ParcelState.COLLECTED}
    assert books.states_at_centre(town, point, ["LQ0000000"]) == {"LQ0000000": None}


def test_a_forged_pass_differs_in_its_tag_alone(town: Town, kiosk: DemoKiosk) -> None:
    phone = next(one.phone for one in town.neighbourhood.residents if one.point == kiosk.point.code)
    true = books.pass_for(town.books, kiosk.point.code, phone)
    false = books.forged(true)
    assert len(false) == len(true)
    assert int(true) ^ int(false) == 1
