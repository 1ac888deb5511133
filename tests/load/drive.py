"""Kiosks at work: so many at a time, for so long, and what it cost."""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.bench.report import percentile
from tests.load.kiosk import LoadKiosk, NotBelieved
from tests.load.line import Line, Said


class Mode(NamedTuple):
    """Of a hundred rounds so many push facts, that many each; the others have nothing to tell."""

    share: int
    facts: int


MODES = {"idle": Mode(0, 0), "one": Mode(100, 1), "push": Mode(100, 5), "mixed": Mode(20, 5)}


@dataclass
class Driven:
    """What the rounds of one run were."""

    seconds: float = 0.0
    taken: list[float] = field(default_factory=list)
    sent: int = 0
    received: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    facts: int = 0

    @property
    def rounds(self) -> int:
        """How many were taken."""
        return len(self.taken)

    @property
    def per_second(self) -> float:
        """Rounds a second."""
        return self.rounds / self.seconds

    def at(self, share: float) -> float:
        """Milliseconds within which ``share`` (0…1) of the rounds were answered."""
        return percentile(self.taken, share) * 1000


def drive(
    kiosks: Sequence[LoadKiosk],
    ports: Sequence[int],
    *,
    mode: str,
    at_a_time: int,
    until: Callable[[], bool],
    seed: int = 1,
) -> Driven:
    """Rounds without a pause, each kiosk always through another server than before, until ``until`` says so.

    A kiosk has one round at a time; ``at_a_time`` kiosks are at it together. What fails is counted by its name and
    sent again with the kiosk's next round, as a kiosk would.
    """
    driven = Driven()
    lock = threading.Lock()

    def work(own: Sequence[LoadKiosk], number: int) -> None:
        chance = random.Random(seed * 1000 + number)
        lines = [Line(port) for port in ports]
        turn = number
        while True:
            for kiosk in own:
                if until():
                    return
                turn += 1
                if chance.randrange(100) < MODES[mode].share and not kiosk.waiting:
                    kiosk.work(MODES[mode].facts)
                facts = len(kiosk.waiting)
                start = time.perf_counter()
                said = _round(lines[turn % len(lines)], kiosk)
                took = time.perf_counter() - start
                with lock:
                    _note(driven, said, took, facts)

    threads = [threading.Thread(target=work, args=(kiosks[number::at_a_time], number)) for number in range(at_a_time)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    driven.seconds = time.perf_counter() - start
    return driven


def _round(line: Line, kiosk: LoadKiosk) -> Said | str:
    try:
        return line.round(kiosk)
    except NotBelieved as error:
        return str(error)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__


def _note(driven: Driven, said: Said | str, took: float, facts: int) -> None:
    if isinstance(said, str) or said.answer is None:
        driven.refused[said if isinstance(said, str) else f"{said.status} {said.code}"] += 1
        return
    driven.taken.append(took)
    driven.sent += said.sent
    driven.received += said.received
    driven.facts += facts


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Says stop after so long."""
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end
