"""One day without a person: import, sync, inbound with labels, the network cut, hand-outs by camera, all confirmed.

Everything goes through the real processes: pages over HTTP as a browser sends them, passes as frames before the
camera, labels as bytes to the printer and read back from what it drew. The books are opened only to look.
"""

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from deploy.demo import books
from deploy.demo.counter import RECEIVED, Counter, Received
from deploy.demo.lobby import ALREADY_COLLECTED, EXPIRED, FORGED, HANDED_OUT, WRONG_POINT, Answer, Lobby
from deploy.demo.plan import DayPlan, DaySize, PointDay, plan_day
from deploy.demo.report import Report
from deploy.demo.selling import Selling
from deploy.demo.town import ROOT, DemoKiosk, Town
from shared.parcels.rules import ParcelState

T = TypeVar("T")

HARDNESS = (0.1, 0.75)
LABEL_SECONDS, CONFIRM_SECONDS, BADGE_SECONDS, DOCTOR_SECONDS = 120.0, 90.0, 20.0, 120.0
LOOK_SECONDS = 0.2


class Day:
    """Plays the day in ``town``; what happened stands in ``report``."""

    def __init__(self, town: Town, size: DaySize, seed: int) -> None:
        self.town = town
        self.report = Report()
        self.plan: DayPlan = plan_day(town.neighbourhood, size, seed)
        self._size = size
        self._chance = random.Random(seed)  # noqa: S311 - the same day again for the same seed; nothing secret
        self._received: dict[str, list[Received]] = {}
        self._answers: dict[str, list[Answer]] = {}
        self._seed = seed

    def started(self) -> None:
        """Look at what import and first sync have brought."""
        wanted, there = books.counts_wanted(self.town.neighbourhood), books.counts_at_centre(self.town)
        figures = ", ".join(f"{count} {what}" for what, count in there.items())
        wrong = [f"{what}: {there[what]} instead of {count}" for what, count in wanted.items() if there[what] != count]
        self.report.note("imported at the centre", not wrong, figures, wrong)
        self._feeds_confirmed()

    # --- the day's parts ------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Everything that needs the processes. Raises what surprises a person: ``PageSurprise``, ``ProcessDied``."""
        step = self.town.progress.step
        with step(f"{self.plan.arrivals} parcels come in at {len(self.town.kiosks)} counters"):
            self._inbound()
        with step("labels come out of the printers and are read back"):
            self._labels()
        with step("the centre hears of it"):
            self._heard()
        selling = Selling(self.town, self.report, self._seed, self._wait)
        with step("every point gets units of what is on sale"):
            selling.rights()
        with step("the network is cut at every point"):
            self._cut()
        with step(f"{self.plan.collectors} residents collect by pass before the camera"):
            self._hand_outs()
        with step("staff sell at the counters while phones order at the centre"):
            selling.sell()
        with step("some try what must not work"):
            self._tricks()
        with step("the centre knows nothing of all that"):
            self._blind()
        with step("the network is back, the outboxes empty themselves"):
            self._mend()
        with step("the centre's books are read"):
            self._confirmed()
            selling.confirmed()

    def close(self) -> None:
        """The doctors of kiosks and centre, as an operator calls them; the processes may run or have stopped."""
        with self.town.progress.step("doctors examine kiosks and centre, the journal is replayed from nothing"):
            for kiosk in self.town.kiosks:
                self._doctor(f"doctor of {kiosk.point.code}", kiosk.environ, "kiosk", "doctor")
            self._doctor("doctor of the centre, with rebuild", self.town.environ, "sync_server", "doctor", "--rebuild")

    def _at_each_point(self, work: Callable[[DemoKiosk, PointDay], T]) -> list[T]:
        """The same at every point at once, as it would be."""
        with ThreadPoolExecutor(len(self.town.kiosks)) as crew:
            return list(crew.map(work, self.town.kiosks, self.plan.points))

    def _wait(self, done: Callable[[], bool], seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not done():
            self.town.check()
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    # --- inbound --------------------------------------------------------------------------------------------------

    def _inbound(self) -> None:
        began = time.monotonic()
        received = self._at_each_point(_take_in)
        seconds = time.monotonic() - began
        self._received = {day.point: got for day, got in zip(self.plan.points, received, strict=True)}
        everything = [one for got in received for one in got]
        wrong = [
            f"{one.arrival.waybill}: {one.outcome}" for one in everything if one.outcome != RECEIVED or not one.code
        ]
        own = sum(bool(one.arrival.order) for one in everything)
        codes = {(point, one.code) for point, got in self._received.items() for one in got}
        if len(codes) != len(everything):
            wrong.append(f"{len(everything)} parcels share {len(codes)} pickup codes")
        figures = f"{own} own + {len(everything) - own} by courier, {len(everything) / seconds:.1f} a second"
        self.report.note(f"{len(everything)} parcels received and shelved by staff", not wrong, figures, wrong)

    def _labels(self) -> None:
        quiet = self._wait(lambda: not any(map(books.labels_open, self.town.kiosks)), LABEL_SECONDS)
        found = [books.check_labels(kiosk, self.codes(kiosk.point.code)) for kiosk in self.town.kiosks]
        wrong = [problem for one in found for problem in one.wrong]
        if not quiet:
            wrong.insert(0, f"still open after {LABEL_SECONDS:.0f} s: {[*map(books.labels_open, self.town.kiosks)]}")
        printed = sum(one.printed for one in found)
        good = not wrong and printed == self.plan.arrivals
        self.report.note(f"{printed} labels printed, read back, matched", good, _by_point(found, "printed"), wrong)

    def codes(self, point: str) -> dict[str, str]:
        """Pickup codes by waybill, as the counter's screen showed them."""
        return {one.arrival.waybill: one.code for one in self._received[point]}

    def _heard(self) -> None:
        empty = self._wait(self._outboxes_empty, CONFIRM_SECONDS)
        wrong = list(self._not_in_state(ParcelState.READY, lambda day: [one.waybill for one in day.arrivals]))
        self.report.note(
            f"{self.plan.arrivals - len(wrong)} parcels lie ready in the centre's books", empty and not wrong, "", wrong
        )

    # --- cut ------------------------------------------------------------------------------------------------------

    def _cut(self) -> None:
        for kiosk in self.town.kiosks:
            kiosk.cable.cut()
        self.report.note("network cut at every point", not any(kiosk.cable.whole for kiosk in self.town.kiosks))

    def _hand_outs(self) -> None:
        began = time.monotonic()
        plans = {day.point: self._showings(day) for day in self.plan.points}
        answers = self._at_each_point(lambda kiosk, day: _collect(kiosk, plans[day.point]))
        seconds = time.monotonic() - began
        wrong = []
        for day, given in zip(self.plan.points, answers, strict=True):
            self._answers[day.point] = given
            for phone, answer in zip(day.collectors, given, strict=True):
                codes = {one.code for one in self._received[day.point] if one.arrival.phone == phone}
                if answer.outcome != HANDED_OUT or set(answer.codes) != codes:
                    wrong.append(f"{phone}: {answer.outcome} {sorted(answer.codes)}, expected {sorted(codes)}")
        every = [answer for given in answers for answer in given]
        self.report.note(
            f"{len(every) - len(wrong)} hand-outs by camera, no network",
            not wrong and len(every) == self._size.hand_outs,
            f"{sum(a.tries == 1 for a in every)} seen at the first showing, result after {_spread(every)}, "
            f"{len(every) / seconds:.1f} a second",
            wrong,
        )

    def _showings(self, day: PointDay) -> list[tuple[str, float, int]]:
        """For each collector: the pass, how badly it is held, and the seed of the hand."""
        centre = self.town.books
        return [
            (
                books.pass_for(centre, day.point, phone),
                self._chance.uniform(*HARDNESS),
                self._chance.randrange(1, 10**6),
            )
            for phone in day.collectors
        ]

    def _tricks(self) -> None:
        given = self._at_each_point(self._try_tricks)
        names = (
            "forged pass refused",
            "foreign point's pass refused",
            "expired pass refused",
            "second showing hands nothing out",
        )
        for place, name in enumerate(names):
            wanted = (FORGED, WRONG_POINT, EXPIRED, ALREADY_COLLECTED)[place]
            wrong = [answers[place].outcome for answers in given if answers[place].outcome != wanted]
            self.report.note(name, not wrong, f"{len(given) - len(wrong)} of {len(given)}", wrong)

    def _try_tricks(self, kiosk: DemoKiosk, day: PointDay) -> list[Answer]:
        centre, point = self.town.books, kiosk.point.code
        other = next(one for one in self.plan.points if one.point != point)
        waiting = next(one.phone for one in day.arrivals if one.phone not in day.collectors)
        lobby = Lobby(kiosk.url, kiosk.camera)
        showings = (
            books.forged(books.pass_for(centre, point, waiting)),
            books.pass_for(centre, other.point, other.collectors[0]),
            books.pass_for(centre, point, waiting, books.PASS_OLD),
            books.pass_for(centre, point, day.collectors[0]),
        )
        return [lobby.present(text, HARDNESS[0], seed) for seed, text in enumerate(showings, start=1)]

    def _blind(self) -> None:
        kiosks = self.town.kiosks
        wrong = list(self._not_in_state(ParcelState.READY, self._collected))
        waiting = [kiosk.waiting() for kiosk in kiosks]
        badges = [Lobby(kiosk.url, kiosk.camera) for kiosk in kiosks]
        offline = self._wait(lambda: all(lobby.badge() == "offline" for lobby in badges), BADGE_SECONDS)
        if not offline:
            wrong.append(f"badges say {[lobby.badge() for lobby in badges]}")
        figures = f"{sum(waiting)} facts wait in outboxes, badges say offline"
        self.report.note("the centre has none of them while cut", not wrong and min(waiting) > 0, figures, wrong)

    # --- mended ---------------------------------------------------------------------------------------------------

    def _outboxes_empty(self) -> bool:
        return not any(kiosk.waiting() for kiosk in self.town.kiosks)

    def _mend(self) -> None:
        for kiosk in self.town.kiosks:
            kiosk.cable.mend()
        empty = self._wait(self._outboxes_empty, CONFIRM_SECONDS)
        left = [
            f"{kiosk.point.code}: {kiosk.waiting()} facts still wait" for kiosk in self.town.kiosks if kiosk.waiting()
        ]
        self.report.note("network back, every fact confirmed by itself", empty and not left, "", left)

    def _confirmed(self) -> None:
        gone = [waybill for day in self.plan.points for waybill in self._collected(day)]
        wrong = list(self._not_in_state(ParcelState.COLLECTED, self._collected))
        self.report.note(f"{len(gone) - len(wrong)} parcels collected at the centre", not wrong, "", wrong)
        rest = list(self._not_in_state(ParcelState.READY, self._left))
        left = self.plan.arrivals - len(gone)
        self.report.note(f"{left - len(rest)} parcels still lie ready", not rest, "", rest)
        self._orders_confirmed()
        self._stock_confirmed()
        self._feeds_confirmed()
        parked, cases = books.open_questions(self.town)
        self.report.note("nothing in quarantine, no open case", not parked and not cases, f"{parked} and {cases}")

    def _orders_confirmed(self) -> None:
        count, wrong = 0, []
        for day in self.plan.points:
            numbers = {one.order for one in day.arrivals if one.order and one.phone in day.collectors}
            count += len(numbers)
            wrong += books.orders_not_collected(self.town, day.point, numbers)
        self.report.note(f"{count - len(wrong)} orders completed at the centre", not wrong and count > 0, "", wrong)

    def _stock_confirmed(self) -> None:
        checks = [books.check_stock(self.town, day.point) for day in self.plan.points]
        wrong = [problem for one in checks for problem in one.wrong]
        units, ledger = sum(one.levels for one in checks), sum(one.ledger for one in checks)
        boxes, sold = sum(one.in_boxes for one in checks), sum(one.sold for one in checks)
        figures = f"{units} by level and {ledger} by ledger: {boxes} in boxes less {sold} sold at counters"
        self.report.note("stock levels are the sums of their movements", not wrong and boxes > 0, figures, wrong)

    def _feeds_confirmed(self) -> None:
        def differing() -> list[str]:
            return [
                f"{kiosk.point.code} {feed}"
                for kiosk in self.town.kiosks
                for feed in books.feeds_that_differ(self.town, kiosk)[1]
            ]

        count = sum(books.feeds_that_differ(self.town, kiosk)[0] for kiosk in self.town.kiosks)
        same = self._wait(lambda: not differing(), CONFIRM_SECONDS)
        self.report.note(
            f"{count} feeds of the kiosks have the centre's digests", same, "", () if same else differing()
        )

    def _collected(self, day: PointDay) -> list[str]:
        return [one.waybill for one in day.arrivals if one.phone in day.collectors]

    def _left(self, day: PointDay) -> list[str]:
        return [one.waybill for one in day.arrivals if one.phone not in day.collectors]

    def _not_in_state(self, wanted: ParcelState, choose: Callable[[PointDay], list[str]]) -> Iterator[str]:
        for day in self.plan.points:
            for waybill, state in books.states_at_centre(self.town, day.point, choose(day)).items():
                if state is not wanted:
                    yield f"{waybill} at {day.point}: {state.value if state else 'unknown'}"

    def _doctor(self, name: str, environ: dict[str, str], *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *arguments], env=environ, cwd=ROOT, check=False, text=True, capture_output=True,
            timeout=DOCTOR_SECONDS,
        )  # fmt: skip
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        self.report.note(name, done.returncode == 0, f"{len(said)} findings", () if done.returncode == 0 else said)


def _take_in(kiosk: DemoKiosk, day: PointDay) -> list[Received]:
    counter = Counter(kiosk.url, kiosk.point.staff[0])
    counter.sign_in()
    return [counter.receive(arrival) for arrival in day.arrivals]


def _collect(kiosk: DemoKiosk, showings: Sequence[tuple[str, float, int]]) -> list[Answer]:
    lobby = Lobby(kiosk.url, kiosk.camera)
    return [lobby.present(text, hardness, seed) for text, hardness, seed in showings]


def _spread(answers: Sequence[Answer]) -> str:
    seconds = sorted(answer.seconds for answer in answers)
    return f"{statistics.median(seconds):.2f} s (half) to {seconds[int(0.95 * (len(seconds) - 1))]:.2f} s (19 of 20)"


def _by_point(found: Sequence[object], name: str) -> str:
    return " + ".join(str(getattr(one, name)) for one in found)
