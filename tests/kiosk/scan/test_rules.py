"""What the scan worker makes of frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.decoding.debounce import Seen, Verdict
from hardware.decoding.reading import QR, Outcome, Reading
from kiosk.scan.rules import HINT_FRAMES, Detail, Hinting, Message, message_of, read_detail

SQUARE = ((0, 0), (200, 0), (200, 200), (0, 200))
SMALL = ((0, 0), (60, 0), (60, 60), (0, 60))


def test_each_verdict_has_its_message() -> None:
    read = Reading(Outcome.READ, QR, SQUARE, "123", "half")
    long = Reading(Outcome.TOO_LONG, QR, SQUARE)
    assert message_of(Seen(Verdict.FRESH, read)) == Message("read", "123", QR)
    assert message_of(Seen(Verdict.TOO_LONG, long)) == Message("too_long", symbology=QR)
    assert message_of(Seen(Verdict.CONFLICT)) == Message("conflict")
    assert message_of(Seen(Verdict.HELD, read)) is None
    assert message_of(Seen(Verdict.NOTHING)) is None


@pytest.mark.parametrize(("corners", "hint"), [(SMALL, "closer"), (SQUARE, "hold_still")])
def test_a_row_of_unreadable_frames_gives_one_hint(corners: tuple[tuple[int, int], ...], hint: str) -> None:
    hinting = Hinting()
    blurred = [Reading(Outcome.UNREADABLE, QR, corners)]
    given_hints = [hinting.see(blurred) for _ in range(HINT_FRAMES * 3)]
    assert [one for one in given_hints if one] == [Message("unreadable", hint=hint)]
    assert hinting.see([]) is None
    assert any(hinting.see(blurred) for _ in range(HINT_FRAMES))


def test_a_readable_code_beside_an_unreadable_one_gives_no_hint() -> None:
    hinting = Hinting()
    both = [Reading(Outcome.UNREADABLE, QR, SMALL), Reading(Outcome.READ, QR, SQUARE, "1", "half")]
    assert not any(hinting.see(both) for _ in range(HINT_FRAMES * 3))


@given(st.text(max_size=60))
def test_details_of_another_version_do_no_harm(text: str) -> None:
    assert isinstance(read_detail(text), Detail)
