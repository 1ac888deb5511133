"""``make bench``: all figures, or those named: ``python -m tests.bench handout sync``."""

import importlib
import sys

FIGURES = ("handout", "sync")


def main() -> None:
    """Run the figures named on the command line, or all."""
    for name in sys.argv[1:] or FIGURES:
        importlib.import_module(f"tests.bench.{name}").figures()


if __name__ == "__main__":
    main()
