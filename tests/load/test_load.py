"""The load generator measures what it says, and the arithmetic from a round to a fleet is what the document says."""

import pytest

from tests.load import database, scale
from tests.load.drive import MODES
from tests.load.figures import Figure, measure


def figure(mode: str, app_ms: float, database_ms: float) -> Figure:
    return Figure("PostgreSQL", 1, mode, 100, 1, 2, 3, app_ms, database_ms, 1, 500, 250, 2000, 3000, 50, 0)


def test_every_mode_is_measured_and_every_round_taken() -> None:
    figures = list(measure(database.sqlite, 1, kiosks=4, at_a_time=2, seconds=0.5))
    assert [one.mode for one in figures] == list(MODES)
    for one in figures:
        assert one.per_second > 0
        assert one.app_ms > 0
        assert one.refused == 0
        assert one.p50_ms <= one.p95_ms <= one.p99_ms
    by_mode = {one.mode: one for one in figures}
    assert by_mode["push"].bytes_up > by_mode["one"].bytes_up > by_mode["idle"].bytes_up


def test_a_fleet_needs_what_its_rounds_cost() -> None:
    idle, one = figure("idle", 2.0, 1.0), figure("one", 3.0, 2.0)
    needs = {(need.kiosks, need.interval): need for need in scale.needs(idle, one)}
    small, large = needs[1_000, 60], needs[1_000_000, 60]
    assert small.idle_rounds == pytest.approx(1_000 / 60)
    # 560 facts in 14 hours, three times as fast at the peak
    assert small.fact_rounds == pytest.approx(1_000 * 560 / 50_400 * 3)
    seconds_of_cpu = small.idle_rounds * 0.002 + small.fact_rounds * 0.003
    assert small.app_cores == pytest.approx(seconds_of_cpu / 0.6)
    assert large.app_cores == pytest.approx(1_000 * small.app_cores)
    assert large.data_gb_a_day == pytest.approx(1_000_000 * 560 * 2000 / 1e9)
    assert needs[1_000, 300].idle_rounds == pytest.approx(small.idle_rounds / 5)
