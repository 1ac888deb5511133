"""What state an order is in: every pair of state and wish, every state of its goods, on both databases."""

from collections.abc import Callable

import pytest

from shared.kernel.errors import Refused
from shared.orders import store
from shared.orders.facts import note_goods
from shared.orders.operations import cancel_order, pay_order, place_order, refund_order
from shared.orders.rules import (
    ORDER_STATE_NAMES,
    Goods,
    Order,
    OrderLine,
    OrderState,
    Wish,
    after_goods,
    after_wish,
    check_lines,
    total_fen,
)
from shared.sync import CentreJournal
from tests.conftest import POINT

LINES = [OrderLine("APPLE", "苹果", 3, 990), OrderLine("PEAR", "梨", 1, 1250)]

# Rows: state before; columns: wish; "-" is refused.
TABLE = """
           PAY   CANCEL    REFUND
PLACED     PAID  CANCELLED -
PAID       -     CANCELLED REFUNDED
READY      -     CANCELLED REFUNDED
COLLECTED  -     -         REFUNDED
CANCELLED  -     -         REFUNDED
REFUNDED   -     -         -
"""


def pairs() -> list[tuple[OrderState, Wish, str]]:
    head, *lines = (line.split() for line in TABLE.strip().splitlines())
    return [
        (OrderState[state], Wish[wish], cell) for state, *cells in lines for wish, cell in zip(head, cells, strict=True)
    ]


def order_in(state: OrderState) -> Order:
    goods = {OrderState.READY: Goods.READY, OrderState.COLLECTED: Goods.COLLECTED}.get(state, Goods.WAITING)
    return Order("O1", "1", "R1", state, goods, 0, "")


def test_the_table_names_every_pair() -> None:
    assert {(state, wish) for state, wish, _ in pairs()} == {(state, wish) for state in OrderState for wish in Wish}
    assert set(ORDER_STATE_NAMES) == set(OrderState)


@pytest.mark.parametrize(("state", "wish", "cell"), pairs())
def test_every_pair_of_state_and_wish(state: OrderState, wish: Wish, cell: str) -> None:
    if cell == "-":
        with pytest.raises(Refused) as refused:
            after_wish(order_in(state), wish)
        assert refused.value.code == f"ORDER_{state.name}"
    else:
        assert after_wish(order_in(state), wish) is OrderState[cell]


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("goods", Goods)
def test_a_paid_order_follows_its_goods_and_no_other_does(state: OrderState, goods: Goods) -> None:
    follows = {Goods.WAITING: OrderState.PAID, Goods.READY: OrderState.READY, Goods.COLLECTED: OrderState.COLLECTED}
    stays = state in (OrderState.PLACED, OrderState.CANCELLED, OrderState.REFUNDED)
    assert after_goods(state, goods) is (state if stays else follows[goods])


def placed(centre: CentreJournal, number: str, *, paid: bool = True, point: str = POINT) -> Order:
    with centre.writing(point) as tx:
        return place_order(centre, tx, point, number=number, resident="R1", lines=LINES, paid=paid, actor="op")


def test_an_order_is_placed_with_its_lines(centre: CentreJournal) -> None:
    order = placed(centre, "A1")
    assert order == store.order(centre.db, POINT, order.id) == store.by_number(centre.db, POINT, "A1")
    assert (order.state, order.total_fen) == (OrderState.PAID, 3 * 990 + 1250)
    assert store.lines(centre.db, POINT, order.id) == LINES
    assert store.of_resident(centre.db, POINT, "R1") == [order]
    with pytest.raises(Refused, match="ORDER_EXISTS"):
        placed(centre, "A1")
    assert store.order(centre.db, "JN-HL02", order.id) is None


def test_wishes_are_written_and_refused(centre: CentreJournal) -> None:
    order = placed(centre, "A1", paid=False)
    steps: list[tuple[Callable[[], Order], OrderState]] = []
    with centre.writing(POINT) as tx:
        steps.append((lambda: pay_order(centre, tx, POINT, order.id, "op"), OrderState.PAID))
        steps.append((lambda: cancel_order(centre, tx, POINT, order.id, "不要了", "op"), OrderState.CANCELLED))
        steps.append((lambda: refund_order(centre, tx, POINT, order.id, "退款", "op"), OrderState.REFUNDED))
        for step, state in steps:
            assert step().state is state
    with pytest.raises(Refused, match="ORDER_REFUNDED"), centre.writing(POINT) as tx:
        cancel_order(centre, tx, POINT, order.id, "不要了", "op")
    with pytest.raises(Refused, match="ORDER_UNKNOWN"), centre.writing(POINT) as tx:
        pay_order(centre, tx, POINT, "nobody", "op")


def test_goods_that_came_first_are_found_by_the_payment(centre: CentreJournal) -> None:
    order = placed(centre, "A1", paid=False)
    with centre.writing(POINT) as tx:
        note_goods(tx, POINT, order.id, Goods.COLLECTED, "2026-11-22T04:00:00.000Z")
        note_goods(tx, POINT, "nobody", Goods.READY, "")
        assert store.order(tx, POINT, order.id) is not None
    before = store.order(centre.db, POINT, order.id)
    assert before is not None
    assert (before.state, before.collected_at) == (OrderState.PLACED, "2026-11-22T04:00:00.000Z")
    with centre.writing(POINT) as tx:
        assert pay_order(centre, tx, POINT, order.id, "op").state is OrderState.COLLECTED


def test_orders_are_listed_searched_and_counted(centre: CentreJournal) -> None:
    one, two = placed(centre, "A%1"), placed(centre, "B_2", paid=False)
    other = placed(centre, "A%1", point="JN-HL02")
    assert {order.id for _, order in store.orders(centre.db)} == {one.id, two.id, other.id}
    assert [order.id for _, order in store.orders(centre.db, POINT, state=OrderState.PLACED)] == [two.id]
    assert [order.id for _, order in store.orders(centre.db, POINT, search="%")] == [one.id]
    assert [order.id for _, order in store.orders(centre.db, POINT, search="_")] == [two.id]
    assert store.orders(centre.db, POINT, search="------") == []
    assert store.count_orders(centre.db, POINT) == 2
    assert store.count_orders(centre.db, search="\x00A%") == 2
    assert store.counts(centre.db)[OrderState.PAID] == 2
    assert store.counts(centre.db, POINT)[OrderState.CANCELLED] == 0
    assert len(store.orders(centre.db, limit=1, offset=1)) == 1
    assert store.states(centre.db, POINT, {one.id, "nobody"}) == {one.id: OrderState.PAID}
    assert store.states(centre.db, POINT, set()) == {}


@pytest.mark.parametrize(
    "line",
    [
        OrderLine("", "无", 1, 1),
        OrderLine("A", "无", 0, 1),
        OrderLine("A", "无", 10_000, 1),
        OrderLine("A", "无", 1, -1),
    ],
)
def test_lines_that_make_no_sense_are_refused(line: OrderLine) -> None:
    check_lines(LINES)
    assert total_fen(LINES) == 4220
    with pytest.raises(Refused, match="ORDER_LINES"):
        check_lines([*LINES, line])
    with pytest.raises(Refused, match="ORDER_LINES"):
        check_lines([])


@pytest.mark.parametrize("number", ["", "A" * 41, "A\n1"])
def test_numbers_that_nobody_could_read_are_refused(centre_sqlite: CentreJournal, number: str) -> None:
    with pytest.raises(Refused, match="ORDER_NUMBER"):
        placed(centre_sqlite, number)
