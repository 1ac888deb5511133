"""What must never sell a unit twice: crashes, old copies, other machines, lost guards, restored centres, the dead."""

import shutil
from pathlib import Path

import pytest

from kiosk.sync.rules import Trouble
from shared.allotments import operations, reports, standing, store
from shared.allotments.findings import centre_findings, kiosk_findings
from shared.allotments.guard import Kept
from shared.allotments.pools import generation_of, missing
from shared.allotments.rules import Frozen, HolderState
from shared.cases import store as cases
from shared.cases.rules import CASE_KIND_NAMES, CASE_WORDS, CaseKind
from shared.db import open_sqlite
from shared.kernel.errors import Refused
from shared.orders.operations import sell_at_counter
from shared.parcels.operations import receive_parcel
from shared.sync.rebuild import differences, rebuild
from tests.allotments.stand import PRICE, REGION, Post, Town
from tests.allotments.walk import Crash, Walk


def supplied(town: Town, name: str = "P1", total: int = 20) -> Post:
    """A post with a right of at least two."""
    post = town.post(name)
    town.offer(total)
    post.settle()
    post.want("O1", 4)
    post.settle()
    assert post.right("O1") >= 4
    return post


def frozen(post: Post) -> Frozen | None:
    return standing.frozen(post.kiosk.db, post.kiosk.guard)


def test_a_crash_between_guard_and_commit_sells_nothing_and_loses_the_unit(small_town: Town) -> None:
    post = supplied(small_town)
    before = post.right("O1")
    journal = post.kiosk.journal()

    def lose_power() -> None:
        raise Crash

    with pytest.raises(Crash), journal.writing(post.point) as tx:
        sell_at_counter(journal, tx, post.kiosk.guard, post.point, [("O1", 1)], received_fen=PRICE, actor="S1")
        tx.before_commit(lose_power)
    post.reopen()
    assert frozen(post) is None, "offline, a crash must not end the day's sales"
    assert post.right("O1") == before - 1, "it may have been handed over: only a person's count gives it back"
    post.sell("O1")
    post.settle()
    report = small_town.report()
    assert report.gone == 2
    assert report.free + report.at_points + report.gone == 20


def test_an_old_copy_of_the_database_sells_nothing_before_a_round_and_nothing_twice(small_town: Town) -> None:
    post = supplied(small_town)
    copy = post.copy()
    sold = post.right("O1") - 1
    for _ in range(sold):
        post.sell("O1")
    post.put_back(copy)
    assert frozen(post) is Frozen.OLD_DATABASE
    with pytest.raises(Refused, match="SALE_FROZEN") as refused:
        post.sell("O1")
    assert refused.value.next_step
    assert post.round() is Trouble.NONE
    assert frozen(post) is None
    post.settle()
    report = small_town.report()
    assert report.gone == sold
    assert report.at_points == post.right("O1")
    assert report.gone + report.at_points + report.free == 20


def test_the_guard_alone_would_do_when_the_old_copy_has_moved_on(small_town: Town) -> None:
    """An old copy goes on with other facts until its numbers have passed the guard's: the hash tells it apart."""
    post = supplied(small_town)
    copy = post.copy()
    for _ in range(2):
        post.sell("O1")
    post.put_back(copy)
    journal = post.kiosk.journal()
    for n in range(4):
        receive_parcel(journal, post.point, waybill=f"YT00000{n}", actor="S1")
    assert frozen(post) is Frozen.OLD_DATABASE
    post.round()
    assert frozen(post) is None
    now = standing.standing(post.kiosk.db, post.kiosk.guard)
    known = store.right(post.kiosk.db, now.lot, "O1")
    assert known
    assert known.counters.sold == 2, "the guard's word is written down again"
    post.settle()
    assert small_town.report().gone == 2


def test_a_card_in_another_machine_has_no_rights(small_town: Town) -> None:
    post = supplied(small_town)
    post.reopen(hardware="another machine")
    assert frozen(post) is Frozen.FOREIGN
    with pytest.raises(Refused, match="SALE_FROZEN"):
        post.sell("O1")
    assert post.round() is Trouble.CLONE
    assert frozen(post) is Frozen.FOREIGN, "a round does not make it ours"


def test_a_lost_guard_begins_anew_and_a_case_says_what_is_at_risk(small_town: Town) -> None:
    post = supplied(small_town)
    post.sell("O1")
    post.settle()
    held = post.right("O1")
    post.lose_guard()
    assert frozen(post) is Frozen.NO_GUARD
    with pytest.raises(Refused, match="SALE_FROZEN"):
        post.sell("O1")
    post.settle()
    assert frozen(post) is None
    report = small_town.report()
    assert report.at_risk == held
    assert report.free + report.at_points + report.at_risk + report.gone == 20
    ((place, case),) = cases.cases(small_town.centre.db)
    assert (place, case.kind, case.detail["exposure"]) == (post.point, CaseKind.RIGHTS_AT_RISK, held)
    assert str(held) in CASE_WORDS[case.kind] % case.detail
    assert CASE_KIND_NAMES[case.kind]
    (risky,) = reports.at_risk_in(small_town.centre.db, REGION)
    operations.sign_off(small_town.centre.journal, "O1", post.device, risky.lot, 1, "op")
    report = small_town.report()
    assert (report.at_risk, report.gone) == (0, 1)
    assert cases.cases(small_town.centre.db) == []


@pytest.mark.parametrize("harm", ["torn", "flipped", "empty"])
def test_a_damaged_slot_of_the_guard_leaves_the_other(small_town: Town, harm: str) -> None:
    post = supplied(small_town)
    post.sell("O1")
    kept = post.kiosk.guard.read(post.device)
    assert isinstance(kept, Kept)
    before = post.right("O1")
    newest = post.folder / ("guard.b" if kept.serial % 2 else "guard.a")
    data = newest.read_bytes()
    harmed = {"torn": data[: len(data) // 2], "flipped": bytes([*data[:-1], data[-1] ^ 1]), "empty": b""}[harm]
    newest.write_bytes(harmed)
    older = post.kiosk.guard.read(post.device)
    assert isinstance(older, Kept)
    assert older.serial == kept.serial - 1
    assert post.right("O1") == before, "the database remembers the sale that the lost slot told of"
    newest.unlink()
    assert post.right("O1") == before
    (post.folder / ("guard.a" if newest.suffix == ".b" else "guard.b")).write_bytes(b"nonsense")
    assert frozen(post) is Frozen.NO_GUARD


def test_an_old_guard_file_is_no_guard(small_town: Town) -> None:
    post = supplied(small_town)
    old = {path.name: path.read_bytes() for path in post.folder.glob("guard.?")}
    post.lose_guard()
    post.settle()
    assert frozen(post) is None
    for name, data in old.items():
        (post.folder / name).write_bytes(data)
    assert frozen(post) is Frozen.NO_GUARD


def test_a_restored_centre_grants_nothing_before_everybody_was_heard(small_town: Town) -> None:
    one, two = small_town.post("P1"), small_town.post("P2")
    small_town.offer(10)
    one.settle()
    copy = small_town.copy()
    two.settle()
    two.want("O1", 6)
    two.settle()
    had = two.right("O1")
    assert had >= 6
    phoned = small_town.report().free
    small_town.phone("before", "O1", phoned)
    small_town.put_back(copy)
    assert small_town.report().free > 0, "the copy knows nothing of the later rights"
    with pytest.raises(Refused, match="OFFER_FROZEN"):
        small_town.phone("after", "O1", 1)
    one.want("O1", 5)
    for _ in range(3):
        one.round()
    assert one.right("O1") + had + phoned <= 10
    frozen_now = small_town.report()
    assert frozen_now.frozen
    assert [gone.device for gone in frozen_now.missing] == [two.device]
    with pytest.raises(Refused, match="OFFER_FROZEN"):
        operations.set_right_of_point(small_town.centre.journal, "O1", one.device, 1, "op")
    two.settle()
    report = small_town.report()
    assert not report.frozen
    assert report.free + report.at_points + report.gone == 10
    assert (two.right("O1"), report.gone) == (had, phoned)
    with pytest.raises(Refused, match="SALE_NONE_LEFT"):
        small_town.phone("after", "O1", 1)


def test_a_silent_device_is_signed_off_so_that_a_frozen_offer_goes_on(small_town: Town) -> None:
    one, two = small_town.post("P1"), small_town.post("P2")
    small_town.offer(10)
    copy = small_town.copy()
    two.want("O1", 4)
    two.settle()
    two.want("O1", 4)
    two.settle()
    had = two.right("O1")
    two.sell("O1", 3)
    small_town.put_back(copy)
    one.settle()
    assert small_town.report().frozen
    operations.sign_off_device(small_town.centre.journal, REGION, two.device, [("O1", 3)], "op")
    report = small_town.report()
    assert not report.frozen
    assert (report.gone, report.free + report.at_points) == (3, 7)
    # it was not dead: it had sold one more meanwhile, and what it still holds is not lost or sold twice
    two.sell("O1")
    two.settle()
    report = small_town.report()
    assert report.gone == 4
    assert two.right("O1") + report.free + one.right("O1") <= 10 - 4
    assert had == 4


def test_a_centre_put_back_quietly_is_found_out_by_what_a_device_holds(small_town: Town) -> None:
    post = small_town.post("P1")
    small_town.offer(10)
    copy = small_town.copy()
    post.settle()
    generation = generation_of(small_town.centre.db)
    small_town.put_back(copy, quietly=True)
    post.sell("O1")
    post.settle()
    assert generation_of(small_town.centre.db) > generation
    report = small_town.report()
    assert report.gone == 1
    assert report.free + report.at_points == 9


def test_a_device_that_comes_back_with_more_sales_than_counted_opens_a_case(town: Town) -> None:
    one = supplied(town)
    one.sell("O1", 2)
    one.settle()
    (lost,) = operations.declare_dead(town.centre.journal, one.device, "op")
    report = town.report()
    assert (report.at_risk, report.lines[0].share.state) == (lost.counters.right, HolderState.DEAD)
    with pytest.raises(Refused, match="COUNT_RANGE") as refused:
        operations.sign_off(town.centre.journal, "O1", one.device, lost.lot, 1, "op")
    assert refused.value.params["known"] == 2
    operations.sign_off(town.centre.journal, "O1", one.device, lost.lot, 2, "op")
    assert town.report().free == 18
    one.sell("O1", 2)
    one.settle()
    ((_, case),) = cases.cases(town.centre.db)
    assert case.kind is CaseKind.OVERSOLD_RISK
    assert (case.detail["signed_gone"], case.detail["gone"], case.detail["more"]) == (2, 4, 2)
    assert "多出 2 件" in CASE_WORDS[case.kind] % case.detail
    report = town.report()
    assert report.gone == 4
    assert report.free + report.at_points == 16


def test_a_device_given_up_too_early_goes_on(town: Town) -> None:
    one = supplied(town)
    operations.declare_dead(town.centre.journal, one.device, "op")
    assert len(cases.cases(town.centre.db)) == 1
    right = one.right("O1")
    one.sell("O1")
    one.settle()
    assert one.right("O1") >= right - 1
    assert cases.cases(town.centre.db) == []
    assert town.report().at_risk == 0


def test_cases_follow_from_the_journal(small_town: Town) -> None:
    post = supplied(small_town)
    post.sell("O1")
    small_town.phone("K-1", "O1", 1)
    post.settle()
    post.lose_guard()
    post.settle()
    operations.declare_dead(small_town.centre.journal, post.device, "op")
    centre = small_town.centre
    empty = open_sqlite(small_town.new_file("rebuilt.db"), key=None, authoritative=True)
    rebuild(centre.db, centre.house, empty)
    assert differences(centre.db, empty, centre.house) == []
    empty.close()


def test_a_moved_card_enrolled_anew_forgets_the_former_rights(small_town: Town) -> None:
    post = supplied(small_town)
    other = small_town.post("P2")
    folder = small_town.folder / "moved"
    shutil.copytree(post.folder, folder, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    copied = post.kiosk.guard.read(post.device)
    assert isinstance(copied, Kept)
    assert other.kiosk.guard.read(post.device) is Frozen.FOREIGN


def test_the_doctor_says_in_words_what_is_wrong(small_town: Town) -> None:
    post = supplied(small_town)

    def said() -> tuple[list[bool], str]:
        found = [*kiosk_findings(post.kiosk.db, post.kiosk.guard), *centre_findings(small_town.centre.db)]
        return [one.good for one in found], " ".join(one.text for one in found)

    good, text = said()
    assert all(good)
    assert f"共可售 {post.right('O1')} 件" in text
    post.lose_guard()
    good, text = said()
    assert "缺少额度护卫文件" in text
    assert not good[0]
    post.settle()
    small_town.new_life()
    good, text = said()
    assert f"等待 {post.device}" in text
    assert "处于风险中" in text
    assert good == [True, True, False, False]


def test_everybody_must_be_heard_who_may_hold_rights(small_town: Town) -> None:
    post = supplied(small_town)
    dead = small_town.post("P2")
    small_town.revoke(dead.device)
    small_town.new_life()
    generation = generation_of(small_town.centre.db)
    waiting = {one.device for one in missing(small_town.centre.db, REGION, generation)}
    assert {post.device, dead.device} <= waiting
    operations.declare_dead(small_town.centre.journal, dead.device, "op")
    post.settle()
    assert missing(small_town.centre.db, REGION, generation) == []
    small_town.new_life()
    waiting = {one.device for one in missing(small_town.centre.db, REGION, generation + 1)}
    assert waiting == {post.device, small_town.centre.installation.holder}, (
        "who was given up can have got nothing since"
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_walk_through_everything_sells_nothing_twice(tmp_path: Path, seed: int) -> None:
    walk = Walk(tmp_path, seed)
    walk.run(120)
    walk.town.close()
