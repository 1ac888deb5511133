"""What the demo tells the terminal while it works: never silent for more than a second."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

TICK_SECONDS = 0.9


class Progress:
    """Says on one line what is being done, a dot for every second of it, and how long it took."""

    def __init__(self, out: TextIO, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._monotonic = monotonic

    def say(self, words: str = "") -> None:
        """One line."""
        self._write(f"{words}\n")

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """Everything inside is one step; it says so when it fails. Steps do not nest."""
        began = self._monotonic()
        over = threading.Event()
        self._write(f"  {words} ")
        ticking = threading.Thread(target=self._tick, args=(over,), daemon=True)
        ticking.start()
        ended = "failed after"
        try:
            yield
            ended = "·"
        finally:
            over.set()
            ticking.join()
            self._write(f" {ended} {self._monotonic() - began:.1f} s\n")

    def _tick(self, over: threading.Event) -> None:
        while not over.wait(TICK_SECONDS):
            self._write(".")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
