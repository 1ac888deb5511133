"""The plan of the demo's day: the numbers asked for, whole orders, the same again for the same seed."""

from datetime import date

import pytest

from deploy.demo.neighbourhood import Neighbourhood, generate
from deploy.demo.plan import DaySize, PlanImpossible, plan_day

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def neighbourhood() -> Neighbourhood:
    return generate(7, DAY)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("size", [DaySize(), DaySize(10, 2, 6), DaySize(200, 40, 120)])
def test_the_day_has_the_size_that_was_asked_for(neighbourhood: Neighbourhood, size: DaySize, seed: int) -> None:
    plan = plan_day(neighbourhood, size, seed)
    arrivals = [one for point in plan.points for one in point.arrivals]
    assert len(arrivals) == plan.arrivals == size.parcels
    assert sum(bool(one.order) for one in arrivals) == size.own
    assert plan.collectors == size.hand_outs
    assert len({one.waybill for one in arrivals}) == size.parcels


def test_everybody_who_comes_has_something_and_somebody_is_left(neighbourhood: Neighbourhood) -> None:
    for point in plan_day(neighbourhood, DaySize(), 7).points:
        phones = {one.phone for one in point.arrivals}
        assert len(set(point.collectors)) == len(point.collectors) > 0
        assert set(point.collectors) < phones


def test_orders_come_whole_and_to_their_own_point(neighbourhood: Neighbourhood) -> None:
    by_number = {order.number: order for order in neighbourhood.paid_orders}
    for point in plan_day(neighbourhood, DaySize(), 7).points:
        boxes: dict[str, set[str]] = {}
        for one in point.arrivals:
            if one.order:
                boxes.setdefault(one.order, set()).add(one.waybill)
        for number, waybills in boxes.items():
            assert waybills == set(by_number[number].waybills)
            assert by_number[number].point == point.point


def test_the_same_seed_gives_the_same_day(neighbourhood: Neighbourhood) -> None:
    size = DaySize()
    assert plan_day(neighbourhood, size, 3) == plan_day(generate(7, DAY), size, 3)
    assert plan_day(neighbourhood, size, 3) != plan_day(neighbourhood, size, 4)


@pytest.mark.parametrize("size", [DaySize(5000, 0, 60), DaySize(20, 0, 60), DaySize(88, 12, 0)])
def test_a_day_that_cannot_be_is_refused(neighbourhood: Neighbourhood, size: DaySize) -> None:
    with pytest.raises(PlanImpossible):
        plan_day(neighbourhood, size, 7)
