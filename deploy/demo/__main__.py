"""``python -m deploy.demo``: a centre, two kiosks, a neighbourhood to play with; ``--once`` plays a day by itself."""

import argparse
import signal
import subprocess
import sys
import time
import traceback
from datetime import date, datetime
from pathlib import Path
from types import FrameType

import requests

from deploy.demo import books
from deploy.demo.browser import PageSurprise
from deploy.demo.counter import take_in_expected
from deploy.demo.day import Day
from deploy.demo.folder import FolderTaken, demo_folder, read_kept
from deploy.demo.neighbourhood import JINAN, generate
from deploy.demo.pages import serve_panel
from deploy.demo.plan import DaySize, PlanImpossible
from deploy.demo.progress import Progress
from deploy.demo.report import keep_evidence
from deploy.demo.town import ROOT, ProcessDied, Town

DESCRIPTION = "Start a centre, two kiosks and a neighbourhood to play with; with --once, play a day without a person."
FOLDER, ONCE_FOLDER = Path("var/demo"), Path("var/demo-once")
LOOK_SECONDS = 0.5
FIRST_PARCELS = 10
WENT_WRONG = (
    ProcessDied,
    PageSurprise,
    TimeoutError,
    LookupError,
    PlanImpossible,
    subprocess.SubprocessError,
    requests.RequestException,
)


def main() -> int:
    """Read the arguments, run the demo; 0 when all went as it should."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", description=DESCRIPTION)
    parser.add_argument("--once", action="store_true", help="play one day without a person, print what happened")
    parser.add_argument("--day", type=date.fromisoformat, help="the day of the delivery, YYYY-MM-DD; default today")
    parser.add_argument("--seed", type=int, default=7, help="another number, another neighbourhood")
    parser.add_argument("--keep", action="store_true", help="go on with the town of the last time")
    parser.add_argument("--folder", type=Path, help=f"where it lives; default {FOLDER}, or {ONCE_FOLDER} with --once")
    parser.add_argument("--own", type=int, default=88, help="with --once: parcels of our own")
    parser.add_argument("--courier", type=int, default=12, help="with --once: parcels of couriers")
    parser.add_argument("--hand-outs", type=int, default=60, help="with --once: residents who collect")
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with demo_folder(given.folder or ROOT / (ONCE_FOLDER if given.once else FOLDER), keep=given.keep) as folder:
            return _once(given, folder) if given.once else _play(given, folder)
    except FolderTaken as taken:
        print(taken, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Once is enough: a second Ctrl-C must not tear down the tidying up after the first."""
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


def _town(given: argparse.Namespace, folder: Path, *, any_port: bool) -> Town:
    kept = read_kept(folder)
    day = kept.day if kept else given.day or datetime.now(JINAN).date()
    seed = kept.seed if kept else given.seed
    return Town(generate(seed, day), folder, Progress(sys.stdout), any_port=any_port)


# --- a town to play with ------------------------------------------------------------------------------------------


def _play(given: argparse.Namespace, folder: Path) -> int:
    began = time.monotonic()
    town = _town(given, folder, any_port=False)
    town.progress.say(f"Linqu demo, day {town.neighbourhood.day}, seed {town.neighbourhood.seed}, in {folder}")
    try:
        with town, serve_panel(town) as panel:
            _first_parcels(town)
            town.progress.say(_addresses(town, panel, time.monotonic() - began))
            _watch(town)
    except WENT_WRONG as wrong:
        print(f"\nThe demo stopped: {wrong}", file=sys.stderr)
        return 1
    return 0


def _first_parcels(town: Town) -> None:
    """So that somebody can collect at once. A town that is gone on with has its parcels."""
    if any(books.to_collect(kiosk) for kiosk in town.kiosks):
        return
    with town.progress.step(f"staff of each point take in {FIRST_PARCELS} parcels at the counter"):
        for kiosk in town.kiosks:
            take_in_expected(kiosk, FIRST_PARCELS)


def _watch(town: Town) -> None:
    """Until Ctrl-C. Raises ``ProcessDied`` when a process ends by itself."""
    try:
        while True:
            town.check()
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        town.progress.say("\nstopping …")


def _addresses(town: Town, panel: str, seconds: float) -> str:
    lines = [
        "",
        f"Everything runs ({seconds:.0f} s). Begin with the demo panel; Ctrl-C stops everything.",
        "",
        f"  Demo panel   {panel:<30}  hold passes up, cut the network, take the paper out",
        f"  Console      {town.url:<30}  operator, password {town.password}",
    ]
    for number, kiosk in enumerate(town.kiosks, start=1):
        lines += [
            f"  Kiosk {number}      {kiosk.url:<30}  {kiosk.point.name} {kiosk.point.code}",
            f"    counter    {kiosk.url + '/counter':<30}  "
            + ", ".join(f"{staff.name} PIN {staff.pin}" for staff in kiosk.point.staff),
            f"    sale       {kiosk.url + '/sale':<30}  cut the network at the panel and go on selling",
        ]
    return "\n".join([*lines, "", f"  Logs and data: {town.folder}", ""])


# --- one day without a person -------------------------------------------------------------------------------------


def _once(given: argparse.Namespace, folder: Path) -> int:
    town = _town(given, folder, any_port=True)
    say = town.progress.say
    say(f"Linqu: one day without a person, day {town.neighbourhood.day}, seed {town.neighbourhood.seed}, in {folder}")
    day = None
    problem = ""
    try:
        day = Day(town, DaySize(given.own, given.courier, given.hand_outs), given.seed)
        with town:
            day.started()
            day.play()
        day.close()
    except WENT_WRONG as wrong:
        problem = f"{type(wrong).__name__}: {wrong}"
        (folder / "logs").mkdir(exist_ok=True)
        (folder / "logs" / "demo.log").write_text(traceback.format_exc(), encoding="utf-8")
    table = day.report.text() if day else ""
    say(f"\n{table}")
    if day and day.report.good and not problem:
        return 0
    say(f"\n  {problem}\n  Kept to look at: {keep_evidence(folder, f'{table}{chr(10)}{problem}')}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
