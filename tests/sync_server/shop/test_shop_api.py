"""The phone-order API over real HTTP: what is shown is sold, once, never more, never too late."""

import threading
from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from shared.allotments import reports
from shared.allotments.operations import declare_dead
from shared.kernel.clock import ManualClock
from shared.kernel.limits import SHOP_BODY_BYTES, SHOP_STRANGER_REQUESTS_PER_MINUTE
from shared.orders import store as orders
from shared.residents import store as residents
from sync_server import life
from sync_server.host import Centre
from sync_server.shop import channels
from tests.sync_server.happenings import enrol
from tests.sync_server.shop.stand import OTHER_POINT, POINT, PRICE, Shop, order, put_on_sale, shop_at


@pytest.fixture
def shop(server: Centre) -> Iterator[Shop]:
    with shop_at(server) as made:
        yield made


def free(centre: Centre, offer: str = "O1") -> int:
    report = reports.offer_report(centre.db, offer)
    assert report is not None
    assert report.consistent
    return report.free


def test_an_order_from_offer_to_collection_and_back(server: Centre, shop: Shop) -> None:
    put_on_sale(server, 10)
    [offer] = shop.offers().json()["offers"]
    assert (offer["available"], offer["state"], offer["price_fen"]) == (10, "open", PRICE)
    assert offer["picture"] == "/static/goods/zhangqiu-spring-onion.svg"
    answer = shop.place("request-0001", order(3))
    assert answer.status_code == 201, answer.text
    placed = answer.json()
    assert (placed["state"], placed["total_fen"], placed["point"]) == ("paid", 3 * PRICE, POINT)
    assert placed["lines"] == [{"sku": "leek", "name": "章丘大葱", "quantity": 3, "price_fen": PRICE}]
    assert answer.headers["Location"] == f"/v1/shop/orders/{placed['id']}"
    assert shop.offers().json()["offers"][0]["available"] == free(server) == 7
    assert shop.look(placed["id"]).json() == placed
    known = orders.order(server.db, POINT, placed["id"])
    assert known is not None
    buyer = residents.resident(server.db, POINT, known.resident)
    assert buyer is not None
    assert (buyer.name_masked, buyer.phone_tail) == ("王*明", "1234")
    gone = shop.look(placed["id"], "DELETE")
    assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")
    assert shop.look(placed["id"], "DELETE").json()["state"] == "cancelled", "asking again changes nothing"
    assert free(server) == 10


def test_the_same_request_is_ordered_once(server: Centre, shop: Shop) -> None:
    put_on_sale(server, 10)
    first = shop.place("request-0001", order(2))
    again = shop.place("request-0001", order(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert free(server) == 8
    other = shop.place("request-0001", order(3))
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    elsewhere = shop.place("request-0001", order(2, point=OTHER_POINT))
    assert elsewhere.status_code == 409, "a key means one order, not one at each point"
    assert free(server) == 8


def test_the_same_request_at_the_same_moment_is_ordered_once(server: Centre, shop: Shop) -> None:
    put_on_sale(server, 100)
    answers: list[requests.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(shop.place("request-0001", order(2)))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert free(server) == 98


def test_two_hundred_at_once_get_fifty_units_and_no_more(server: Centre, shop: Shop) -> None:
    put_on_sale(server, 50)
    answers: list[tuple[int, str]] = []
    start = threading.Barrier(25)

    def buy(first: int) -> None:
        start.wait()
        for n in range(first, first + 8):
            point = POINT if n % 2 else OTHER_POINT
            answer = shop.place(f"request-{n:04d}", order(point=point, buyer={"name": "李娜", "phone": f"139{n:08d}"}))
            answers.append((answer.status_code, answer.json().get("code", "")))

    threads = [threading.Thread(target=buy, args=(8 * n,)) for n in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answers) == {(201, ""): 50, (409, "SALE_NONE_LEFT"): 150}
    assert free(server) == 0
    assert sum(len(orders.orders(server.db, point, limit=500)) for point in (POINT, OTHER_POINT)) == 50
    [offer] = shop.offers().json()["offers"]
    assert (offer["available"], offer["state"]) == (0, "sold_out")


def test_too_few_says_how_many_there_are_and_takes_none(server: Centre, shop: Shop) -> None:
    put_on_sale(server, 5)
    answer = shop.place("request-0001", order(6))
    assert (answer.status_code, answer.json()["code"]) == (409, "SALE_TOO_FEW")
    assert "5" in answer.json()["message"]
    assert answer.json()["next_step"]
    assert free(server) == 5
    assert residents.by_phone(server.db, "13812341234") is None, "a buyer without an order is not kept"
    assert shop.place("request-0001", order(5)).status_code == 201, "what was refused may be asked for again"


def test_nothing_is_sold_before_it_opens_or_after_the_cut_off(server: Centre, shop: Shop, clock: ManualClock) -> None:
    put_on_sale(server, 5, opens=1, cutoff=2)
    assert shop.offers().json()["offers"][0]["state"] == "not_open"
    assert shop.place("request-0001", order()).json()["code"] == "OFFER_CLOSED"
    clock.advance(3600)
    assert shop.place("request-0002", order()).status_code == 201
    clock.advance(3600)
    late = shop.place("request-0003", order())
    assert (late.status_code, late.json()["code"]) == (409, "OFFER_CLOSED")
    assert shop.offers().json()["offers"][0]["state"] == "closed"
    assert shop.place("request-0002", order()).status_code == 200, "but what was ordered in time still answers"


def test_a_frozen_offer_is_not_sold_until_everybody_was_heard(server: Centre, shop: Shop) -> None:
    put_on_sale(server, 5)
    enrol(server, "K1")
    life.begin(server.db, server.config.data)
    answer = shop.place("request-0001", order())
    assert (answer.status_code, answer.json()["code"]) == (503, "OFFER_FROZEN")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["next_step"]
    assert shop.offers().json()["offers"][0] | {"state": "frozen", "available": 0} == shop.offers().json()["offers"][0]
    from shared.allotments.operations import sign_off_device

    declare_dead(server.journal, "K1", "op")
    sign_off_device(server.journal, "jinan", "K1", [], "op")
    assert shop.place("request-0001", order()).status_code == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "ORDER_UNREADABLE"),
        (b"[]", "ORDER_UNREADABLE"),
        (b'{"point": "JN-HL01"}', "ORDER_UNREADABLE"),
        (b"\xff\xfe", "ORDER_UNREADABLE"),
        (b"[" * 5000, "ORDER_UNREADABLE"),
        (b'{"point":"JN-HL01","buyer":{"name":"x","phone":"13812341234"},"lines":[]}', "ORDER_UNREADABLE"),
        (
            b'{"point":"JN-HL01","buyer":{"name":"x","phone":"13812341234"},"lines":[{"offer":"O1","quantity":0}]}',
            "ORDER_UNREADABLE",
        ),
        (
            b'{"point":"JN-HL01","buyer":{"name":"x","phone":"13812341234"},"lines":[{"offer":"O1","quantity":1.5}]}',
            "ORDER_UNREADABLE",
        ),
        (
            b'{"point":"JN-HL01","buyer":{"name":"x","phone":"13812341234"},"lines":[{"offer":"O9","quantity":1}]}',
            "OFFER_UNKNOWN",
        ),
        (
            b'{"point":"NOWHERE","buyer":{"name":"x","phone":"13812341234"},"lines":[{"offer":"O1","quantity":1}]}',
            "POINT_UNKNOWN",
        ),
        (
            b'{"point":"JN-HL01","buyer":{"name":"x","phone":"10086000000"},"lines":[{"offer":"O1","quantity":1}]}',
            "RESIDENT_PHONE",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_words(server: Centre, shop: Shop, body: bytes, code: str) -> None:
    put_on_sale(server, 5)
    headers = shop.headers("request-0001") | {"Content-Type": "application/json"}
    answer = requests.post(f"{shop.address}/v1/shop/orders", data=body, headers=headers, timeout=30)
    assert 400 <= answer.status_code < 500
    said = answer.json()
    assert said["code"] == code
    assert said["message"]
    assert said["next_step"]
    assert free(server) == 5


def test_form_content_size_and_method_are_told_apart(shop: Shop) -> None:
    address, headers = f"{shop.address}/v1/shop/orders", shop.headers("request-0001")
    assert requests.post(address, data={"a": "b"}, headers=headers, timeout=30).json()["code"] == "CONTENT_TYPE"
    large = b'{"point": "' + b"x" * SHOP_BODY_BYTES + b'"}'
    json_type = {"Content-Type": "application/json"}
    answer = requests.post(address, data=large, headers=headers | json_type, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
    assert requests.post(address, json={}, headers=shop.headers(), timeout=30).json()["code"] == "IDEMPOTENCY_KEY"
    assert shop.look("0.P.NOTHING").json()["code"] == "ORDER_UNKNOWN"
    assert shop.offers("NOWHERE").status_code == 404


def test_only_a_channel_gets_in_and_sees_only_its_own_orders(server: Centre, shop: Shop) -> None:
    put_on_sale(server, 5)
    placed = shop.place("request-0001", order()).json()
    made, key = channels.add_channel(server.db, server.clock, "电话坐席", "op")
    other = Shop(shop.address, key)
    assert other.look(placed["id"]).status_code == 404
    assert other.look(placed["id"], "DELETE").status_code == 404
    assert other.place("request-0001", order()).status_code == 201, (
        "keys of two channels have nothing to do with each other"
    )
    channels.revoke_channel(server.db, server.clock, made.id)
    answer = other.offers()
    assert (answer.status_code, answer.json()["code"]) == (401, "CHANNEL_KEY")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert free(server) == 3


def test_who_guesses_keys_is_slowed_down_and_channels_are_not(shop: Shop) -> None:
    stranger = Shop(shop.address, "lqk_" + "A" * 43)
    codes = [stranger.offers().status_code for _ in range(SHOP_STRANGER_REQUESTS_PER_MINUTE + 5)]
    assert codes == [401] * SHOP_STRANGER_REQUESTS_PER_MINUTE + [429] * 5
    assert stranger.offers().json()["code"] == "TOO_MANY_REQUESTS"
    assert shop.offers().status_code == 200


def test_words_come_in_the_language_that_was_asked_for(shop: Shop) -> None:
    headers = {"Authorization": "Bearer nothing", "Accept-Language": "zh-CN"}
    said = requests.get(f"{shop.address}/v1/shop/offers", headers=headers, timeout=30).json()
    assert said["message"].startswith("渠道密钥")
