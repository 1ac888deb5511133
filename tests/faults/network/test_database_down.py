"""R28: the centre's database is away: kiosks are told so by name, wait with jitter, and do not return all at once."""

import heapq
import http.client
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from kiosk.sync.rules import Trouble, Wait, next_wait, trouble_of_status
from sync_server.sync.rules import next_round_seconds
from tests.load.kiosk import LoadKiosk
from tests.load.line import Line, signed
from tests.load.stand import begin, enrol, servers, settings
from tests.postgres.conftest import OwnServer, own_server

__all__ = ["own_server"]

FLEET = 500
MOST_TIMES = 2.0
KIOSKS, INTERVAL_SECONDS = 30, 2
WINDOW_SECONDS = 5.0
ANSWER_SECONDS = 6.0

NextWait = Callable[[Trouble, int, int, float], Wait]

# a machine that runs other tests beside these may be slow; none of them waits for nothing
pytestmark = pytest.mark.timeout(400)


def arrivals(kiosks: int, chance: random.Random, wait: NextWait = next_wait) -> Iterator[tuple[float, bool]]:
    """When requests arrive on a virtual clock, and whether the database is there: away from second 300 to 900."""
    interval = next_round_seconds(kiosks)
    due = [(chance.uniform(0, interval), 0) for _ in range(kiosks)]
    heapq.heapify(due)
    while due[0][0] < 1500:
        now, failures = heapq.heappop(due)
        there = not 300 <= now < 900
        yield now, there
        failures = 0 if there else failures + 1
        trouble = Trouble.NONE if there else Trouble.BUSY
        heapq.heappush(due, (now + wait(trouble, failures, interval, chance.random()).seconds, failures))


def busiest(times: list[float], window: float = WINDOW_SECONDS) -> float:
    """Requests a second in the fullest window."""
    counts = Counter(int(at / window) for at in times)
    return max(counts.values()) / window


@pytest.mark.parametrize("seed", range(3))
def test_r28_five_hundred_kiosks_come_back_at_no_more_than_twice_the_usual_rate(seed: int) -> None:
    """R28: with the product's own waits, 500 kiosks never exceed twice their steady rate, during and after."""
    seen = list(arrivals(FLEET, random.Random(seed)))
    steady = FLEET / next_round_seconds(FLEET)
    for start, end in ((300, 900), (900, 1500)):
        rate = busiest([at for at, _ in seen if start <= at < end])
        assert rate <= MOST_TIMES * steady, (start, rate, steady)
    back = [at for at, there in seen if there and at >= 900]
    assert len(back) > FLEET


def test_r28_without_the_interval_in_the_wait_the_fleet_would_come_too_fast() -> None:
    """R28, negative control: the wait for other troubles, used here, is caught by the same judgement."""

    def impatient(trouble: Trouble, failures: int, next_s: int, chance: float) -> Wait:
        return next_wait(Trouble.NO_NETWORK if trouble is Trouble.BUSY else trouble, failures, next_s, chance)

    seen = list(arrivals(FLEET, random.Random(1), impatient))
    rate = busiest([at for at, _ in seen if 300 <= at < 900])
    assert rate > MOST_TIMES * FLEET / next_round_seconds(FLEET)


@dataclass
class Crowd:
    """Real kiosks of the load generator at one real server, each waiting by the product's own rule."""

    kiosks: list[LoadKiosk]
    port: int
    over: threading.Event = field(default_factory=threading.Event)
    asked: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    good_at: list[float] = field(default_factory=list)

    def run(self) -> list[threading.Thread]:
        """Start them all."""
        threads = [
            threading.Thread(target=self._one, args=(kiosk, random.Random(number)), daemon=True)
            for number, kiosk in enumerate(self.kiosks)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _one(self, kiosk: LoadKiosk, chance: random.Random) -> None:
        failures = 0
        self.over.wait(chance.uniform(0, INTERVAL_SECONDS))
        with Line(self.port) as line:
            while not self.over.is_set():
                kiosk.work(1)
                start = time.monotonic()
                trouble = self._round(line, kiosk)
                self.asked.append(start)
                self.took.append(time.monotonic() - start)
                failures = 0 if trouble is Trouble.NONE else failures + 1
                if trouble is Trouble.NONE:
                    self.good_at.append(start)
                self.over.wait(next_wait(trouble, failures, INTERVAL_SECONDS, chance.random()).seconds)

    def _round(self, line: Line, kiosk: LoadKiosk) -> Trouble:
        try:
            said = line.round(kiosk)
        except (OSError, http.client.HTTPException) as error:
            self.said[type(error).__name__] += 1
            return Trouble.NO_NETWORK
        self.said[f"{said.status} {said.code}".strip()] += 1
        return Trouble.NONE if said.answer is not None else trouble_of_status(said.status)


@pytest.mark.slow
@pytest.mark.postgres
def test_r28_a_stopped_postgresql_is_answered_by_name_and_nobody_storms_back(
    own_server: OwnServer, tmp_path: Path
) -> None:
    """R28: PostgreSQL stops for 8 s under 30 kiosks: each gets a signed 503, all return, none storms."""
    environ = settings(tmp_path, own_server.address)
    centre = begin(environ)
    kiosks = enrol(centre, [f"P{number}" for number in range(KIOSKS)])
    with servers(environ, 1, log=tmp_path / "log") as running:
        crowd = Crowd(kiosks, running.ports[0])
        threads = crowd.run()
        time.sleep(3 * INTERVAL_SECONDS)
        steady = KIOSKS / INTERVAL_SECONDS
        centre.db.close()
        own_server.stop("fast")
        down = time.monotonic()
        time.sleep(8)
        own_server.start()
        up = time.monotonic()
        time.sleep(5 * INTERVAL_SECONDS)
        crowd.over.set()
        for thread in threads:
            thread.join(30)
    assert set(crowd.said) <= {"200", "503 DATABASE_BUSY"}, crowd.said
    assert crowd.said["503 DATABASE_BUSY"] >= KIOSKS
    assert max(crowd.took) < ANSWER_SECONDS
    assert busiest([at for at in crowd.asked if at >= down], INTERVAL_SECONDS * 2) <= MOST_TIMES * steady
    late = [at for at in crowd.good_at if at > up]
    assert len(late) >= KIOSKS
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")


def test_r28_the_hint_when_to_return_stands_in_the_answer(own_server: OwnServer, tmp_path: Path) -> None:
    """R28: the 503 of a centre without database carries Retry-After, for whatever stands between."""
    environ = settings(tmp_path, own_server.address)
    centre = begin(environ)
    [kiosk] = enrol(centre, ["P1"])
    with servers(environ, 1) as running, Line(running.ports[0]) as line:
        assert line.round(kiosk).answer is not None
        centre.db.close()
        own_server.stop("fast")
        answers = [line.round(kiosk).status for _ in range(3)]
        assert set(answers) == {503}
        body = signed(kiosk, kiosk.request())
        answer = requests.post(f"http://127.0.0.1:{running.ports[0]}/v1/sync", data=body, timeout=30)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        own_server.start()
        for _ in itertools.repeat(None, 100):
            if line.round(kiosk).answer is not None:
                return
            time.sleep(0.1)
        pytest.fail("the centre did not find its database again")
