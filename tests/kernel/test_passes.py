"""A pass is judged by the point's key alone, and every text gets a verdict."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.passes import EXPIRY_START, PassVerdict, check, issue, looks_like_pass, point_key

MASTER = bytes(range(32))
KEY = point_key(MASTER, 7)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)


def test_the_form_of_a_pass_never_changes_by_accident() -> None:
    assert KEY.hex() == "12cdc205ed4efd15494ed6687539a90d9fdecd617659ffbda0ac159f8fe8dd34"
    assert issue(KEY, 7, 1234, TOMORROW, serial=5) == "0091344462119583418458169959695988176574540698126"


def test_a_good_pass_names_its_resident() -> None:
    result = check(issue(KEY, 7, 1234, TOMORROW, serial=5), KEY, 7, NOW)
    assert (result.verdict, result.resident_number, result.serial) == (PassVerdict.VALID, 1234, 5)


def test_a_pass_of_another_point_is_told_apart_from_a_forged_one() -> None:
    foreign = issue(point_key(MASTER, 8), 8, 1234, TOMORROW)
    assert check(foreign, KEY, 7, NOW).verdict is PassVerdict.WRONG_POINT
    assert check(issue(point_key(MASTER, 8), 7, 1234, TOMORROW), KEY, 7, NOW).verdict is PassVerdict.FORGED


def test_expiry_forgives_a_day_and_is_not_judged_by_a_clock_nobody_trusts() -> None:
    text = issue(KEY, 7, 1, NOW)
    assert check(text, KEY, 7, NOW + timedelta(hours=23)).verdict is PassVerdict.VALID
    late = NOW + timedelta(hours=26)
    assert check(text, KEY, 7, late).verdict is PassVerdict.EXPIRED
    assert check(text, KEY, 7, late, clock_trusted=False).verdict is PassVerdict.VALID


def test_a_revoked_serial_is_refused_and_the_next_one_is_good() -> None:
    revoked = {(1234, 0)}
    assert check(issue(KEY, 7, 1234, TOMORROW, 0), KEY, 7, NOW, revoked=revoked).verdict is PassVerdict.REVOKED
    assert check(issue(KEY, 7, 1234, TOMORROW, 1), KEY, 7, NOW, revoked=revoked).verdict is PassVerdict.VALID


@given(st.integers(0, 2**20 - 1), st.integers(0, 2**28 - 1), st.integers(0, 2**20 - 1), st.integers(0, 255))
def test_every_pass_that_can_be_issued_reads_back(point: int, resident: int, hours: int, serial: int) -> None:
    expires = EXPIRY_START + timedelta(hours=hours)
    key = point_key(MASTER, point)
    text = issue(key, point, resident, expires, serial)
    result = check(text, key, point, expires)
    assert looks_like_pass(text)
    assert (result.verdict, result.resident_number, result.serial, result.expires) == (
        PassVerdict.VALID,
        resident,
        serial,
        expires,
    )


@given(st.integers(0, 48), st.integers(1, 9))
def test_one_changed_digit_is_never_valid(place: int, step: int) -> None:
    text = issue(KEY, 7, 1234, TOMORROW)
    changed = text[:place] + str((int(text[place]) + step) % 10) + text[place + 1 :]
    assert check(changed, KEY, 7, NOW).verdict is not PassVerdict.VALID


@given(st.text() | st.from_regex(r"\d{49}", fullmatch=True) | st.from_regex(r"[0-9٠-٩]{49}", fullmatch=True))
def test_no_text_at_all_makes_checking_fail(text: str) -> None:
    assert check(text, KEY, 7, NOW).verdict in {
        PassVerdict.NOT_A_PASS,
        PassVerdict.WRONG_POINT,
        PassVerdict.FORGED,
    }


@pytest.mark.parametrize(("point", "resident", "serial"), [(2**20, 1, 0), (1, 2**28, 0), (1, 1, 256), (-1, 1, 0)])
def test_numbers_that_do_not_fit_are_refused_when_issuing(point: int, resident: int, serial: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        issue(KEY, point, resident, TOMORROW, serial)
