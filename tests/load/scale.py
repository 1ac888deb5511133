"""From the cost of a round to the size of a fleet: arithmetic, with every assumption named."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.figures import Figure

FLEETS = (1_000, 100_000, 1_000_000)
INTERVALS_SECONDS = (60, 300)
# A busy point: 300 parcels a day, each scanned in; every fifth is moved; two in three leave in a hand-out of their own.
FACTS_A_DAY = 300 + 60 + 200
OPEN_HOURS = 14
# the busiest quarter of an hour against the mean of the open hours
PEAK = 3.0
# a core is not filled further, so that a burst finds room
FILLED = 0.6
DAY_SECONDS = 86_400
MONTH_DAYS = 30


@dataclass(frozen=True)
class Need:
    """What a fleet needs at its peak, at one interval of idle rounds."""

    kiosks: int
    interval: int
    idle_rounds: float
    fact_rounds: float
    app_cores: float
    database_cores: float
    megabits: float
    data_gb_a_day: float
    log_gb_a_day: float

    def row(self) -> str:
        """A line of the table."""
        return (
            f"| {self.kiosks:,} | {self.interval} s | {self.idle_rounds:,.0f} | {self.fact_rounds:,.0f} | "
            f"{_cores(self.app_cores)} | {_cores(self.database_cores)} | {self.megabits:,.1f} | "
            f"{self.data_gb_a_day:,.1f} GB | {self.log_gb_a_day:,.1f} GB |"
        ).replace(",", " ")


def header() -> str:
    """The head of the table of needs."""
    return (
        "| Kiosks | Idle round every | Idle rounds a second | Rounds with a fact a second, at the peak | "
        "Cores for servers | Cores for PostgreSQL | Mbit/s | Data a day | Write-ahead log a day |\n"
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )


def _cores(cores: float) -> str:
    return f"{cores:.1f}" if cores < 10 else f"{cores:,.0f}"


def needs(idle: Figure, one: Figure) -> list[Need]:
    """Every fleet at every interval. A fact makes a round of its own at once; idle rounds go on day and night."""
    return [_need(kiosks, interval, idle, one) for kiosks in FLEETS for interval in INTERVALS_SECONDS]


def _need(kiosks: int, interval: int, idle: Figure, one: Figure) -> Need:
    idle_rounds = kiosks / interval
    facts = kiosks * FACTS_A_DAY / (OPEN_HOURS * 3600) * PEAK
    work = (idle_rounds, idle), (facts, one)
    day = (idle_rounds * DAY_SECONDS, idle), (float(kiosks * FACTS_A_DAY), one)
    return Need(
        kiosks=kiosks,
        interval=interval,
        idle_rounds=idle_rounds,
        fact_rounds=facts,
        app_cores=sum(rounds * figure.app_ms for rounds, figure in work) / 1000 / FILLED,
        database_cores=sum(rounds * figure.database_ms for rounds, figure in work) / 1000 / FILLED,
        megabits=sum(rounds * (figure.bytes_up + figure.bytes_down) for rounds, figure in work) * 8 / 1e6,
        data_gb_a_day=kiosks * FACTS_A_DAY * max(0.0, one.disk_bytes) / 1e9,
        log_gb_a_day=sum(rounds * figure.log_bytes for rounds, figure in day) / 1e9,
    )


def pick(figures: Sequence[Figure], database: str, servers: int, mode: str) -> Figure | None:
    """One figure of a run."""
    found = [one for one in figures if (one.database, one.servers, one.mode) == (database, servers, mode)]
    return found[0] if found else None
