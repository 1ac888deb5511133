"""How a figure is measured and printed."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value, and what it was compared with in the same run."""

    name: str
    value: float
    unit: str
    ratio: float | None
    to: str


_reported: list[Figure] = []


def line(name: str, value: float, unit: str, ratio: float | None = None, to: str = "") -> None:
    """``bench <name> <value> <unit> [ratio <r> to <what>]``."""
    _reported.append(Figure(name, value, unit, ratio, to))
    text = f"bench {name} {value:.4g} {unit}"
    print(text if ratio is None else f"{text} ratio {ratio:.3g} to {to}", flush=True)


def reported() -> list[Figure]:
    """Every figure of this run so far."""
    return list(_reported)


def in_turn(rounds: int, *works: Callable[[], float]) -> list[float]:
    """Run several measurements in turn, ``rounds`` times, and give the median of each: drift hits all alike."""
    results: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for kept, work in zip(results, works, strict=True):
            kept.append(work())
    return [statistics.median(kept) for kept in results]


def each_in_turn(rounds: int, at_a_time: int, *works: Callable[[], object]) -> list[list[float]]:
    """Run several works in turn, a few calls each, ``rounds`` times; the seconds of every call of every work."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for kept, work in zip(taken, works, strict=True):
            for _ in range(at_a_time):
                start = time.perf_counter()
                work()
                kept.append(time.perf_counter() - start)
    return taken


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0…1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
