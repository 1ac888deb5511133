"""The terminal is told what goes on, at least once a second."""

import threading
from io import StringIO

import pytest

from deploy.demo import progress
from deploy.demo.progress import Progress


def test_a_step_says_what_it_is_and_how_long_it_took() -> None:
    out, clock = StringIO(), iter([10.0, 12.34])
    with Progress(out, clock.__next__).step("centre starts"):
        assert out.getvalue() == "  centre starts "
    assert out.getvalue() == "  centre starts  · 2.3 s\n"


def test_a_step_that_fails_says_so_and_lets_the_error_through() -> None:
    out = StringIO()
    with pytest.raises(TimeoutError), Progress(out).step("kiosks start"):
        raise TimeoutError
    assert "failed after 0.0 s" in out.getvalue()


def test_a_long_step_is_never_silent_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress.TICK_SECONDS < 1
    monkeypatch.setattr(progress, "TICK_SECONDS", 0.01)

    class Ticked(StringIO):
        dots = threading.Semaphore(0)

        def write(self, text: str) -> int:
            if text == ".":
                self.dots.release()
            return super().write(text)

    out = Ticked()
    with Progress(out).step("labels"):
        for _ in range(3):
            assert out.dots.acquire(timeout=5)
    assert out.getvalue().startswith("  labels ...")
