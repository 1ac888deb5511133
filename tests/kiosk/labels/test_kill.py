"""kill -9 in the middle of printing, again and again: no label twice without a word, none lost without a word."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kiosk.labels.rules import JobState
from tests.kiosk.labels.printing import Bench, bench

KILLS = 20
LABELS = 40


def _start(b: Bench) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "LINQU_DATA": str(b.kiosk.config.data),
        "LINQU_SERVER": b.kiosk.config.server,
        "LINQU_PRINTER": b.kiosk.config.printer,
    }
    return subprocess.Popen([sys.executable, "-m", "kiosk", "run", "print"], env=environment)


def _wait(b: Bench, process: "subprocess.Popen[bytes]", sending: bool) -> bool:
    """Until a label is being sent, or all is done; False when all is done."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        states = {job.state for job in b.jobs()}
        if sending and JobState.SENDING in states:
            return True
        if not states & {JobState.SENDING, JobState.QUEUED}:
            return False
        assert process.poll() is None, "the print process ended by itself"
        time.sleep(0.005)
    raise AssertionError("the print process does not get on")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_killed_in_the_middle_of_a_label(tmp_path: Path) -> None:
    dice = random.Random(2026)
    with bench(tmp_path, parcels=LABELS) as b:
        b.receive(*range(LABELS))
        kills = 0
        while kills < KILLS:
            process = _start(b)
            if not _wait(b, process, sending=True):
                break
            time.sleep(dice.uniform(0, 0.9))
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        process = _start(b)
        _wait(b, process, sending=False)
        process.terminate()
        assert process.wait(10) == 0
        time.sleep(1.0)
        printed = b.printed()
        states = {job.id: job.state for job in b.jobs()}
        assert kills == KILLS
        assert len(states) == LABELS
        assert set(printed) <= set(states)
        assert [job for job, times in printed.items() if times > 1] == [], "nothing came out twice"
        assert set(states.values()) <= {JobState.CONFIRMED, JobState.UNKNOWN}
        for job, state in states.items():
            assert printed[job] == 1 or state is JobState.UNKNOWN, "what did not come out is a question to the staff"
        unknown = list(states.values()).count(JobState.UNKNOWN)
        assert 0 < unknown <= KILLS
