"""Grant, sell, return, undo, over real rounds, on both databases."""

import pytest

from shared.kernel.errors import Refused
from shared.orders import store as orders
from shared.orders.operations import cancel_phone_order
from shared.orders.rules import OrderState
from shared.stock import store as stock
from tests.allotments.stand import PRICE, Town


def test_a_point_sells_what_it_was_granted_and_no_more(town: Town) -> None:
    post = town.post("P1")
    town.offer(20)
    post.settle()
    right = post.right("O1")
    assert 0 < right < 20, "a share, not all"
    sale = post.sell("O1", right)
    assert sale.order.state is OrderState.COLLECTED
    assert sale.order.total_fen == right * PRICE
    assert post.right("O1") == 0
    with pytest.raises(Refused) as refused:
        post.sell("O1")
    assert refused.value.code == "SALE_NONE_LEFT"
    assert refused.value.message == "可售 0，联网后可再分配。"
    assert refused.value.next_step
    assert stock.on_hand(post.kiosk.db, post.point, "PEAR") == -right
    post.settle()
    assert post.right("O1") > 0, "what sells is granted again"
    report = town.report()
    assert report.gone == right
    assert report.free + report.at_points + report.gone == 20
    assert orders.sale(town.centre.db, post.point, sale.order.id) == orders.sale(
        post.kiosk.db, post.point, sale.order.id
    )


def test_an_undone_sale_may_be_sold_again(town: Town) -> None:
    post = town.post("P1")
    town.offer(4)
    post.settle()
    right = post.right("O1")
    sale = post.sell("O1", right)
    back = post.undo(sale)
    assert (back.order.state, post.right("O1")) == (OrderState.REFUNDED, right)
    assert stock.on_hand(post.kiosk.db, post.point, "PEAR") == 0
    with pytest.raises(Refused, match="SALE_UNKNOWN"):
        post.undo(sale)
    post.sell("O1", right)
    post.settle()
    assert town.report().gone == right


def test_two_points_and_phones_share_one_total(town: Town) -> None:
    one, two = town.post("P1"), town.post("P2")
    town.offer(10)
    for post in (one, two):
        post.settle()
    sold = 0
    for post in (one, two) * 8:
        while post.right("O1"):
            post.sell("O1")
            sold += 1
        post.want("O1", 1)
        post.settle()
        if town.report().free > 0:
            town.phone(f"key-{sold}", "O1", 1)
            sold += 1
    assert sold == 10
    with pytest.raises(Refused, match="SALE_NONE_LEFT"):
        town.phone("late", "O1", 1)
    report = town.report()
    assert (report.gone, report.free, report.at_points) == (10, 0, 0)


def test_a_phone_order_is_placed_once_and_cancelled_once(town: Town) -> None:
    town.post("P1")
    town.offer(5)
    first, again = town.phone("K-1", "O1", 3), town.phone("K-1", "O1", 3)
    assert (first.new, again.new) == (True, False)
    assert first.order == again.order
    assert town.report().gone == 3
    with pytest.raises(Refused, match="SALE_TOO_FEW"):
        town.phone("K-2", "O1", 3)
    journal = town.centre.journal
    for _ in range(2):
        with journal.writing("JN-P1") as tx:
            order = cancel_phone_order(journal, tx, "JN-P1", first.order.id, "不要了", "app")
        assert order.state is OrderState.CANCELLED
    report = town.report()
    assert (report.gone, report.free) == (0, 5)


def test_the_total_goes_up_any_time_and_down_to_what_is_held(town: Town) -> None:
    post = town.post("P1")
    town.offer(8)
    post.settle()
    held = town.report().pool.held
    assert held > 0
    with pytest.raises(Refused, match="OFFER_TOTAL") as refused:
        town.offer(held - 1)
    assert refused.value.params == {"committed": held}
    town.offer(held)
    assert town.report().free == 0
    town.offer(100)
    assert town.report().free == 100 - held


def test_after_the_cut_off_everything_comes_back(town: Town) -> None:
    post = town.post("P1")
    town.offer(12, hours=5)
    post.settle()
    assert post.right("O1") > 0
    town.clock.advance(5 * 3600)
    with pytest.raises(Refused, match="OFFER_CLOSED"):
        post.sell("O1")
    assert post.right("O1") > 0, "who is silent keeps what it has"
    post.round()
    post.settle()
    assert post.right("O1") == 0
    report = town.report()
    assert (report.free, report.at_points) == (12, 0)


def test_goods_that_lie_at_a_point_are_given_by_hand(town: Town) -> None:
    from shared.allotments.operations import set_right_of_point

    one, two = town.post("P1"), town.post("P2")
    town.offer(30)
    for post in (one, two):
        post.settle()
    free = town.report().free
    set_right_of_point(town.centre.journal, "O1", one.device, free, "op")
    one.settle()
    two.want("O1", 5)
    two.settle()
    one.settle()
    assert one.right("O1") >= free, "it is not recalled for another point's wish"
    with pytest.raises(Refused, match="SALE_NONE_LEFT"):
        set_right_of_point(town.centre.journal, "O1", two.device, 1, "op")


def test_an_idle_round_says_nothing_about_rights(town: Town) -> None:
    post = town.post("P1")
    town.offer(20)
    post.settle()
    post.round()
    assert post.link.asked[-1].allotments == []


def test_a_lost_answer_is_given_again(town: Town) -> None:
    post = town.post("P1")
    town.offer(20)
    post.link.lose = 2
    for _ in range(3):
        post.round()
    post.settle()
    report = town.report()
    assert report.at_points == post.right("O1") > 0
    post.sell("O1", 2)
    post.link.lose = 1
    post.round()
    post.settle()
    assert town.report().gone == 2


def test_what_one_point_does_not_need_goes_to_another(town: Town) -> None:
    idle, busy = town.post("P1"), town.post("P2")
    town.offer(8)
    idle.want("O1", 8)
    idle.settle()
    idle.want("O1", 8)
    idle.settle()
    taken = idle.right("O1")
    assert taken >= 4
    for _ in range(12):
        town.clock.advance(3600)
        busy.want("O1", 8)
        busy.settle()
        idle.settle()
        while busy.right("O1"):
            busy.sell("O1")
    assert idle.right("O1") < taken
    assert town.report().gone + idle.right("O1") + town.report().free == 8
