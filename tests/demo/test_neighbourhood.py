"""The demo neighbourhood: the same seed gives the same people, goods and boxes, and its files can be read back."""

import csv
import re
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from deploy.demo.drawings import DRAWINGS, GROUNDS, MAX_BYTES, PICTURES, compose, write_pictures
from deploy.demo.goods import Good, all_goods, ean13_check_digit
from deploy.demo.import_files import (
    GB18030,
    UTF8_WITH_BOM,
    Table,
    goods_table,
    orders_table,
    residents_table,
    write_all,
    write_csv,
    write_xlsx,
)
from deploy.demo.neighbourhood import BIG_ORDER_LINES, Neighbourhood, generate, is_trivial_pin

DAY = date(2026, 11, 22)
SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SVG = "{http://www.w3.org/2000/svg}"
DRAWN_ELEMENTS = {f"{SVG}{name}" for name in ("svg", "g", "path", "use", "clipPath")}
GOODS = all_goods()


@pytest.fixture(scope="module")
def seven() -> Neighbourhood:
    return generate(7, DAY)


def read_csv(path: Path, encoding: str) -> list[tuple[str, ...]]:
    with path.open(encoding=encoding, newline="") as file:
        return [tuple(row) for row in csv.reader(file)]


def test_a_seed_always_gives_the_same_neighbourhood(seven: Neighbourhood) -> None:
    assert generate(7, DAY) == seven


def test_another_seed_gives_other_people_and_orders(seven: Neighbourhood) -> None:
    other = generate(8, DAY)
    assert {r.phone for r in other.residents} != {r.phone for r in seven.residents}
    assert [o.lines for o in other.orders] != [o.lines for o in seven.orders]
    assert other.points[0].staff != seven.points[0].staff


def test_it_is_as_large_as_promised(seven: Neighbourhood) -> None:
    assert len(seven.goods) >= 200
    assert len(seven.residents) >= 300
    assert len(seven.paid_orders) >= 500
    assert len(seven.courier_parcels) >= 60
    assert len(seven.points) == 2


@pytest.mark.parametrize("seed", range(1, 6))
def test_everything_refers_to_something_that_is_there(seed: int) -> None:
    hood = generate(seed, DAY)
    people = {resident.phone: resident for resident in hood.residents}
    points = {point.code for point in hood.points}
    skus = {good.sku for good in hood.goods}
    assert len(people) == len(hood.residents)
    assert {resident.point for resident in hood.residents} == points
    for order in hood.orders:
        assert order.point == people[order.phone].point
        assert {line.sku for line in order.lines} <= skus
        assert len({line.sku for line in order.lines}) == len(order.lines)
        assert all(line.quantity >= 1 for line in order.lines)
        assert order.placed_at.date() < DAY
    for parcel in hood.courier_parcels:
        assert (parcel.name, parcel.point) == (people[parcel.phone].name, people[parcel.phone].point)


@pytest.mark.parametrize("seed", range(1, 6))
def test_no_number_is_given_twice(seed: int) -> None:
    hood = generate(seed, DAY)
    waybills = [waybill for order in hood.orders for waybill in order.waybills]
    waybills += [parcel.waybill for parcel in hood.courier_parcels]
    assert max(Counter(waybills).values()) == 1
    assert max(Counter(order.number for order in hood.orders).values()) == 1


def test_big_orders_come_in_two_boxes_and_cold_goods_ride_together(seven: Neighbourhood) -> None:
    cold = {good.sku for good in seven.goods if good.temperature == "cold"}
    assert {len(order.lines) for order in seven.orders} == {1, 2, 3, 4, 5}
    for order in seven.orders:
        assert len(order.waybills) == (2 if len(order.lines) >= BIG_ORDER_LINES else 1)
        mixed = len({line.sku in cold for line in order.lines}) == 2
        if mixed and len(order.waybills) == 2:
            boxes = {line.waybill for line in order.lines if line.sku in cold}
            assert boxes.isdisjoint(line.waybill for line in order.lines if line.sku not in cold)


def test_phones_cannot_belong_to_anybody(seven: Neighbourhood) -> None:
    assert [r.phone for r in seven.residents if not re.fullmatch(r"1[3-9]\d0000\d{4}", r.phone)] == []


def test_names_reach_beyond_gbk(seven: Neighbourhood) -> None:
    names = "".join(resident.name for resident in seven.residents)
    with pytest.raises(UnicodeEncodeError):
        names.encode("gbk")
    assert names.encode(GB18030).decode(GB18030) == names


@pytest.mark.parametrize("seed", range(1, 30))
def test_pins_are_not_what_a_thief_tries_first(seed: int) -> None:
    pins = [member.pin for point in generate(seed, DAY).points for member in point.staff]
    assert len(set(pins)) == len(pins) >= 4
    assert [pin for pin in pins if is_trivial_pin(pin) or not re.fullmatch(r"\d{6}", pin)] == []


@pytest.mark.parametrize("pin", ["111111", "123456", "987654", "135791", "246246", "112211", "198803", "200101"])
def test_trivial_pins_are_recognised(pin: str) -> None:
    assert is_trivial_pin(pin)


def test_shelves_can_be_written_into_a_pickup_code(seven: Neighbourhood) -> None:
    for point in seven.points:
        digits = [shelf.digit for shelf in point.shelves]
        assert len(set(digits)) == len(digits)
        assert all(1 <= digit <= 9 for digit in digits)
        assert [shelf.digit for shelf in point.shelves if shelf.cold] == [9]


@pytest.mark.parametrize("seed", range(1, 8))
def test_the_shelves_hold_a_whole_delivery(seed: int) -> None:
    hood = generate(seed, DAY)
    for point in hood.points:
        boxes = {waybill for order in hood.paid_orders if order.point == point.code for waybill in order.waybills}
        couriers = sum(parcel.point == point.code for parcel in hood.courier_parcels)
        room = {cold: sum(s.layers * s.capacity for s in point.shelves if s.cold is cold) for cold in (True, False)}
        cold = len(boxes & hood.cold_waybills)
        assert 0 < cold <= room[True]
        assert len(boxes) - cold + couriers <= room[False]


def test_check_digits_follow_gs1() -> None:
    # the example of the GS1 General Specifications, section 7.9
    assert ean13_check_digit("629104150021") == "3"
    for good in GOODS:
        assert ean13_check_digit(good.barcode[:12]) == good.barcode[12]
        assert good.barcode.startswith("690" if good.brand else "2"), good


def test_goods_have_their_own_sku_barcode_and_picture() -> None:
    for field in ("sku", "slug", "barcode", "name"):
        assert [value for value, n in Counter(getattr(good, field) for good in GOODS).items() if n > 1] == []
    assert {good.temperature for good in GOODS} == {"normal", "cold"}
    assert all(good.price_fen > 0 for good in GOODS)


def test_most_goods_come_from_shandong_and_many_from_jinan() -> None:
    assert sum(good.origin.startswith("山东") for good in GOODS) > 0.9 * len(GOODS)
    assert sum("济南" in good.origin for good in GOODS) > 0.3 * len(GOODS)


def test_every_drawing_and_ground_is_in_use() -> None:
    assert {good.category for good in GOODS} == set(GROUNDS)
    assert len({good.drawing for good in GOODS}) >= 45
    assert {good.drawing for good in GOODS} == set(DRAWINGS)


@pytest.mark.parametrize("good", GOODS, ids=lambda good: good.slug)
def test_the_committed_picture_is_small_harmless_and_fresh(good: Good) -> None:
    path = PICTURES / good.picture
    content = path.read_bytes()
    assert content.decode() == compose(good), "draw again: python -m deploy.demo.drawings"
    assert len(content) < MAX_BYTES
    root = ElementTree.fromstring(content)  # noqa: S314 - our own file, compared with our own text above
    names = {element.tag for element in root.iter()}
    assert names <= DRAWN_ELEMENTS
    for element in root.iter():
        assert not (element.text or "").strip()
        for key, value in element.attrib.items():
            assert key.split("}")[-1] != "style"
            assert not key.startswith("on")
            assert "//" not in value
            if "url(" in value or key.endswith("href"):
                assert f"#{good.slug}-" in value


def test_no_two_goods_look_the_same() -> None:
    looks = Counter(compose(good).replace(good.slug, "") for good in GOODS)
    assert max(looks.values()) == 1


def test_drawing_again_takes_old_pictures_away(tmp_path: Path) -> None:
    (tmp_path / "sold-out-years-ago.svg").write_text("<svg/>")
    assert write_pictures(tmp_path, GOODS[:3]) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(good.picture for good in GOODS[:3])


@pytest.mark.parametrize("encoding", [UTF8_WITH_BOM, GB18030])
def test_csv_comes_back_as_it_was(tmp_path: Path, seven: Neighbourhood, encoding: str) -> None:
    for table in (goods_table(seven), residents_table(seven), orders_table(seven)):
        path = tmp_path / f"{table.title}.csv"
        write_csv(path, table, encoding)
        assert read_csv(path, encoding) == [table.header, *table.rows]
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") == (encoding == UTF8_WITH_BOM)


@pytest.mark.parametrize("encoding", [UTF8_WITH_BOM, GB18030])
def test_line_breaks_quotes_and_commas_survive(tmp_path: Path, encoding: str) -> None:
    table = Table("goods", ("货号", "品名"), (("A1", "章丘大葱\n（梧桐葱）"), ("A2", '"三辣",之首\r\n㛃')))
    path = tmp_path / "goods.csv"
    write_csv(path, table, encoding)
    assert read_csv(path, encoding) == [table.header, *table.rows]


def test_xlsx_keeps_every_digit(tmp_path: Path, seven: Neighbourhood) -> None:
    table = goods_table(seven)
    path = tmp_path / "goods.xlsx"
    write_xlsx(path, table)
    sheet = load_workbook(path, read_only=True).worksheets[0]
    back = [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)]
    assert back == [table.header, *table.rows]


def test_all_nine_files_are_written(tmp_path: Path, seven: Neighbourhood) -> None:
    written = write_all(tmp_path / "new" / "folder", seven)
    assert len(written) == 9
    assert all(path.stat().st_size > 5000 for path in written)


def test_cancelled_orders_are_not_delivered(seven: Neighbourhood) -> None:
    cancelled = {order.number for order in seven.orders if order.status == "cancelled"}
    assert cancelled
    assert cancelled.isdisjoint(row[0] for row in orders_table(seven).rows)


@pytest.mark.parametrize("name", ["goods_bom.csv", "goods_gb18030.csv"])
def test_good_samples_hold_quoted_line_breaks(name: str) -> None:
    encoding = GB18030 if "gb18030" in name else UTF8_WITH_BOM
    rows = read_csv(SAMPLES / name, encoding)
    assert rows[0] == goods_table(generate(7, DAY)).header
    assert [len(row) for row in rows] == [10] * 7
    assert rows[1][1] == "章丘大葱\n（梧桐葱）"
    assert rows[2][4] == "3斤/盒，\r\n约 9 个"


def test_the_gb18030_sample_is_no_utf8_and_no_gbk() -> None:
    content = (SAMPLES / "goods_gb18030.csv").read_bytes()
    for encoding in ("utf-8", "gbk"):
        with pytest.raises(UnicodeDecodeError):
            content.decode(encoding)


def test_the_broken_sample_is_broken_in_both_encodings() -> None:
    content = (SAMPLES / "goods_broken_bytes.csv").read_bytes()
    for encoding in ("utf-8", GB18030):
        with pytest.raises(UnicodeDecodeError):
            content.decode(encoding)


@pytest.mark.parametrize("title", ["goods", "orders", "residents"])
def test_xlsx_samples_were_written_by_libreoffice(title: str) -> None:
    path = SAMPLES / f"libreoffice_{title}.xlsx"
    with zipfile.ZipFile(path) as archive:
        assert b"LibreOffice" in archive.read("docProps/app.xml")
    rows = list(load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True))
    source = read_csv(path.with_suffix(".csv"), UTF8_WITH_BOM)
    assert len(rows) == len(source)
    assert rows[0] == source[0]
