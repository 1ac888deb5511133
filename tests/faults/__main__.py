"""``python -m tests.faults --long [SECTION …]``: long counts into ``RESULTS.md``; CI runs short ones as tests."""

import argparse
import importlib
import sys
from datetime import UTC, datetime

from tests.faults.report import Row, keep

SECTIONS = {"disk": "Disk", "network": "Network"}


def main() -> int:
    """Run the sections that were asked for; 1 when a row is bad."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--long", action="store_true", required=True, help="hours rather than minutes")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="disk, network; all when none is named")
    asked = parser.parse_args().sections or list(SECTIONS)
    good = True
    for name in asked:
        if name not in SECTIONS:
            parser.error(f"no section {name}: {', '.join(SECTIONS)}")
        rows: list[Row] = []
        for row in importlib.import_module(f"tests.faults.{name}.long").rows():
            print(row, flush=True)
            rows.append(row)
        keep(SECTIONS[name], rows, datetime.now(UTC))
        good = good and all(row.good for row in rows)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
