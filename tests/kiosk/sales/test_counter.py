"""The sale screen over HTTP, on a real kiosk with real rights: basket, cash, receipt, the way back, the day's list."""

import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from hardware.labels.receipt import Receipt
from kiosk.app import make_app
from kiosk.labels import store as label_store
from kiosk.labels.rules import JobEvent, JobKind, JobState, LabelMark, label_text, read_label_text
from kiosk.sales import operations, store
from kiosk.sync.rules import Trouble
from shared.allotments.operations import set_offer
from shared.allotments.rules import Offer
from shared.kernel.clock import utc_text
from shared.orders import store as orders
from shared.orders.rules import OrderState
from shared.stock import store as stock
from tests.allotments.stand import REGION
from tests.kiosk.sales.stall import GOODS, Hands, Shop, barcode, offer_id

FIRST, SECOND = GOODS[0], GOODS[1]


def right(shop: Shop, n: int = 0) -> int:
    return shop.counter.right(offer_id(n))


def test_goods_are_shown_with_what_this_point_may_sell(shop: Shop) -> None:
    page = shop.hands().get("/sale")
    assert "章丘大葱" in page
    assert f"可售 {right(shop)}" in page
    assert "goods/zhangqiu-spring-onion.svg" in page
    assert "购物车是空的" in page


def test_a_sale_for_cash_from_tap_to_receipt(shop: Shop) -> None:
    hands, before = shop.hands(), right(shop)
    assert "章丘大葱 × 1" in hands.put(0)
    assert "章丘大葱 × 2" in hands.put(0)
    said = hands.put(1)
    assert "¥31.50" in said, "2 × 12.80 + 5.90"
    assert "¥31.50" in hands.get("/sale/payment")
    answer = hands.pay(3150, "50")
    assert answer.status_code == 303
    page = hands.get(answer.location)
    assert "¥18.50" in page, "change"
    assert right(shop) == before - 2
    [sale] = orders.recent_sales(hands.kiosk.db, shop.counter.point, "counter")
    assert (sale.order.state, sale.order.total_fen, sale.received_fen) == (OrderState.COLLECTED, 3150, 5000)
    assert stock.on_hand(hands.kiosk.db, shop.counter.point, FIRST[0]) == -2
    assert "购物车是空的" in hands.get("/sale")
    [job] = label_store.of_parcel(hands.kiosk.db, shop.counter.point, sale.order.id)
    assert (job.kind, job.state, job.copy) == (JobKind.RECEIPT, JobState.QUEUED, 1)
    printed = msgspec.json.decode(job.content, type=Receipt)
    assert (printed.total_fen, printed.cash_fen, printed.staff) == (3150, 5000, "张店长")
    assert [(line.name, line.quantity, line.amount_fen) for line in printed.lines] == [
        ("章丘大葱 5斤/捆", 2, 2560),
        ("娃娃菜 3棵/袋", 1, 590),
    ]
    assert read_label_text(printed.qr_text) == LabelMark(job.id, 1, sale.order.id)


def test_a_press_that_arrives_often_sells_once(shop: Shop) -> None:
    hands, before = shop.hands(), right(shop)
    hands.put(0)
    answers = [hands.pay(1280, "20", "press-000007") for _ in range(3)]
    assert {answer.location for answer in answers} == {answers[0].location}
    assert right(shop) == before - 1
    assert len(operations.sold_today(hands.kiosk)) == 1


def test_presses_at_the_same_moment_sell_once(shop: Shop) -> None:
    app = make_app(shop.counter.kiosk)
    hands = [shop.hands(app=app) for _ in range(6)]
    before = right(shop)
    hands[0].put(0)
    start = threading.Barrier(len(hands))
    answers = []

    def press(one: Hands) -> None:
        start.wait()
        answers.append(one.pay(1280, "20", "press-000008").status_code)

    threads = [threading.Thread(target=press, args=(one,)) for one in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * len(hands)
    assert right(shop) == before - 1
    assert len(label_store.newest(shop.counter.kiosk.db, 9)) == 1, "one receipt"


def test_two_staff_have_two_baskets_and_never_sell_more_than_the_right(shop: Shop) -> None:
    app = make_app(shop.counter.kiosk)
    one, two = shop.hands("S1", app), shop.hands("S2", app)
    everything = right(shop)
    one.put(0, everything)
    two.put(0, everything)
    assert "购物车是空的" not in two.get("/sale")
    assert one.pay(1280 * everything, "100000").status_code == 303
    assert two.pay(1280 * everything, "100000", "press-000002").status_code == 422
    assert right(shop) == 0
    page = two.get("/sale")
    assert "可售 0" in page
    assert two.client.get("/sale/payment").status_code == 303, "what cannot be sold is not paid for"


def test_no_more_goes_into_the_basket_than_may_be_sold(shop: Shop) -> None:
    hands, all_of_it = shop.hands(), right(shop)
    hands.put(0, all_of_it)
    said = hands.put(0)
    assert f"章丘大葱 可售 {all_of_it}，已经都在购物车里" in said
    assert "联网后可再分配" in said
    assert dict(store.basket(hands.kiosk.db, "S1"))[offer_id(0)] == all_of_it
    hands.pay(1280 * all_of_it, "100000")
    said = hands.put(0)
    assert "章丘大葱 可售 0，联网后可再分配" in said
    assert "本机已记下需求" in said
    shop.counter.settle()
    assert right(shop) > 0, "the wish was heard at the centre"


def test_everything_goes_on_without_network_and_reaches_the_centre_later(shop: Shop) -> None:
    hands = shop.hands()
    shop.counter.link.lose = 10**6
    assert shop.counter.round() is Trouble.NO_NETWORK
    assert "离线照常售货" in hands.get("/sale")
    sale_id = hands.sell(0, 1)
    assert "离线售出，联网后自动上传" in hands.get(f"/sales/{sale_id}?fresh=1")
    shop.counter.link.lose = 0
    shop.counter.settle()
    assert orders.order(shop.centre.db, shop.counter.point, sale_id) is not None
    assert shop.report(offer_id(0)).gone == 1


def test_a_sale_is_taken_back_once(shop: Shop) -> None:
    hands, before = shop.hands(), right(shop)
    sale_id = hands.sell(0)
    assert f"/sales/{sale_id}/reversal" in hands.get(f"/sales/{sale_id}/toast")
    assert hands.post(f"/sales/{sale_id}/reversal").status_code == 303
    assert right(shop) == before
    page = hands.get(f"/sales/{sale_id}")
    assert "已撤销，请退回现金" in page
    assert "¥12.80" in page
    assert hands.post(f"/sales/{sale_id}/reversal").status_code == 422
    assert hands.get(f"/sales/{sale_id}/toast") == ""
    [job] = label_store.of_parcel(hands.kiosk.db, shop.counter.point, sale_id)
    assert job.state is JobState.CANCELLED, "a receipt that waits is of no use any more"


def test_the_days_list_adds_up(shop: Shop) -> None:
    hands = shop.hands()
    kept = hands.sell(0, 1, nonce="press-000001")
    gone = hands.sell(2, nonce="press-000002")
    hands.post(f"/sales/{gone}/reversal")
    totals = operations.sold_today(hands.kiosk)
    assert {sale.id for sale in totals} == {kept, gone}
    page = hands.get("/sales")
    assert "¥18.70" in page, "12.80 + 5.90 in the drawer"
    assert "已撤销" in page
    shop.clock.advance(timedelta(days=1).total_seconds())
    assert "今天还没有卖出" in shop.hands().get("/sales")


def test_cash_is_counted_before_it_is_believed(shop: Shop) -> None:
    hands = shop.hands()
    hands.put(0)
    for cash, status in (("", 400), ("abc", 400), ("-5", 400), ("12.79", 422), ("999999999", 400)):
        assert hands.pay(1280, cash).status_code == status, cash
    assert hands.pay(1279, "20").status_code == 422, "what staff saw is not what it comes to"
    assert hands.post("/sales", nonce="", total=1280, cash="20").status_code == 400
    assert operations.sold_today(hands.kiosk) == []
    assert hands.pay(1280, "12.80").status_code == 303


def test_a_scanned_barcode_goes_into_the_basket(shop: Shop) -> None:
    hands = shop.hands()
    assert "娃娃菜 × 1" in hands.scan(barcode(1)).text
    assert "娃娃菜 × 2" in hands.scan(barcode(1)).text
    unknown = hands.scan("6900000000007").text
    assert "没有条码为 6900000000007 的可售商品" in unknown
    assert "这是取件凭证或面单" in hands.scan("SF1234567890").text
    assert hands.scan(" ").status_code == 204


def test_a_scanned_receipt_opens_its_sale(shop: Shop) -> None:
    hands = shop.hands()
    sale_id = hands.sell(0)
    [job] = label_store.of_parcel(hands.kiosk.db, shop.counter.point, sale_id)
    answer = hands.scan(label_text(LabelMark(job.id, 1, sale_id)))
    assert answer.headers["HX-Redirect"] == f"/sales/{sale_id}"
    confirmed = label_store.job(hands.kiosk.db, job.id)
    assert confirmed is not None
    assert confirmed.state is JobState.QUEUED, "one that was never sent cannot have been read"


def test_at_the_inbound_screen_goods_on_offer_lead_to_the_sale(shop: Shop) -> None:
    hands = shop.hands()
    for n in (0, 1):
        answer = hands.post("/parcels", scan=barcode(n), nonce=f"press-0000{n}")
        assert answer.headers["HX-Redirect"] == "/sale"
    assert store.basket(hands.kiosk.db, "S1") == [(offer_id(0), 1), (offer_id(1), 1)]
    unknown = hands.post("/parcels", scan="6900000000007", nonce="press-000009")
    assert "HX-Redirect" not in unknown.headers, "digits of thirteen may be a courier's waybill"
    assert store.basket(hands.kiosk.db, "S1") == [(offer_id(0), 1), (offer_id(1), 1)]
    hands.pay(1870, "20", "press-000010")
    [sale] = operations.sold_today(hands.kiosk)
    [job] = label_store.of_parcel(hands.kiosk.db, shop.counter.point, sale.id)
    answer = hands.post("/parcels", scan=label_text(LabelMark(job.id, 1, sale.id)), nonce="press-000011")
    assert answer.headers["HX-Redirect"] == f"/sales/{sale.id}"


def test_the_queue_of_labels_knows_receipts(shop: Shop) -> None:
    hands = shop.hands()
    sale_id = hands.sell(0)
    [job] = label_store.of_parcel(hands.kiosk.db, shop.counter.point, sale_id)
    with hands.kiosk.db.writing() as tx:
        label_store.take_next(tx, "2026-11-22T03:00:01.000Z")
        label_store.happened(tx, job.id, JobEvent.LOST_SIGHT, "2026-11-22T03:00:02.000Z")
    page = hands.get("/labels")
    assert f"/sales/{sale_id}/receipts" in page
    assert "小票" in page
    assert hands.post(f"/sales/{sale_id}/receipts").status_code == 303
    first, again = label_store.of_parcel(hands.kiosk.db, shop.counter.point, sale_id)
    assert (first.state, again.state, again.copy) == (JobState.REPLACED, JobState.QUEUED, 2)
    assert msgspec.json.decode(again.content, type=Receipt).copy == 2


def test_goods_before_the_camera_go_to_the_screen_that_sells(shop: Shop) -> None:
    app = make_app(shop.counter.kiosk)
    hands = shop.hands(app=app)
    board = app.extensions["linqu_scan_board"]
    heard: list[object] = []

    def listen() -> None:
        heard.append(hands.client.get("/sale/goods-scans").get_json())

    waiting = threading.Thread(target=listen)
    waiting.start()
    while not board.goods.listening():
        pass
    token = shop.counter.kiosk.derived_secret("worker")
    scan = {"nonce": "n-1", "kind": "read", "text": barcode(1), "symbology": "EAN13"}
    posts = [
        app.test_client().post("/local/scans", json=scan, headers={"X-Linqu-Worker": token}).get_json()["outcome"]
        for _ in range(2)
    ]
    waiting.join()
    assert posts == ["TO_SALE", "TO_SALE"]
    assert heard == [{"texts": [barcode(1)]}], "the same post twice is one barcode"


def test_without_a_sale_screen_goods_are_no_pickup_pass(shop: Shop) -> None:
    app = make_app(shop.counter.kiosk)
    token = shop.counter.kiosk.derived_secret("worker")
    scan = {"nonce": "n-1", "kind": "read", "text": barcode(1), "symbology": "EAN13"}
    answer = app.test_client().post("/local/scans", json=scan, headers={"X-Linqu-Worker": token})
    assert answer.get_json()["outcome"] == "GOODS_BARCODE"


@pytest.mark.parametrize("text", ["葱", "zqdc", "zhangqiu", barcode(0), "ＺＱＤ"])
def test_goods_are_found_by_name_letters_code_and_barcode(shop: Shop, text: str) -> None:
    found = shop.hands().get(f"/sale/offers?q={text}")
    assert "章丘大葱" in found
    assert "胡萝卜" not in found


def test_goods_not_found_and_categories(shop: Shop) -> None:
    hands = shop.hands()
    assert "没有找到" in hands.get("/sale/offers?q=nothing")
    assert "章丘大葱" in hands.get("/sale/offers?category=蔬菜")
    assert "没有找到" in hands.get("/sale/offers?category=水果")


def test_what_is_not_open_or_over_is_not_sold(shop: Shop) -> None:
    later = utc_text(shop.clock.now() + timedelta(hours=2))
    soon = utc_text(shop.clock.now() + timedelta(minutes=10))
    hands = shop.hands()
    hands.put(1)
    shop.put_on_sale(0, opens_at=later)
    shop.put_on_sale(1, cutoff_at=soon)
    shop.counter.settle()
    assert "还没有开售" in hands.put(0)
    shop.clock.advance(601)
    hands = shop.hands()
    page = hands.get("/sale")
    assert "已截单" in page, "it stays in sight while it lies in the basket"
    assert hands.pay(590, "10").status_code == 422
    hands.put(1, -1)
    assert "娃娃菜" not in hands.get("/sale")


def test_a_price_that_changes_under_way_is_asked_for_again(shop: Shop) -> None:
    hands = shop.hands()
    hands.put(0)
    sku, _, _, _, _, total = GOODS[0]
    dearer = Offer(offer_id(0), sku, 1380, total, utc_text(shop.clock.now()))
    with shop.centre.journal.writing(REGION) as tx:
        set_offer(shop.centre.journal, tx, REGION, dearer, "op")
    shop.counter.settle()
    answer = hands.pay(1280, "20")
    assert answer.status_code == 422
    assert "金额不一样了" in answer.text
    assert "¥13.80" in hands.get("/sale/payment")
    assert hands.pay(1380, "20", "press-000002").status_code == 303


def test_what_vanished_from_the_offers_stops_no_sale(shop: Shop) -> None:
    hands = shop.hands()
    hands.put(0)
    with hands.kiosk.db.writing() as tx:
        store.set_quantity(tx, "S1", "O.GONE", 1)
    assert hands.pay(1280, "20").status_code == 303
    assert store.basket(hands.kiosk.db, "S1") == []


def test_a_kiosk_without_its_guard_sells_nothing_and_says_what_to_do(shop: Shop) -> None:
    hands = shop.hands()
    hands.put(0)
    shop.counter.lose_guard()
    page = hands.get("/sale")
    assert "本机暂停售货" in page
    assert "缺少额度护卫文件" in page
    assert "接通网络" in page
    assert hands.pay(1280, "20").status_code == 422
    assert "本机暂停销售" in hands.put(1)
    shop.counter.settle()
    assert "本机暂停售货" not in hands.get("/sale"), "one round later it sells again"


def test_a_database_put_back_from_a_copy_sells_nothing_before_a_round(shop: Shop) -> None:
    copy = shop.counter.copy()
    seller = shop.hands()
    for n in range(2):
        seller.sell(0, nonce=f"press-00000{n}")
    shop.counter.put_back(copy)
    hands = shop.hands()
    assert "比额度护卫文件旧" in hands.get("/sale")
    hands.put(0)
    assert operations.sold_today(hands.kiosk) == []
    shop.counter.settle()
    assert "本机暂停售货" not in hands.get("/sale")
    hands.sell(0)


def test_a_receipt_is_not_printed_again_while_the_first_one_waits(shop: Shop) -> None:
    hands = shop.hands()
    sale_id = hands.sell(0, 1, 2, 3)
    assert len(label_store.of_parcel(hands.kiosk.db, shop.counter.point, sale_id)) == 1
    assert hands.post(f"/sales/{sale_id}/receipts").status_code == 422, "the first one still waits"


def test_emptying_the_basket_and_the_doors(shop: Shop) -> None:
    hands = shop.hands()
    hands.put(0)
    assert "购物车已清空" in hands.post("/sale/basket/emptying").text
    assert store.basket(hands.kiosk.db, "S1") == []
    stranger = make_app(shop.counter.kiosk).test_client()
    for path in ("/sale", "/sales", "/sale/payment", "/sale/offers", "/sale/goods-scans", "/sales/x"):
        assert stranger.get(path).status_code == 303, path
    assert hands.client.get("/sales/nothing").status_code == 404


def test_a_price_that_changes_at_the_very_press_is_asked_for_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    hands, kiosk = shop.hands(), shop.counter.kiosk
    hands.put(0)
    seen = operations.counter

    def meanwhile(*args: Any) -> operations.Counter:
        found = seen(*args)
        # the sync process takes a new price between the look and the sale
        with kiosk.db.writing() as tx:
            tx.execute("UPDATE offers SET price_fen = 1380 WHERE id = ?", (offer_id(0),))
        return found

    monkeypatch.setattr(operations, "counter", meanwhile)
    answer = hands.pay(1280, "20")
    monkeypatch.undo()
    assert answer.status_code == 422
    assert "金额不一样了" in answer.text
    assert operations.sold_today(kiosk) == []
    assert hands.pay(1380, "20", "press-000002").status_code == 303
