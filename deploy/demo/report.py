"""The table of what happened: a line for each thing that had to be so, with counts and times."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PROBLEMS_SHOWN = 3


@dataclass(frozen=True)
class Line:
    """One thing that had to be so."""

    good: bool
    what: str
    figures: str
    seconds: float
    problems: tuple[str, ...] = ()


class Report:
    """Collects lines; each carries the seconds since the one before it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._began = self._last = monotonic()
        self.lines: list[Line] = []

    def note(self, what: str, good: bool, figures: str = "", problems: Sequence[str] = ()) -> None:
        """Write down one thing."""
        now = self._monotonic()
        self.lines.append(Line(good, what, figures, now - self._last, tuple(problems)))
        self._last = now

    @property
    def good(self) -> bool:
        """Whether everything was as it had to be; an empty report is not."""
        return bool(self.lines) and all(line.good for line in self.lines)

    def text(self) -> str:
        """The table, as wide as it needs to be."""
        wide = max((len(line.what) for line in self.lines), default=0)
        written = []
        for line in self.lines:
            word = "ok " if line.good else "NOT"
            written.append(f"  {word}  {line.what:<{wide}}  {line.seconds:6.1f} s  {line.figures}".rstrip())
            written += [f"         {problem}" for problem in line.problems[:PROBLEMS_SHOWN]]
            if len(line.problems) > PROBLEMS_SHOWN:
                written.append(f"         and {len(line.problems) - PROBLEMS_SHOWN} more like these")
        good = sum(line.good for line in self.lines)
        total = self._monotonic() - self._began
        written.append(f"  {good} of {len(self.lines)} lines ok, {total:.0f} s altogether")
        return "\n".join(written)


def keep_evidence(folder: Path, text: str) -> Path:
    """Copy logs, label pictures and the table beside the folder, where the next demo does not throw them away."""
    place = folder.with_name(f"{folder.name}-failed")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "table.txt").write_text(text + "\n", encoding="utf-8")
    if (folder / "logs").is_dir():
        shutil.copytree(folder / "logs", place / "logs")
    for label in folder.glob("*/printer/label-*.png"):
        target = place / label.parent.parent.name
        target.mkdir(exist_ok=True)
        shutil.copy2(label, target / label.name)
    return place
