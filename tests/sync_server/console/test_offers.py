"""Offers at the console: made, changed, given by hand, written off; where every unit is; what needs a person."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.allotments import reports
from shared.allotments.rules import HolderState
from shared.parcels import store as parcels
from sync_server import life
from sync_server.console import board
from sync_server.console.operations import make_operator
from tests.allotments.stand import Town
from tests.sync_server.happenings import cells
from tests.sync_server.opening import OPERATOR, PASSWORD, Desk, open_desk


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    make_operator(made.centre.db, made.clock, OPERATOR, PASSWORD)
    yield made
    made.close()


def desk_in(town: Town) -> Desk:
    desk = open_desk(town.centre)
    assert desk.sign_in().status_code == 303
    return desk


FORM = {"region": "jinan", "sku": "PEAR", "price": "5.00", "total": "40", "opens": "2026-11-22T10:00", "cutoff": ""}


def the_offer(town: Town) -> str:
    [one] = reports.offer_summaries(town.centre.db, "jinan")
    return one.offer.id


def test_an_offer_is_made_from_a_product_and_seen_at_the_point(town: Town) -> None:
    post, desk = town.post("P1"), desk_in(town)
    assert "还没有配额" in desk.get("/console/offers").text
    assert "莱阳梨" in desk.get("/console/offers/new").text
    assert "莱阳梨" in desk.get("/console/offers/new?q=梨").text
    assert 'name="sku" value="PEAR"' in desk.get("/console/offers/new?sku=PEAR").text
    made = desk.post("/console/offers", FORM | {"cutoff": "2026-11-22T20:30"})
    assert made.status_code == 303
    offer = the_offer(town)
    [one] = reports.offer_summaries(town.centre.db, "jinan")
    assert (one.offer.opens_at, one.offer.cutoff_at) == ("2026-11-22T02:00:00.000Z", "2026-11-22T12:30:00.000Z")
    post.settle()
    assert post.right(offer) > 0
    page = desk.get(f"/console/offers/{offer}").text
    assert "在自提点可售" in page
    assert "P1" in page
    assert "20:30" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"total": "-1"}, "请填 0 到"),
        ({"total": "x"}, "请填 0 到"),
        ({"price": "1.234"}, "请填金额"),
        ({"opens": "yesterday"}, "请填日期和时间"),
        ({"cutoff": "2026-11-22T09:00"}, "截单时间早于开售时间"),
        ({"sku": "NOTHING"}, "商品目录里没有这个商品"),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_field(town: Town, changes: dict[str, str], said: str) -> None:
    town.post("P1")
    desk = desk_in(town)
    answer = desk.post("/console/offers", FORM | changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert reports.offer_summaries(town.centre.db, "jinan") == []


def test_every_unit_is_somewhere(town: Town) -> None:
    post, desk = town.post("P1"), desk_in(town)
    town.offer(40)
    post.settle()
    right = post.right("O1")
    post.sell("O1", 3)
    town.phone("a", "O1", 2)
    post.settle()
    report = town.report()
    page = desk.get("/console/offers/O1").text
    for words in (f"{report.free}", f"{report.at_points}", "手机与电话下单", "每一件在哪里"):
        assert words in page
    assert report.free + report.at_points + report.gone == 40
    rows = cells(desk.get("/console/offers/O1/units.csv").text)
    assert sum(int(row[5]) - int(row[7]) for row in rows[1:]) == 5
    everything = cells(desk.get("/console/offers.csv").text)
    assert len(everything) == len(rows)
    assert right > 3


def test_an_order_says_where_it_was_sold(town: Town) -> None:
    post, desk = town.post("P1"), desk_in(town)
    town.offer(40)
    post.settle()
    sale = post.sell("O1", 2)
    phoned = town.phone("a", "O1", 2)
    post.settle()
    page = desk.get(f"/console/orders/{post.point}/{sale.order.id}").text
    assert f"柜台 {post.device}" in page
    assert "实收现金" in page
    post.undo(sale)
    post.settle()
    assert "柜台撤销，退回现金" in desk.get(f"/console/orders/{post.point}/{sale.order.id}").text
    assert "渠道 app" in desk.get(f"/console/orders/{post.point}/{phoned.order.id}").text


def test_price_total_and_times_are_changed_but_never_below_what_is_held(town: Town) -> None:
    post, desk = town.post("P1"), desk_in(town)
    town.offer(40)
    post.settle()
    held = town.report().pool.held
    assert desk.post("/console/offers/O1", FORM | {"total": "60", "price": "6.5"}).status_code == 303
    assert (town.report().offer.total, town.report().offer.price_fen) == (60, 650)
    answer = desk.post("/console/offers/O1", FORM | {"total": str(held - 1)})
    assert answer.status_code == 422
    assert f"{held} 件" in answer.text
    assert desk.post("/console/offers/O1/activity", {"active": "0"}).status_code == 303
    assert "已下架" in desk.get("/console/offers/O1").text
    town.clock.advance(1200)
    post.settle()
    assert post.right("O1") == 0, "what is taken down comes back"
    assert desk.post("/console/offers/O1/activity", {"active": "1"}).status_code == 303
    assert "在售" in desk.get("/console/offers/O1").text


def test_units_are_given_by_hand(town: Town) -> None:
    post, desk = town.post("P1"), desk_in(town)
    town.offer(200)
    post.settle()
    before = post.right("O1")
    assert desk.post("/console/offers/O1/grants", {"device": post.device, "units": "30"}).status_code == 303
    post.settle()
    assert post.right("O1") == before + 30
    assert "人工追加" in desk.get("/console/offers/O1").text
    answer = desk.post("/console/offers/O1/grants", {"device": post.device, "units": "500"})
    assert answer.status_code == 422
    assert desk.post("/console/offers/O1/grants", {"device": "K99", "units": "1"}).status_code == 422


def test_a_lost_kiosk_is_declared_counted_and_written_off(town: Town) -> None:
    post, desk = town.post("P1"), desk_in(town)
    town.offer(40)
    post.settle()
    post.sell("O1", 2)
    post.settle()
    exposed = post.right("O1")
    page = desk.get(f"/console/kiosks/{post.device}/rights").text
    assert f"它还能卖 {exposed} 件" in page
    address = f"/console/kiosks/{post.device}/loss"
    assert desk.post(address, {"confirm": "K77"}).status_code == 400, "not by a slip"
    assert desk.post(address, {"confirm": post.device}).status_code == 303
    assert town.report().at_risk == exposed
    assert [need.kind for need in board.overview(town.centre).needs if need.kind == "rights"] == ["rights"]
    assert f"{exposed} 件可能已卖出而没有报告" in desk.get("/console/overview").text
    cases = desk.get("/console/cases").text
    assert "设备失联或护卫丢失" in cases
    assert f"还有 {exposed} 件可能已经卖出" in cases
    assert "莱阳梨" in cases
    assert "/console/offers/O1" in cases, "it is closed by counting, not by a note"
    [line] = [line for line in town.report().lines if line.share.device == post.device]
    form = {"device": post.device, "lot": line.share.lot}
    assert desk.post("/console/offers/O1/count", form | {"counted": "1"}).status_code == 422, "less than it reported"
    assert desk.post("/console/offers/O1/count", form | {"counted": str(exposed + 3)}).status_code == 422
    assert desk.post("/console/offers/O1/count", form | {"counted": "5"}).status_code == 303
    report = town.report()
    assert (report.at_risk, report.gone, report.free) == (0, 5, 35)
    assert report.lines[0].share.state is HolderState.CLOSED
    assert parcels.cases(town.centre.db) == [] or all(case.closed_at for _, case in parcels.cases(town.centre.db))


def test_after_a_restore_offers_are_frozen_until_everybody_was_heard(town: Town) -> None:
    one, two, desk = town.post("P1"), town.post("P2"), desk_in(town)
    town.offer(40)
    for post in (one, two):
        post.settle()
    life.begin(town.centre.db, town.folder / "centre")
    page = desk.get("/console/offers/O1").text
    assert f"还在等 {len(town.report().missing)} 方报告" in page
    assert {one.device, two.device} <= {missing.device for missing in town.report().missing}
    assert "有商品冻结" in desk.get("/console/offers").text
    assert any(need.kind == "offers" for need in board.overview(town.centre).needs)
    assert "服务器代 2" in desk.get("/console/kiosks").text
    one.settle()
    assert two.device in {missing.device for missing in town.report().missing}
    assert one.device not in {missing.device for missing in town.report().missing}
    waiting = desk.get(f"/console/kiosks/{two.device}/rights").text
    assert "冻结的商品在等这台终端报告" in waiting
    [line] = [line for line in town.report().lines if line.share.device == two.device]
    form = {"confirm": two.device, "sold-O1": str(line.counters.gone)}
    assert desk.post(f"/console/kiosks/{two.device}/count", form).status_code == 303
    assert "冻结" not in desk.get("/console/offers/O1").text
    assert not town.report().frozen


def test_a_restored_kiosk_is_told_in_words(town: Town) -> None:
    post, desk = town.post("P1"), desk_in(town)
    town.offer(40)
    post.settle()
    copy = post.copy()
    for _ in range(2):
        post.sell("O1")
    post.settle()
    post.put_back(copy)
    post.sell("O1") if post.right("O1") else post.settle()
    post.settle()
    page = desk.get(f"/console/kiosks/{post.device}").text
    assert "数据库的经历" in page
    assert "没有从备份恢复过" in page, "the centre's own generation"


def test_channels_are_let_in_with_a_key_shown_once(town: Town) -> None:
    desk = desk_in(town)
    assert "还没有渠道" in desk.get("/console/channels").text
    made = desk.post("/console/channels", {"name": "微信小程序"})
    assert made.status_code == 200
    key = made.text.split('data-channel-key="')[1].split('"')[0]
    assert key.startswith("lqk_")
    listed = desk.get("/console/channels").text
    assert "微信小程序" in listed
    assert key not in listed
    assert desk.post("/console/channels", {"name": "微信小程序"}).status_code == 422
    channel_id = listed.split("/console/channels/")[1].split("/")[0]
    assert desk.post(f"/console/channels/{channel_id}/revocation").status_code == 303
    assert "已停用" in desk.get("/console/channels").text
    log = desk.get("/console/log").text
    assert "新增渠道" in log
    assert "停用渠道" in log
