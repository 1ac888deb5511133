"""``make bench``: all figures, or those named: ``python -m tests.bench [--save] [--full] [handout sync …]``.

``--save`` also writes them, with the day and what the machine is, to ``RESULTS.md`` beside this file; ``peers``, which
needs node and is measured only when named, to ``PEERS.md``. ``--full`` gives sync a million facts of history, which
takes some minutes more.
"""

import importlib
import sys
from pathlib import Path

from shared.kernel.clock import SystemClock
from tests.bench.machine import words_about_this_machine
from tests.bench.report import Figure, reported

FIGURES = ("handout", "sync", "growth", "pages", "scan", "startup")
PEERS = "peers"
RESULTS = Path(__file__).with_name("RESULTS.md")
SAVE, FULL = "--save", "--full"


def main(arguments: list[str]) -> None:
    """Run the figures named, or all."""
    names = [name for name in arguments if name not in (SAVE, FULL)] or list(FIGURES)
    unknown = sorted(set(names) - {*FIGURES, PEERS})
    if unknown:
        sys.exit(f"no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}, {PEERS}")
    for name in names:
        module = importlib.import_module(f"tests.bench.{name}")
        if name == "growth":
            module.figures(full=FULL in arguments)
        else:
            module.figures()
    if SAVE in arguments:
        _save(RESULTS.with_name("PEERS.md") if names == [PEERS] else RESULTS)


def _save(path: Path) -> None:
    """Write the table; what stands below it under headings of its own stays."""
    _, heading, rest = path.read_text(encoding="utf-8").partition("\n## ") if path.exists() else ("", "", "")
    path.write_text(_table(reported()) + heading + rest, encoding="utf-8")


def _table(figures: list[Figure]) -> str:
    rows = "\n".join(
        f"| {one.name} | {one.value:.4g} {one.unit} | {'' if one.ratio is None else f'{one.ratio:.2f} × {one.to}'} |"
        for one in figures
    )
    return (
        f"# Figures of {SystemClock().now():%Y-%m-%d}\n\n"
        f"Measured by `make bench` on {words_about_this_machine()}. A ratio is measured in the same run, in turn with "
        f"what it is compared to.\n\n"
        f"| Figure | Value | Compared |\n|---|---:|---|\n{rows}\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
