"""One line a fault: how often it was caused, how often something was wrong afterwards. Short in CI, long by hand.

A package of faults (``disk``, ``network``) has a module ``long`` with ``rows()``, which yields its lines one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = "| Row | What was done | Count | Bad | Seconds | Remarks |\n|---|---|--:|--:|--:|---|\n"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``number`` is R01…; ``bad`` counts what must not happen, so it should be 0.

    A negative control (``control``) must find something: there ``bad`` must not be 0.
    """

    number: str
    what: str
    count: int
    bad: int
    seconds: float
    remarks: str = ""
    control: bool = False

    @property
    def good(self) -> bool:
        """What was to be shown was shown."""
        return self.count > 0 and (self.bad > 0) is self.control

    def __str__(self) -> str:
        what = f"{self.what} (negative control: must find something)" if self.control else self.what
        return f"| {self.number} | {what} | {self.count:,} | {self.bad:,} | {self.seconds:.0f} | {self.remarks} |"


def keep(section: str, rows: Iterable[Row], at: datetime, path: Path = RESULTS) -> None:
    """Write the rows under ``## section`` of the results, in place of what stood there; other sections stay."""
    title = f"## {section}\n"
    text = path.read_text()
    before, found, rest = text.partition(title)
    after = rest[rest.index("\n## ") + 1 :] if "\n## " in rest else ""
    table = HEAD + "".join(f"{row}\n" for row in rows)
    kept = f"{before if found else text.rstrip() + chr(10) * 2}{title}\nRun of {at:%Y-%m-%d}.\n\n{table}"
    path.write_text(f"{kept}\n{after}" if after else kept)
