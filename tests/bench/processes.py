"""Real processes for the figures: started, waited for, measured, stopped."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

READY_SECONDS = 60.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    *arguments: str, environ: dict[str, str] | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m arguments…`` until the block ends."""
    sink = log.open("ab") if log else subprocess.DEVNULL
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], env=os.environ | (environ or {}), stdout=sink, stderr=sink
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_answers(url: str) -> float:
    """Seconds until ``url`` gives any answer below 500. Raises ``TimeoutError`` after a minute."""
    start = time.perf_counter()
    while time.perf_counter() - start < READY_SECONDS:
        try:
            if requests.get(url, timeout=5, allow_redirects=False).status_code < 500:
                return time.perf_counter() - start
        except requests.RequestException:
            time.sleep(0.02)
    raise TimeoutError(url)
