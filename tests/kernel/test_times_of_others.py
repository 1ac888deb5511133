"""Times that come in from a kiosk: only those our own clock could have written."""

import pytest

from shared.kernel.clock import checked_utc


def test_a_time_of_ours_passes_unchanged() -> None:
    assert checked_utc("2026-11-22T03:05:59.123Z") == "2026-11-22T03:05:59.123Z"


@pytest.mark.parametrize(
    "text",
    [
        "", "zzz", "9999-01-01T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-11-22T25:05:59.123Z",
        "2026-11-22T03:05:59Z", "2026-11-22 03:05:59.123Z", "2026-11-22T03:05:59.123+08:00",
        "２026-11-22T03:05:59.123Z",
        "2026-11-22T03:05:59.123Z\n", "0000-01-01T00:00:00.000Z",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time of ours|out of range|must be in|Invalid"):
        checked_utc(text)
