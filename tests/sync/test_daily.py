"""Rows that differ although everything was read are found within a day, and mended by themselves."""

from shared.sync import accept, store
from shared.sync.daily import note_asked, read_anew, shape
from tests.sync.conftest import FEEDS, POINT, REGION, Kiosk
from tests.sync.test_rounds import fill
from tests.sync.test_versions import house_of
from tests.sync.toy import held


def compare(kiosk: Kiosk) -> list[str]:
    """One idle round; the feeds to read anew."""
    state = kiosk.state()
    request = accept.first_request(kiosk.db, kiosk.house, state, "n", {})
    if request.digests:
        note_asked(kiosk.db, state)
    answer = kiosk.centre.answer(request)
    accept.accept(kiosk.db, kiosk.house, kiosk.clock, state, [answer])
    read_anew(kiosk.db, answer.reread)
    return answer.reread


def test_a_changed_row_is_found_once_a_day_and_read_anew(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 5)
    kiosk.round()
    assert compare(kiosk) == []
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE boxes SET held = 6 WHERE point = ?", (POINT,))
    assert compare(kiosk) == [], "compared today already"
    kiosk.clock.advance(24 * 3600)
    kiosk.round()
    assert compare(kiosk) == [f"point:{POINT}"]
    assert set(store.cursors(kiosk.db)) == {f"region:{REGION}"}
    noted = store.differences_since(kiosk.centre.db, "2026-01-01")
    assert [(row["device"], row["feed"]) for row in noted] == [("K1", f"point:{POINT}")]
    kiosk.bootstrap()
    assert held(kiosk.db, POINT, "a") == 5
    assert kiosk.same_as_centre()


def test_nothing_is_compared_while_facts_wait(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 5)
    kiosk.round()
    fill(kiosk, "a", 5)
    assert accept.first_request(kiosk.db, kiosk.house, kiosk.state(), "n", {}).digests == {}


def test_digests_of_versions_with_other_columns_are_not_compared() -> None:
    shapes = {shape(house_of(version), FEEDS[1]) for version in (1, 2, 3)}
    assert len(shapes) == 3
