"""Screens that wait, on real waitress: pages stay quick, all hear at once, gone screens hold no thread."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from kiosk.__main__ import WEB_THREADS
from kiosk.pickup.board import ScanBoard
from kiosk.pickup.rules import PickupOutcome, PickupResult
from shared.kernel.clock import SystemClock
from shared.kernel.limits import SCAN_WAITERS
from tests.kiosk.pickup.scene import Scene, settings
from tests.kiosk.serving import served

RESULT = PickupResult(PickupOutcome.NOT_A_PASS)


@pytest.fixture
def point(tmp_path: Path) -> Iterator[tuple[Scene, str]]:
    scene = Scene.open(settings(tmp_path / "kiosk"), SystemClock())
    with served(scene.app()) as address:
        yield scene, address
    scene.kiosk.db.close()


def begin(address: str) -> str:
    page = requests.get(f"{address}/", timeout=10).text
    return page.partition('data-scans-after="')[2].partition('"')[0]


def test_four_waiting_screens_slow_no_page_and_hear_at_once(point: tuple[Scene, str]) -> None:
    scene, address = point
    after = begin(address)
    heard: list[tuple[str, float]] = []

    def wait(name: str) -> None:
        query = {"after": after, "screen": name}
        news = requests.get(f"{address}/pickup/scans", params=query, timeout=15).json()
        heard.append((news["result"], time.monotonic()))

    threads = [threading.Thread(target=wait, args=(f"s{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)

    taken = []
    for _ in range(20):
        started = time.monotonic()
        assert requests.get(f"{address}/pickup/code", timeout=10).status_code == 200
        taken.append(time.monotonic() - started)
    assert sorted(taken)[18] < 0.5

    assert not heard
    started = time.monotonic()
    posted = requests.post(
        f"{address}/local/scans",
        json={"nonce": "n", "text": "hello"},
        headers={"X-Linqu-Worker": scene.kiosk.derived_secret("worker")},
        timeout=10,
    )
    assert posted.json() == {"outcome": "NOT_A_PASS"}
    for thread in threads:
        thread.join(5)
    assert len(heard) == 4
    assert len({result for result, _ in heard}) == 1
    assert max(at for _, at in heard) - started < 1.0


def test_a_page_that_is_gone_and_comes_again_holds_one_place() -> None:
    board = ScanBoard(time.monotonic, "RUN")
    after = board.now()
    threads = [threading.Thread(target=board.wait, args=(after, "same", 20.0)) for _ in range(12)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads[:-1]:
        thread.join(0.3)
    assert [thread.is_alive() for thread in threads] == [False] * 11 + [True]
    board.scan("n", "p", lambda: RESULT)
    threads[-1].join(2)
    assert not threads[-1].is_alive()


def test_a_screen_too_many_asks_again_instead_of_waiting() -> None:
    board = ScanBoard(time.monotonic, "RUN")
    after = board.now()
    threads = [threading.Thread(target=board.wait, args=(after, f"s{n}", 20.0)) for n in range(SCAN_WAITERS)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    started = time.monotonic()
    news = board.wait(after, "one more", 20.0)
    assert news.crowded
    assert time.monotonic() - started < 1
    board.scan("n", "p", lambda: RESULT)
    for thread in threads:
        thread.join(2)
    assert not any(thread.is_alive() for thread in threads)
    late = board.wait(after, "one more", 20.0)
    assert late.result
    assert not late.crowded


def test_waiting_ends_by_itself() -> None:
    board = ScanBoard(time.monotonic, "RUN")
    started = time.monotonic()
    news = board.wait(board.now(), "s", 0.2)
    assert 0.15 < time.monotonic() - started < 2
    assert (news.result, news.after) == ("", board.now())
    assert board.wait(board.now(), "s", 0.01).crowded is False


def test_there_are_more_threads_than_waiting_screens() -> None:
    assert WEB_THREADS >= SCAN_WAITERS + 4
