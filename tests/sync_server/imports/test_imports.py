"""Whole imports through the real operations, on both databases."""

import csv
import io
import os
import signal
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path

import pytest

from deploy.demo.import_files import goods_table, orders_table, residents_table, write_all
from deploy.demo.neighbourhood import Neighbourhood, generate
from shared.catalogue import store as catalogue
from shared.db import open_sqlite
from shared.kernel.clock import ManualClock
from shared.kernel.errors import Refused
from shared.orders import store as orders
from shared.orders.rules import OrderState
from shared.parcels import store as parcels
from shared.parcels.rules import ParcelState
from shared.residents import store as residents
from shared.sync import Fact
from shared.sync.rebuild import differences, rebuild
from sync_server.host import Centre, open_centre
from sync_server.imports import operations, store
from sync_server.imports.columns import ImportKind
from tests.sync_server.opening import REGION, Desk, begin_centre

SAMPLES = Path(__file__).parents[2] / "samples"
DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def hood() -> Neighbourhood:
    return generate(7, DAY)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, hood: Neighbourhood) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_all(folder, hood)
    return folder


def text_of(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def put_in(centre: Centre, kind: str, data: bytes, *, skip_bad: bool = False) -> operations.ImportReport:
    file_id = operations.stage(centre, ImportKind(kind), f"{kind}.csv", data, "op")
    return operations.confirm(centre, file_id, "op", skip_bad=skip_bad)


GOODS = text_of("货号,品名,分类,价格,温层", "A1,苹果,水果,9.90,", "B2,牛奶,乳品,15,冷藏")
PEOPLE = text_of("手机号,姓名,自提点", "13800001234,王小明,JN-HL01", "139 0000 5678,李华,洪楼社区自提点")
ORDERS = text_of(
    "订单号,手机号,自提点,货号,数量,下单时间,运单号",
    "D1,13800001234,JN-HL01,A1,2,2026-11-20 18:30,LQ1-01",
    "D1,13800001234,JN-HL01,B2,1,2026-11-20 18:30,LQ1-02",
    "D2,13900005678,JN-HL01,A1,1,2026/11/20 19:00,",
)


def counts(centre: Centre) -> tuple[int, int, int, int]:
    db = centre.db
    goods = catalogue.count_products(db, REGION, everything=True)
    people = sum(residents.count_residents(db, point) for point in ("JN-HL01", "JN-YZ01"))
    boxes = sum(len(parcels.in_state(db, p, ParcelState.EXPECTED, 10_000)) for p in ("JN-HL01", "JN-YZ01"))
    return goods, people, orders.count_orders(db), boxes


@pytest.mark.parametrize("ending", [".csv", "-gb18030.csv", ".xlsx"])
def test_the_demo_neighbourhood_comes_in_whole_in_every_form(
    server: Centre, files: Path, hood: Neighbourhood, ending: str
) -> None:
    if ending != ".csv" and server.config.database_url:
        ending = ".csv"  # how a file is read does not depend on the database
    for kind in ("goods", "residents", "orders"):
        report = operations.import_file(server, kind, files / f"{kind}{ending}", "op")
        assert report.good, report.text
    boxes = len({line.waybill for order in hood.paid_orders for line in order.lines})
    assert counts(server) == (len(hood.goods), len(hood.residents), len(hood.paid_orders), boxes)
    for kind, table in (("goods", goods_table), ("residents", residents_table)):
        again = operations.import_file(server, kind, files / f"{kind}{ending}", "op")
        assert (again.new, again.changed, again.unchanged) == (0, 0, len(table(hood).rows))
    again = operations.import_file(server, "orders", files / f"orders{ending}", "op")
    assert (again.new, again.unchanged) == (0, len({row[0] for row in orders_table(hood).rows}))


def test_what_an_order_line_becomes(server: Centre) -> None:
    for kind, data in (("goods", GOODS), ("residents", PEOPLE), ("orders", ORDERS)):
        assert put_in(server, kind, data).good
    order = orders.by_number(server.db, "JN-HL01", "D1")
    assert order is not None
    assert (order.state, order.total_fen, order.placed_at) == (OrderState.PAID, 3480, "2026-11-20T10:30:00.000Z")
    assert [(line.sku, line.quantity, line.price_fen) for line in orders.lines(server.db, "JN-HL01", order.id)] == [
        ("A1", 2, 990),
        ("B2", 1, 1500),
    ]
    boxes = {box.waybill: box for box in parcels.of_order(server.db, "JN-HL01", order.id)}
    assert set(boxes) == {"LQ1-01", "LQ1-02"}
    assert (boxes["LQ1-01"].cold, boxes["LQ1-02"].cold) == (False, True)
    assert boxes["LQ1-01"].name_masked == "王*明"
    assert boxes["LQ1-01"].contents == (("A1", "苹果", 2),)
    plain = orders.by_number(server.db, "JN-HL01", "D2")
    assert plain is not None
    assert [box.waybill for box in parcels.of_order(server.db, "JN-HL01", plain.id)] == ["LQ-D2"]


def test_rows_follow_from_the_journal_after_an_import(server: Centre, files: Path, tmp_path: Path) -> None:
    for kind in ("goods", "residents", "orders"):
        operations.import_file(server, kind, files / f"{kind}.csv", "op")
    empty = open_sqlite(tmp_path / "rebuilt.db", key=None, authoritative=True)
    assert rebuild(server.db, server.house, empty) > 1000
    assert differences(server.db, empty, server.house) == []
    empty.close()


def test_libreoffice_files_fit_together(server: Centre) -> None:
    for kind, number in (("goods", 24), ("residents", 36)):
        report = operations.import_file(server, kind, SAMPLES / f"libreoffice_{kind}.xlsx", "op")
        assert (report.good, report.new) == (True, number), report.text
        plain = operations.import_file(server, kind, SAMPLES / f"libreoffice_{kind}.csv", "op")
        assert (plain.good, plain.unchanged) == (True, number), plain.text
    bought = operations.import_file(server, "orders", SAMPLES / "libreoffice_orders.xlsx", "op")
    assert bought.good, bought.text
    again = operations.import_file(server, "orders", SAMPLES / "libreoffice_orders.csv", "op")
    assert (again.good, again.new, again.unchanged) == (True, 0, bought.new), again.text


def test_bad_rows_keep_everything_out(server: Centre, files: Path) -> None:
    before = counts(server)
    report = operations.import_file(server, "goods", SAMPLES / "goods_bad.csv", "op")
    assert not report.done
    assert "没有导入任何内容" in report.text
    assert "第 5 行 价格" in report.text
    assert counts(server) == before


def test_bad_rows_can_be_left_out_knowingly(server: Centre) -> None:
    report = operations.import_file(server, "goods", SAMPLES / "goods_bad.csv", "op", skip_bad=True)
    assert report.done
    assert not report.good
    assert {product.sku for product in catalogue.products(server.db, REGION)} >= {"SC001"}
    assert catalogue.count_products(server.db, REGION) == report.new


def test_orders_are_taken_whole_or_not_at_all(server: Centre) -> None:
    put_in(server, "goods", GOODS)
    put_in(server, "residents", PEOPLE)
    half = ORDERS.replace(b"B2,1,", "B2,两,".encode())
    report = put_in(server, "orders", half, skip_bad=True)
    assert (report.new, report.bad) == (1, 1)
    assert orders.by_number(server.db, "JN-HL01", "D1") is None
    assert orders.by_number(server.db, "JN-HL01", "D2") is not None


def test_a_row_of_an_unknown_order_lets_nothing_in(server: Centre) -> None:
    """Its line may belong to any order of the file: leaving it out could halve one."""
    put_in(server, "goods", GOODS)
    put_in(server, "residents", PEOPLE)
    nameless = ORDERS + b",13800001234,JN-HL01,A1,1,2026-11-20 18:30,\n"
    with pytest.raises(Refused, match="IMPORT_PROBLEMS"):
        put_in(server, "orders", nameless, skip_bad=True)
    assert orders.count_orders(server.db) == 0


def problems_of(centre: Centre, kind: str, data: bytes) -> dict[int, str]:
    looked = operations.preview(centre, operations.stage(centre, ImportKind(kind), "f.csv", data, "op"))
    return {problem.row: problem.code for problem in looked.problems}


def test_orders_are_judged_against_what_the_centre_holds(server: Centre) -> None:
    put_in(server, "goods", GOODS)
    put_in(server, "residents", PEOPLE)
    put_in(server, "orders", ORDERS)
    head = "订单号,手机号,自提点,货号,数量,下单时间,运单号"
    found = problems_of(
        server,
        "orders",
        text_of(
            head,
            "D1,13800001234,JN-HL01,A1,3,2026-11-20 18:30,LQ1-01",
            "D3,13800001234,JN-HL01,A1,1,2026-11-20 18:30,LQ1-01",
            "D4,13800009999,JN-HL01,A1,1,2026-11-20 18:30,",
            "D5,13800001234,JN-XX,A1,1,2026-11-20 18:30,",
            "D6,13800001234,JN-HL01,ZZ,1,2026-11-20 18:30,",
            "D7,13800001234,JN-HL01,A1,1,2027-01-20 18:30,",
            "D8,13800001234,JN-HL01,A1,1,2026-11-20 18:30,",
            "D8,13900005678,JN-HL01,A1,1,2026-11-20 18:30,",
            "D9,13800001234,JN-YZ01,A1,1,2026-11-20 18:30,",
        ),
    )
    assert found == {
        2: "ORDER_DIFFERS",
        3: "WAYBILL_TAKEN",
        4: "RESIDENT_UNKNOWN",
        5: "POINT_UNKNOWN",
        6: "SKU_UNKNOWN",
        7: "FUTURE",
        9: "ORDER_MIXED",
    }


def test_an_order_number_is_taken_at_every_point(server: Centre) -> None:
    put_in(server, "goods", GOODS)
    put_in(server, "residents", PEOPLE)
    put_in(server, "orders", ORDERS)
    elsewhere = ORDERS.replace(b"JN-HL01", b"JN-YZ01")
    assert set(problems_of(server, "orders", elsewhere).values()) == {"ORDER_DIFFERS"}


def test_a_resident_known_elsewhere_joins_the_point_of_the_order(server: Centre) -> None:
    put_in(server, "goods", GOODS)
    put_in(server, "residents", PEOPLE)
    put_in(server, "orders", ORDERS.replace(b"JN-HL01", b"JN-YZ01"))
    here = residents.residents(server.db, "JN-YZ01")
    there = {one.id for one in residents.residents(server.db, "JN-HL01")}
    assert {one.id for one in here} == there


def test_names_and_doubles_of_residents(server: Centre) -> None:
    put_in(server, "residents", PEOPLE)
    found = problems_of(
        server,
        "residents",
        text_of(
            "手机号,姓名,自提点",
            "１３８００００１２３４,王小明,JN-HL01",
            "13800001234,王大明,JN-HL01",
            "13700007777,赵一,JN-HL01",
            "13700007777,赵一,JN-HL01",
            "13700007777,赵二,JN-YZ01",
        ),
    )
    assert found == {3: "NAME_CLASH", 6: "NAME_CLASH"}
    assert set(problems_of(server, "residents", PEOPLE.replace("李华".encode(), "李花".encode())).values()) == {
        "NAME_DIFFERS"
    }


def test_goods_keep_what_the_file_does_not_say(server: Centre) -> None:
    put_in(server, "goods", text_of("货号,品名,分类,价格,产地", "A1,苹果,水果,9.90,烟台"))
    report = put_in(server, "goods", text_of("sku,name,category,price", "A1,苹果,水果,8.80"))
    assert (report.new, report.changed) == (0, 1)
    product = catalogue.product(server.db, REGION, "A1")
    assert product is not None
    assert (product.price_fen, product.origin) == (880, "烟台")


def test_confirming_twice_does_it_once(server: Centre) -> None:
    file_id = operations.stage(server, ImportKind.GOODS, "g.csv", GOODS, "op")
    first = operations.confirm(server, file_id, "op")
    second = operations.confirm(server, file_id, "someone else")
    assert (second.new, second.done) == (first.new, True)
    assert [(file.done_by, file.body) for file in store.done_files(server.db, 5)] == [("op", None)]


def test_a_staged_file_runs_out(server: Centre, clock: ManualClock) -> None:
    file_id = operations.stage(server, ImportKind.RESIDENTS, "r.csv", PEOPLE, "op")
    clock.advance(61 * 60)
    with pytest.raises(Refused, match="IMPORT_GONE"):
        operations.confirm(server, file_id, "op")
    operations.stage(server, ImportKind.RESIDENTS, "r.csv", PEOPLE, "op")
    assert store.file(server.db, file_id) is None


def test_a_failure_between_two_facts_leaves_nothing(server: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(server, "goods", GOODS)
    put_in(server, "residents", PEOPLE)
    before = counts(server)
    kind = server.house.kinds["parcels.expected.v1"]
    applied: list[str] = []

    def fails_at_the_second(tx: object, fact: Fact, payload: object) -> None:
        applied.append(fact.id)
        if len(applied) == 2:
            raise OSError("the disk went away")
        kind.apply(tx, fact, payload)  # type: ignore[arg-type]  # handed through

    monkeypatch.setitem(server.house.kind_of, kind.payload, type(kind)(kind.name, kind.payload, fails_at_the_second))
    file_id = operations.stage(server, ImportKind.ORDERS, "o.csv", ORDERS, "op")
    with pytest.raises(OSError, match="went away"):
        operations.confirm(server, file_id, "op")
    assert len(applied) == 2
    assert counts(server) == before
    monkeypatch.undo()
    assert operations.confirm(server, file_id, "op").new == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from shared.parcels import facts
from sync_server.config import read_config
from sync_server.host import open_centre
from sync_server.imports.operations import import_file

centre = open_centre(read_config({"LINQU_DATA": sys.argv[1]}))
kind = centre.house.kinds["parcels.expected.v1"]
seen = []

def dies(tx, fact, payload):
    kind.apply(tx, fact, payload)
    seen.append(fact.id)
    if len(seen) == 100:
        os.kill(os.getpid(), signal.SIGKILL)

centre.house.kind_of[kind.payload] = type(kind)(kind.name, kind.payload, dies)
import_file(centre, "orders", Path(sys.argv[2]), "op")
"""


def test_a_killed_process_leaves_nothing(tmp_path: Path, clock: ManualClock, files: Path) -> None:
    centre = begin_centre(tmp_path / "data", clock)
    for kind in ("goods", "residents"):
        assert operations.import_file(centre, kind, files / f"{kind}.csv", "op").good
    before = counts(centre)
    config = centre.config
    centre.db.close()
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(config.data), str(files / "orders.csv")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    again = open_centre(config)
    assert counts(again) == before
    report = operations.import_file(again, "orders", files / "orders.csv", "op")
    assert report.good
    assert report.new > 500
    again.db.close()


def test_goods_need_a_region(tmp_path: Path, clock: ManualClock) -> None:
    from sync_server.config import read_config
    from sync_server.host import init_centre

    config = read_config({"LINQU_DATA": str(tmp_path)})
    init_centre(config)
    centre = open_centre(config, clock)
    with pytest.raises(Refused, match="IMPORT_NO_POINT"):
        operations.stage(centre, ImportKind.GOODS, "g.csv", GOODS, "op")
    centre.db.close()


@pytest.mark.parametrize("language", ["zh_Hans_CN", "zh_Hant_TW", "en"])
def test_exported_goods_can_be_imported_again(signed_in: Desk, hood: Neighbourhood, files: Path, language: str) -> None:
    centre: Centre = signed_in.app.extensions["linqu_centre"]
    operations.import_file(centre, "goods", files / "goods.csv", "op")
    signed_in.post("/language", {"lang": language})
    exported = signed_in.get("/console/goods.csv").data
    assert len(list(csv.reader(io.StringIO(exported.decode("utf-8-sig"))))) == len(hood.goods) + 1
    report = put_in(centre, "goods", exported)
    assert (report.new, report.changed, report.unchanged) == (0, 0, len(hood.goods))
