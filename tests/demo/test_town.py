"""The demo's processes: whatever happens while they start, none is left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from datetime import date
from io import StringIO
from pathlib import Path

import psutil
import pytest
import requests

from deploy.demo.folder import demo_folder
from deploy.demo.neighbourhood import generate
from deploy.demo.progress import Progress
from deploy.demo.town import ROOT, ProcessDied, Town

DAY = date(2026, 11, 22)
SECONDS = 40.0


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every process whose settings point into the folder, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        try:
            settings = process.environ()
        except psutil.Error:
            continue
        if settings.get("LINQU_DATA", "").startswith(str(folder)) and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def wait_until_gone(folder: Path) -> list[psutil.Process]:
    until = time.monotonic() + 5
    while (left := processes_of(folder)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


@pytest.mark.slow
def test_a_start_that_fails_says_why_and_leaves_no_process(tmp_path: Path) -> None:
    out = StringIO()
    with demo_folder(tmp_path / "demo", keep=False) as folder:
        town = Town(generate(7, DAY), folder, Progress(out), any_port=True)
        # centre and printers are up by the time this kiosk refuses its settings
        town.kiosks[1].environ["LINQU_PORT"] = "no port"
        with pytest.raises(ProcessDied, match="LINQU_PORT") as died, town:
            raise AssertionError("it started all the same")
        assert "ended with status" in str(died.value)
        assert town.pids == []
        assert not any(kiosk.cable.whole for kiosk in town.kiosks)
        assert wait_until_gone(folder) == []
    assert "failed after" in out.getvalue()


@pytest.mark.slow
def test_a_demo_that_is_told_to_end_while_it_starts_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = subprocess.Popen(
        [sys.executable, "-m", "deploy.demo", "--once", "--folder", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ),
    )
    until = time.monotonic() + SECONDS
    while not (begun := processes_of(folder / "JN-HL01")) and time.monotonic() < until and demo.poll() is None:
        time.sleep(0.1)
    demo.send_signal(signal.SIGTERM)
    said, _ = demo.communicate(timeout=SECONDS)
    assert begun, said
    assert demo.returncode == 130, said
    assert wait_until_gone(folder) == []


@pytest.mark.slow
def test_a_process_that_dies_ends_the_demo_with_its_name_and_last_words(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = subprocess.Popen(
        [sys.executable, "-m", "deploy.demo", "--folder", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    said = ""
    while "Logs and data" not in said and (line := demo.stdout.readline()):
        said += line
    panel = re.search(r"Demo panel\s+(http://\S+)", said)
    assert panel, said
    assert requests.get(panel.group(1), timeout=10).status_code == 200
    printer = next(one for one in processes_of(folder) if "hardware.virtual.printer" in one.cmdline())
    printer.kill()
    rest, _ = demo.communicate(timeout=SECONDS)
    assert demo.returncode == 1, rest
    assert re.search(r"printer-JN-\w+ ended with status -9", rest)
    assert "ready" in rest
    assert wait_until_gone(folder) == []
