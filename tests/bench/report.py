"""How a figure is measured and printed."""

import statistics
import time
from collections.abc import Callable, Sequence


def line(name: str, value: float, unit: str, ratio: float | None = None, to: str = "") -> None:
    """``bench <name> <value> <unit> [ratio <r> to <what>]``."""
    text = f"bench {name} {value:.4g} {unit}"
    print(text if ratio is None else f"{text} ratio {ratio:.3g} to {to}", flush=True)


def seconds_each(work: Callable[[int], object], times: int) -> float:
    """Mean seconds of one call over ``times`` calls."""
    start = time.perf_counter()
    for number in range(times):
        work(number)
    return (time.perf_counter() - start) / times


def in_turn(rounds: int, *works: Callable[[], float]) -> list[float]:
    """Run several measurements in turn, ``rounds`` times, and give the median of each: drift hits all alike."""
    results: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for kept, work in zip(results, works, strict=True):
            kept.append(work())
    return [statistics.median(kept) for kept in results]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0…1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
