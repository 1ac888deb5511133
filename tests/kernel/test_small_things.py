"""Ids, money, masks and time."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.clock import ManualClock, parse_utc, utc_text
from shared.kernel.errors import Refused
from shared.kernel.ids import ID_PATTERN, IdMaker, base32
from shared.kernel.money import parse_yuan, yuan
from shared.kernel.privacy import mask_name, mask_phone, normal_phone, phone_tail


def test_ids_of_many_threads_are_all_different_and_of_one_form() -> None:
    maker = IdMaker("K1", "7QF3Z")
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(maker.new() for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 2000
    assert all(ID_PATTERN.fullmatch(one) for one in made)


def test_two_starts_of_a_process_do_not_share_ids() -> None:
    assert IdMaker.at_start("K1").new() != IdMaker.at_start("K1").new()


@given(st.integers(0, 2**80))
def test_base_32_counts_like_its_alphabet(number: int) -> None:
    text = base32(number)
    assert sum("0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(c) * 32**i for i, c in enumerate(reversed(text))) == number


@given(st.integers(0, 10**11 - 1))
def test_money_that_is_shown_reads_back(fen: int) -> None:
    assert parse_yuan(yuan(fen)) == fen


@pytest.mark.parametrize("text", ["", "1.234", "-3", "1,5", "12.3.4", "1e3", "￥", "NaN"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_yuan(text)


def test_full_width_digits_are_digits() -> None:
    assert parse_yuan("￥１２．５０") == 1250
    assert normal_phone("１３８１２３４１２３４") == "13812341234"


@pytest.mark.parametrize(
    ("name", "masked"), [("王小明", "王*明"), ("李雷", "李*"), ("欧阳小明", "欧**明"), ("王", "*"), ("", "*")]
)
def test_names_are_masked_in_the_middle(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_phones_are_masked_and_read_as_people_write_them() -> None:
    assert mask_phone("13812341234") == "138****1234"
    assert phone_tail("13812341234") == "1234"
    assert normal_phone("+86 138-1234 1234") == normal_phone("008613812341234") == "13812341234"
    for wrong in ("1381234123", "23812341234", "138123412345", "abc"):
        with pytest.raises(ValueError, match="mobile"):
            normal_phone(wrong)


def test_time_is_written_in_utc_and_sorts_as_text() -> None:
    shanghai = datetime(2026, 11, 22, 11, 5, 59, 123456, tzinfo=timezone(timedelta(hours=8)))
    assert utc_text(shanghai) == "2026-11-22T03:05:59.123Z"
    assert parse_utc("2026-11-22T03:05:59.123Z") == datetime(2026, 11, 22, 3, 5, 59, 123000, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        parse_utc("2026-11-22T03:05:59")


def test_the_manual_clock_lets_the_wall_jump_without_the_monotonic() -> None:
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    clock.advance(5)
    clock.set_wall(datetime(1970, 1, 1, tzinfo=UTC))
    assert clock.monotonic() == 5
    assert clock.now().year == 1970


def test_a_refusal_says_cause_next_step_and_code() -> None:
    refused = Refused("NO_ROOM", "货架 %(shelf)s 已满。", "换一个货架。", shelf=3)
    assert str(refused) == "货架 3 已满。 换一个货架。 (NO_ROOM)"
