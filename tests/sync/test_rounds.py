"""Push and pull in one round, on real databases, with cut, doubled and lost answers."""

import dataclasses
from pathlib import Path

import msgspec
import pytest

from shared.db import open_sqlite
from shared.kernel.clock import utc_text
from shared.kernel.errors import BadInput
from shared.sync import accept, rows, store
from shared.sync.journal import chain_hash
from shared.sync.rebuild import differences, rebuild
from shared.sync.receive import SyncProblem
from shared.sync.rooms import Fact
from shared.sync.wire import FactLine, to_blocks
from tests.sync.conftest import FEEDS, POINT, REGION, Kiosk
from tests.sync.toy import Asked, Emptied, Filled, Priced, held


def fill(kiosk: Kiosk, box: str, amount: int) -> None:
    with kiosk.journal.writing(POINT) as tx:
        kiosk.journal.record(tx, Filled(box, amount), point=POINT, actor="店员")


def centre_fill(kiosk: Kiosk, box: str, amount: int) -> None:
    with kiosk.centre.journal.writing(POINT) as tx:
        kiosk.centre.journal.record(tx, Filled(box, amount), point=POINT, actor="运营")


def test_a_new_kiosk_reads_both_feeds_from_snapshots(kiosk: Kiosk) -> None:
    centre_fill(kiosk, "a", 3)
    with kiosk.centre.journal.writing(REGION) as tx:
        kiosk.centre.journal.record(tx, Priced("大葱", 350), point=REGION, actor="运营")
    kiosk.bootstrap()
    assert kiosk.same_as_centre()
    assert held(kiosk.db, POINT, "a") == 3


def test_a_fact_is_applied_here_at_once_and_at_the_centre_after_one_round(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 5)
    assert held(kiosk.db, POINT, "a") == 5
    assert kiosk.round()[0].own
    assert held(kiosk.centre.db, POINT, "a") == 5
    assert kiosk.same_as_centre()
    assert store.outbox(kiosk.db)[0] == 0


def test_rows_of_both_sides_meet_in_one_round(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 5)
    centre_fill(kiosk, "a", 7)
    centre_fill(kiosk, "b", 1)
    answer = kiosk.round()[0]
    assert not answer.own
    assert held(kiosk.db, POINT, "a") == 12
    assert kiosk.same_as_centre()


def test_a_lost_answer_is_made_good_by_the_next_round_without_doubling(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 5)
    kiosk.round(lose_answer=True)
    fill(kiosk, "a", 2)
    kiosk.round()
    assert held(kiosk.centre.db, POINT, "a") == held(kiosk.db, POINT, "a") == 7
    assert kiosk.same_as_centre()


def test_the_same_request_sent_three_times_counts_once(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 5)
    request = accept.first_request(kiosk.db, kiosk.house, kiosk.state(), "n", {})
    for _ in range(3):
        kiosk.centre.answer(request)
    kiosk.round()
    assert held(kiosk.centre.db, POINT, "a") == 5
    assert kiosk.same_as_centre()


def test_a_fact_recorded_while_the_round_runs_stays_in_the_outbox_and_on_the_screen(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 1)
    centre_fill(kiosk, "a", 10)
    kiosk.round(between=lambda: fill(kiosk, "a", 100))
    assert held(kiosk.db, POINT, "a") == 111
    assert store.outbox(kiosk.db)[0] == 1
    kiosk.round()
    assert kiosk.same_as_centre()
    assert held(kiosk.centre.db, POINT, "a") == 111


def test_a_removed_row_is_gone_on_both_sides(kiosk: Kiosk) -> None:
    centre_fill(kiosk, "a", 3)
    kiosk.bootstrap()
    with kiosk.centre.journal.writing(POINT) as tx:
        kiosk.centre.journal.record(tx, Emptied("a"), point=POINT, actor="运营")
    kiosk.round()
    assert kiosk.db.query("SELECT * FROM boxes") == []
    assert kiosk.same_as_centre()


def test_a_refused_wish_steps_back_at_the_kiosk(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    with kiosk.journal.writing(POINT) as tx:
        kiosk.journal.record(tx, Asked("a", 500), point=POINT, actor="居民")
    fill(kiosk, "b", 1)
    assert held(kiosk.db, POINT, "a") == 500
    answer = kiosk.round()[0]
    assert [refusal.code for refusal in answer.refusals] == ["TOO_MUCH"]
    assert held(kiosk.db, POINT, "a") == 0
    assert held(kiosk.db, POINT, "b") == 1
    assert kiosk.same_as_centre()


def test_a_refused_wish_steps_back_even_where_nothing_else_has_moved(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    with kiosk.journal.writing(POINT) as tx:
        kiosk.journal.record(tx, Asked("a", 500), point=POINT, actor="居民")
    answer = kiosk.round()[0]
    assert answer.refusals
    assert not answer.cursors
    assert held(kiosk.db, POINT, "a") == 0
    assert kiosk.same_as_centre()


def test_feeds_that_are_to_be_read_anew_stay_so_whatever_is_on_its_way(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    centre_fill(kiosk, "a", 7)

    def forget() -> None:
        with kiosk.db.writing() as tx:
            store.forget_cursors(tx, FEEDS[1:])

    kiosk.round(between=forget)
    assert list(store.cursors(kiosk.db)) == FEEDS[:1]
    kiosk.bootstrap()
    assert kiosk.same_as_centre()


def test_a_fact_that_fails_is_parked_and_what_follows_it_goes_on(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    at = utc_text(kiosk.clock.now())
    with kiosk.db.writing() as tx:
        good = msgspec.msgpack.encode(Filled("a", 1))
        for seq, payload in enumerate([good, msgspec.msgpack.encode(Filled("a", 13)), b"\x92\xa1a\xa1x", good], 1):
            before = store.fact_hash(tx, seq - 1)
            tx.execute(
                "INSERT INTO facts (seq, point, kind, at, actor, payload, hash, undo) VALUES (?,?,?,?,?,?,?,?)",
                (seq, POINT, "toy.filled.v1", at, "", payload,
                 chain_hash(before, "toy.filled.v1", at, "", payload), b"\x90"),
            )  # fmt: skip
    kiosk.round()
    assert held(kiosk.centre.db, POINT, "a") == 2
    assert [row["seq"] for row in reversed(store.open_quarantine(kiosk.centre.db))] in ([2, 3], [3, 2])
    assert kiosk.state().acked_seq == 4
    assert kiosk.same_as_centre()


def test_what_the_kiosk_parked_for_a_while_is_settled_when_it_fits_again(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    centre_fill(kiosk, "a", 1)

    def alone() -> None:
        with kiosk.journal.writing(POINT) as tx:
            kiosk.journal.record(tx, Filled("a", 5, "alone"), point=POINT, actor="店员")

    kiosk.round(between=alone)
    assert store.count_quarantine(kiosk.db) == 1
    assert held(kiosk.db, POINT, "a") == 1
    with kiosk.centre.journal.writing(POINT) as tx:
        kiosk.centre.journal.record(tx, Emptied("a"), point=POINT, actor="运营")
    kiosk.round()
    assert held(kiosk.centre.db, POINT, "a") == held(kiosk.db, POINT, "a") == 5
    assert store.count_quarantine(kiosk.centre.db) == store.count_quarantine(kiosk.db) == 0
    assert kiosk.same_as_centre()


def test_an_unknown_kind_is_kept_and_acknowledged(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    kiosk.journal.house.kinds["toy.filled.v1"] = dataclasses.replace(
        kiosk.journal.house.kinds["toy.filled.v1"], name="toy.filled.v9"
    )
    kiosk.journal.house.kind_of[Filled] = kiosk.journal.house.kinds["toy.filled.v1"]
    fill(kiosk, "a", 1)
    kiosk.round()
    parked = store.open_quarantine(kiosk.centre.db)
    assert [(row["kind"], row["reason"]) for row in parked] == [("toy.filled.v9", "UNKNOWN_KIND")]
    assert store.outbox(kiosk.db)[0] == 0


def test_a_kind_of_the_centre_is_not_taken_from_a_device(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    with kiosk.journal.writing(POINT) as tx:
        kiosk.journal.record(tx, Priced("大葱", 1), point=REGION, actor="somebody with the key")
    fill(kiosk, "a", 1)
    kiosk.round()
    assert [row["reason"] for row in store.open_quarantine(kiosk.centre.db)] == ["NOT_FOR_DEVICES"]
    assert kiosk.centre.db.query("SELECT * FROM prices") == []
    assert held(kiosk.centre.db, POINT, "a") == 1
    assert kiosk.same_as_centre()


def test_a_gap_is_named_and_changes_nothing(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    for amount in (1, 2, 3):
        fill(kiosk, "a", amount)
    ahead = dataclasses.replace(kiosk.state(), acked_seq=2)
    with pytest.raises(SyncProblem) as problem:
        kiosk.centre.answer(accept.first_request(kiosk.db, kiosk.house, ahead, "n", {}))
    assert (problem.value.code, problem.value.acked_seq) == ("GAP", 0)
    assert held(kiosk.centre.db, POINT, "a") == 0


def test_other_facts_under_known_numbers_are_named_a_fork(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 1)
    first = accept.first_request(kiosk.db, kiosk.house, kiosk.state(), "n", {})
    kiosk.centre.answer(first)
    line = first.facts[0]
    other = msgspec.structs.replace(first, facts=[msgspec.structs.replace(line, actors=["somebody else"])])
    with pytest.raises(SyncProblem) as problem:
        kiosk.centre.answer(other)
    assert problem.value.code == "FORK"


def test_an_older_copy_of_the_database_is_named_a_fork_before_it_records_anything(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 1)
    kiosk.round()
    asked_by_the_copy = accept.first_request(kiosk.db, kiosk.house, kiosk.state(), "n", {})
    fill(kiosk, "a", 2)
    kiosk.round()
    with pytest.raises(SyncProblem) as problem:
        kiosk.centre.answer(asked_by_the_copy)
    assert (problem.value.code, problem.value.acked_seq) == ("FORK", 2)


def test_a_fact_with_a_character_that_postgresql_does_not_hold_blocks_nothing(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    with kiosk.journal.writing(POINT) as tx:
        kiosk.journal.record(tx, Filled("a", 1, "no\x00te"), point=POINT, actor="店\x00员")
    fill(kiosk, "b", 2)
    kiosk.round()
    assert kiosk.state().acked_seq == 2
    assert held(kiosk.centre.db, POINT, "b") == 2
    assert kiosk.same_as_centre()


def test_an_older_version_put_back_parks_what_it_does_not_know_and_still_sends_it(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 1)
    fill(kiosk, "a", 2)
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE facts SET kind = 'toy.of_tomorrow.v1' WHERE seq = 2")
    state = kiosk.state()
    with kiosk.db.writing() as tx:
        for row in reversed(store.facts_after(tx, 0)):
            rows.step_back(tx, kiosk.house, bytes(row["undo"]))
        for row in store.facts_after(tx, 0):
            accept.apply_again(tx, kiosk.house, kiosk.clock, state, row)
    assert held(kiosk.db, POINT, "a") == 1
    assert [row["seq"] for row in store.open_quarantine(kiosk.db)] == [2]
    assert store.outbox(kiosk.db)[0] == 2


@pytest.mark.parametrize("at", ["", "yesterday", "2026-11-22", "2026-11-22T03:05:59.123", "9999-12-31T23:00:00.000Z"])
def test_a_fact_without_a_readable_time_is_parked_and_what_follows_goes_on(
    kiosk: Kiosk, tmp_path: Path, at: str
) -> None:
    kiosk.bootstrap()
    first, second = (msgspec.msgpack.encode(Filled("a", amount)) for amount in (1, 2))
    chain = chain_hash(bytes(16), "toy.filled.v1", at, "店员", first)
    good_at = utc_text(kiosk.clock.now())
    chain = chain_hash(chain, "toy.filled.v1", good_at, "店员", second)
    lines = [FactLine("toy.filled.v1", at, "店员", first), FactLine("toy.filled.v1", good_at, "店员", second)]
    request = msgspec.structs.replace(
        accept.first_request(kiosk.db, kiosk.house, kiosk.state(), "n", {}),
        n=2,
        facts=to_blocks(lines, 1)[0],
        chain_after=chain,
    )
    assert kiosk.centre.answer(request).acked_seq == 2
    assert held(kiosk.centre.db, POINT, "a") == 2
    assert [row["seq"] for row in store.open_quarantine(kiosk.centre.db)] == [1]
    empty = open_sqlite(tmp_path / "rebuilt.db", key=None, authoritative=True)
    rebuild(kiosk.centre.db, kiosk.house, empty)
    assert differences(kiosk.centre.db, empty, kiosk.house) == []
    empty.close()


@pytest.mark.parametrize("change", ["nonce", "count", "digest", "acked_seq", "cursors"])
def test_an_answer_that_is_not_whole_is_not_believed(kiosk: Kiosk, change: str) -> None:
    kiosk.bootstrap()
    centre_fill(kiosk, "a", 1)
    request = accept.first_request(kiosk.db, kiosk.house, kiosk.state(), "n", {})
    answer = kiosk.centre.answer(request)
    wrong = {"nonce": "other", "count": 5, "digest": b"x", "acked_seq": 9, "cursors": {"point:OTHER": 3}}
    with pytest.raises(BadInput):
        accept.check_answer(request, msgspec.structs.replace(answer, **{change: wrong[change]}))
    accept.check_answer(request, answer)


def test_many_rows_come_down_in_pages_and_land_together(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.sync.receive.SYNC_PAGE_ROWS", 7)
    kiosk.bootstrap()
    for number in range(40):
        centre_fill(kiosk, f"b{number % 23}", 1)
    answers = kiosk.round()
    assert len(answers) > 2
    assert kiosk.same_as_centre()


def test_a_kiosk_that_recorded_before_its_snapshot_loses_nothing(kiosk: Kiosk) -> None:
    kiosk.bootstrap()
    fill(kiosk, "a", 1)
    kiosk.round(lose_answer=True)
    fill(kiosk, "a", 2)
    with kiosk.db.writing() as tx:
        store.forget_cursors(tx)
    kiosk.bootstrap()
    assert held(kiosk.db, POINT, "a") == 3
    centre_fill(kiosk, "a", 4)
    kiosk.round()
    assert held(kiosk.db, POINT, "a") == held(kiosk.centre.db, POINT, "a") == 7
    assert rows.digest(kiosk.db, kiosk.house, f"point:{POINT}") == rows.digest(
        kiosk.centre.db, kiosk.house, f"point:{POINT}"
    )


def test_a_rule_that_never_ends_is_parked_and_what_follows_goes_on(kiosk: Kiosk, tmp_path: Path) -> None:
    """R22: one poisoned fact holds up nothing, at its first round already."""
    kiosk.bootstrap()
    fill(kiosk, "a", 1)
    with kiosk.journal.writing(POINT) as tx:
        kiosk.journal.record(tx, Filled("b", 1, "endless"), point=POINT, actor="店员")
    fill(kiosk, "a", 2)
    kiosk.round()
    assert held(kiosk.centre.db, POINT, "a") == 3
    assert [row["seq"] for row in store.open_quarantine(kiosk.centre.db)] == [2]
    kiosk.round()
    assert kiosk.same_as_centre()
    empty = open_sqlite(tmp_path / "rebuilt.db", key=None, authoritative=True)
    rebuild(kiosk.centre.db, kiosk.house, empty)
    assert differences(kiosk.centre.db, empty, kiosk.house) == []
    empty.close()


def test_a_payload_that_is_no_list_travels_as_it_is_and_is_parked(kiosk: Kiosk) -> None:
    """R22: what a damaged or foreign program wrote reaches the centre byte for byte."""
    kiosk.bootstrap()
    for packed in (b"", b"\xc1", b"\x81\xa1a\x01", b"\xd9\x01a", b"\x91\xd9\x01a"):
        with kiosk.db.writing() as tx:
            head = store.kiosk_head(tx)
            at = utc_text(kiosk.clock.now())
            fact = Fact(POINT, "K1", "EK1", head.seq + 1, "toy.filled.v1", at, "", Filled("a", 1))
            store.add_fact(tx, fact, packed, chain_hash(head.hash, fact.kind, at, "", packed), b"\x90")
    fill(kiosk, "a", 2)
    kiosk.round()
    assert held(kiosk.centre.db, POINT, "a") == 2
    assert store.count_quarantine(kiosk.centre.db) == 5
    assert store.outbox(kiosk.db)[0] == 0
