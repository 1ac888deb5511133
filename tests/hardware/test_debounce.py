"""One showing is one scan."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.decoding.debounce import Debouncer, Verdict
from hardware.decoding.reading import Outcome, Reading

FRAME_SECONDS = 1 / 15


def code(text: str, symbology: str = "QRCode", outcome: Outcome = Outcome.READ) -> Reading:
    return Reading(outcome, symbology, ((0, 0), (9, 0), (9, 9), (0, 9)), text)


def test_a_pass_held_up_for_ten_seconds_is_one_scan() -> None:
    debouncer = Debouncer()
    verdicts = [debouncer.see([code("1")], frame * FRAME_SECONDS).verdict for frame in range(150)]
    assert verdicts == [Verdict.FRESH] + [Verdict.HELD] * 149


def test_frames_between_in_which_it_is_not_read_do_not_make_it_two() -> None:
    debouncer = Debouncer()
    verdicts = [
        debouncer.see([code("1")] if frame % 14 == 0 else [], frame * FRAME_SECONDS).verdict for frame in range(150)
    ]
    assert verdicts.count(Verdict.FRESH) == 1


def test_it_counts_again_after_three_seconds_of_which_one_without_it() -> None:
    debouncer = Debouncer()
    assert debouncer.see([code("1")], 0.0).verdict is Verdict.FRESH
    assert debouncer.see([code("1")], 2.9).verdict is Verdict.HELD, "away for 2.9 s, but within the hold"
    assert debouncer.see([code("1")], 3.8).verdict is Verdict.HELD, "hold over, but away for 0.9 s only"
    assert debouncer.see([code("1")], 4.8).verdict is Verdict.FRESH


def test_another_pass_counts_at_once() -> None:
    debouncer = Debouncer()
    assert debouncer.see([code("1")], 0.0).verdict is Verdict.FRESH
    assert debouncer.see([code("2")], 0.1).verdict is Verdict.FRESH
    assert debouncer.see([code("1")], 0.2).verdict is Verdict.HELD


def test_two_passes_in_one_frame_are_refused_once_and_the_one_that_stays_counts_a_second_later() -> None:
    debouncer = Debouncer()
    both = [code("1"), code("2")]
    assert debouncer.see(both, 0.0).verdict is Verdict.CONFLICT
    assert debouncer.see(list(reversed(both)), 0.1).verdict is Verdict.HELD
    assert debouncer.see([code("1")], 0.2).verdict is Verdict.HELD
    assert debouncer.see([code("1")], 1.0).verdict is Verdict.HELD
    assert debouncer.see([code("1")], 1.2).verdict is Verdict.FRESH


def test_our_label_outranks_the_couriers_bar_code_beside_it() -> None:
    seen = Debouncer().see([code("SF1", "Code128"), code("L1"), code("SF2", "Code128")], 0.0)
    assert seen.verdict is Verdict.FRESH
    assert seen.reading is not None
    assert seen.reading.text == "L1"
    assert Debouncer().see([code("SF1", "Code128"), code("SF2", "Code128")], 0.0).verdict is Verdict.CONFLICT


def test_what_is_too_long_is_said_once_and_what_is_unreadable_never() -> None:
    debouncer = Debouncer()
    long = [code("", outcome=Outcome.TOO_LONG)]
    assert [debouncer.see(long, second / 10).verdict for second in range(3)] == [
        Verdict.TOO_LONG,
        Verdict.HELD,
        Verdict.HELD,
    ]
    assert debouncer.see([code("", outcome=Outcome.UNREADABLE)], 9.0).verdict is Verdict.NOTHING


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1.5)), max_size=60))
def test_the_same_pass_is_never_fresh_twice_within_the_hold(steps: list[tuple[str, float]]) -> None:
    debouncer, now, fresh = Debouncer(), 0.0, dict[str, float]()
    for text, wait in steps:
        now += wait
        if debouncer.see([code(text)], now).verdict is Verdict.FRESH:
            assert now - fresh.get(text, -9.0) >= 3.0
            fresh[text] = now
