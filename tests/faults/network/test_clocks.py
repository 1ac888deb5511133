"""R07, R19: whatever the wall clock says, and however long the network is away, the point goes on working."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from deploy.demo.browser import form_with, read_page
from kiosk import workers
from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.pickup.operations import collect_by_code, collect_by_pass
from kiosk.pickup.rules import PickupOutcome
from kiosk.staff.operations import check_pin
from kiosk.staff.rules import PinLocked, PinWrong
from kiosk.sync.rules import Trouble
from shared.kernel.clock import ManualClock
from shared.kernel.passes import issue
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState
from shared.residents import store as residents
from shared.sync import store
from shared.sync.journal import chain_hash
from tests.faults.network.scene import ANSWER_SECONDS, PIN, POINT, Running, Scene, collect, is_collected, scene

DAY, YEAR = timedelta(days=1), timedelta(days=365)
STEPS = 6
PASS_DAYS = 7

Pattern = Callable[[datetime, int], datetime]

# a machine that runs other tests beside these may be slow; none of them waits for nothing
pytestmark = pytest.mark.timeout(400)


def at(text: str) -> Pattern:
    """The clock stands wrong from the start and runs on from there."""
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return lambda now, step: start + timedelta(minutes=step)


def off(by: timedelta) -> Pattern:
    """The clock is wrong by as much all the time."""
    return lambda now, step: now + by


def moving(by: timedelta) -> Pattern:
    """The clock jumps by as much at every step."""
    return lambda now, step: now + by * step


def turns(*bys: timedelta) -> Pattern:
    """The clock jumps to and fro."""
    return lambda now, step: now + bys[step % len(bys)]


PATTERNS: dict[str, Pattern] = {
    "right": off(0 * DAY),
    "1970": at("1970-01-01T00:00:03"),
    "1980, a dead clock chip": at("1980-01-01T00:00:00"),
    "2000, a new battery": at("2000-01-01T00:00:00"),
    "2038, one second before 31 bits end": at("2038-01-19T03:14:06"),
    "2099": at("2099-12-31T23:59:30"),
    "a leap day": at("2028-02-29T23:59:00"),
    "ten years ago": off(-10 * YEAR),
    "a year ago": off(-YEAR),
    "a month ago": off(-30 * DAY),
    "yesterday": off(-DAY),
    "tomorrow": off(DAY),
    "in a year": off(YEAR),
    "in ten years": off(10 * YEAR),
    "a year further at every step": moving(YEAR),
    "a month back at every step": moving(-30 * DAY),
    "to and fro by years": turns(-9 * YEAR, 9 * YEAR, -YEAR, YEAR),
    "1970, then right": turns(-56 * YEAR, 0 * DAY, 0 * DAY, 0 * DAY, 0 * DAY, 0 * DAY),
    "right, then 1970": turns(*[0 * DAY] * 3, *[-56 * YEAR] * 3),
    "stands still": lambda now, step: datetime(2026, 11, 22, 3, tzinfo=UTC),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("clocks"), residents=3, shelves=1) as made, made.running_centre():
        made.joined(made.centre_url)
        yield made


@contextmanager
def with_clock(here: Scene, clock: ManualClock) -> Iterator[Kiosk]:
    """The same kiosk, started anew with another clock."""
    here.reopen()
    here.use(open_kiosk(read_kiosk_config(here.kiosk_environ), clock))
    yield here.kiosk
    here.reopen()


def passes_of(here: Scene, until: datetime) -> list[str]:
    """A good pass for each resident."""
    enrolled = here.kiosk.enrolment()
    found = [residents.resident(here.kiosk.db, POINT, who.resident) for who in here.residents]
    return [issue(enrolled.point_key, enrolled.point_number, one.number, until) for one in found if one]


def chain_is_whole(kiosk: Kiosk) -> bool:
    """Whether the facts are numbered without a gap, in the order they were recorded, and chained."""
    before = bytes(16)
    for number, row in enumerate(store.facts_after(kiosk.db, 0), start=1):
        before = chain_hash(before, row["kind"], row["at"], row["actor"], bytes(row["payload"]))
        if row["seq"] != number or bytes(row["hash"]) != before:
            return False
    return True


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_r07_whatever_the_clock_says_nobody_is_sent_away(here: Scene, pattern: Pattern) -> None:
    """R07: under 20 clocks every good pass and code is served; facts keep their order and the centre takes all."""
    right = datetime.now(UTC)
    passes = passes_of(here, right + PASS_DAYS * DAY)
    clock = ManualClock(pattern(right, 0))
    with with_clock(here, clock) as kiosk:
        for step in range(STEPS):
            clock.advance(60)
            clock.set_wall(pattern(right + timedelta(minutes=step), step))
            first, second, third = parcels_of(here, len(here.residents))
            assert collect_by_pass(kiosk, passes[0]).outcome is PickupOutcome.HANDED_OUT, step
            for one in (second, third):
                outcome = collect_by_code(kiosk, one.pickup_code, one.phone_tail).outcome
                assert outcome is PickupOutcome.HANDED_OUT, step
            assert all(state_of(kiosk, one) is ParcelState.COLLECTED for one in (first, second, third))
        assert chain_is_whole(kiosk)
    assert here.round() is Trouble.NONE
    assert here.waiting() == 0
    assert store.count_quarantine(here.centre.db) == 0
    assert here.same_rows()


@pytest.mark.parametrize("pattern", [off(40 * DAY), off(10 * DAY), moving(10 * DAY), off(-40 * DAY)])
def test_r07_a_clock_days_ahead_refuses_nobody_while_rounds_go_well(here: Scene, pattern: Pattern) -> None:
    """R07: a clock ahead by less than a plausible absence is found out by the centre's time, and passes stay good."""
    right = datetime.now(UTC)
    good, stale = passes_of(here, right + PASS_DAYS * DAY)[0], passes_of(here, right - PASS_DAYS * DAY)[0]
    assert here.round() is Trouble.NONE
    clock = ManualClock(pattern(right, 0))
    with with_clock(here, clock) as kiosk:
        for step in range(STEPS):
            clock.set_wall(pattern(right, step))
            workers.beat(kiosk.db, clock, "sync", "ok")
            [parcel] = parcels_of(here, 1)
            assert collect_by_pass(kiosk, good).outcome is PickupOutcome.HANDED_OUT, step
            assert state_of(kiosk, parcel) is ParcelState.COLLECTED
            assert collect_by_pass(kiosk, stale).outcome is PickupOutcome.EXPIRED, step
    assert here.round() is Trouble.NONE


_batches = itertools.count(1)


def parcels_of(here: Scene, count: int) -> list[Parcel]:
    """Parcels that lie ready, of all residents in turn."""
    return here.receive(count, prefix=f"SF{next(_batches):03d}")


def state_of(kiosk: Kiosk, parcel: Parcel) -> ParcelState | None:
    found = parcels.parcel(kiosk.db, POINT, parcel.id)
    return found.state if found else None


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_r07_no_clock_makes_a_lock_longer_or_shorter(here: Scene, pattern: Pattern) -> None:
    """R07: five wrong codes and five wrong PINs lock for their minute of running time, whatever the wall clock does."""
    right = datetime.now(UTC)
    clock = ManualClock(pattern(right, 0))
    # kiosks that ran before have counted too: an hour later none of that holds
    clock.advance(3600 * 24)
    with with_clock(here, clock) as kiosk:
        with kiosk.db.writing() as tx:
            tx.execute("DELETE FROM pin_tries")
            tx.execute("DELETE FROM code_guesses")
        for step in range(STEPS):
            clock.set_wall(pattern(right, step))
            assert _lock_out(kiosk, first=step == 0) == (PickupOutcome.LOCKED if step else None)
            clock.advance(9)
        clock.advance(60)
        clock.set_wall(pattern(right, STEPS))
        assert collect_by_code(kiosk, "119999", "0000").outcome is PickupOutcome.UNKNOWN_CODE
        assert check_pin(kiosk, "S1", PIN).id == "S1"


def _lock_out(kiosk: Kiosk, *, first: bool) -> PickupOutcome | None:
    """Five wrong tries at both doors at first, then one right try at each that must be refused as locked."""
    if first:
        guesses = [collect_by_code(kiosk, "119999", "0000").outcome for _ in range(5)]
        assert guesses == [PickupOutcome.UNKNOWN_CODE] * 4 + [PickupOutcome.LOCKED]
        for _ in range(4):
            with pytest.raises(PinWrong):
                check_pin(kiosk, "S1", "000000")
        with pytest.raises(PinLocked):
            check_pin(kiosk, "S1", "000000")
        return None
    with pytest.raises(PinLocked):
        check_pin(kiosk, "S1", PIN)
    return collect_by_code(kiosk, "119999", "0000").outcome


def test_r19_a_month_without_network_then_one_round(here: Scene) -> None:
    """R19: 31 days offline on a virtual clock, work every day, and a single round brings everything to the centre."""
    clock = ManualClock(datetime.now(UTC))
    start, outcomes = clock.now(), []
    with with_clock(here, clock) as kiosk:
        for day in range(31):
            clock.advance(8 * 3600)
            assert check_pin(kiosk, "S2", PIN).id == "S2"
            arrived = parcels_of(here, 12)
            clock.advance(4 * 3600)
            issued = passes_of(here, clock.now() + PASS_DAYS * DAY)
            outcomes += [collect_by_pass(kiosk, one).outcome for one in issued]
            outcomes += [collect_by_code(kiosk, one.pickup_code, one.phone_tail).outcome for one in parcels_of(here, 3)]
            assert all(state_of(kiosk, one) is ParcelState.COLLECTED for one in arrived), day
            clock.advance(12 * 3600)
        assert clock.now() - start == 31 * DAY
        assert set(outcomes) == {PickupOutcome.HANDED_OUT}
        assert here.waiting() == 31 * (12 + 3 + 3 + 3)
        assert here.round() is Trouble.NONE
        assert here.waiting() == 0
        assert chain_is_whole(kiosk)
        assert here.same_rows()
    assert store.count_quarantine(here.centre.db) == 0


# --- the same with a real process whose clock is a lie ------------------------------------------------------------

REAL_PATTERNS: Sequence[str] = (
    "+0", "@1970-01-01 00:00:03", "-10y", "+10y", "-400d", "+40d", "@2000-01-01 00:00:00", "-1d", "+1d", "-30d",
    "@2038-01-19 03:14:00", "+9y", "@1980-01-01 00:00:00", "-1h", "+1h", "@2028-02-29 23:59:50", "+400d", "-9y",
    "@2026-12-31 23:59:58", "+0",
)  # fmt: skip


def libfaketime() -> Path:
    """The library; a machine without it cannot keep this promise and must say so."""
    found = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.fail("libfaketime is missing: `apt-get install faketime` (deploy/setup.sh does it)")
    return found[0]


def test_r07_a_real_kiosk_whose_clock_jumps_under_it_serves_everybody(here: Scene, tmp_path: Path) -> None:
    """R07: the running web process, its clock moved 20 times by libfaketime, serves pages opened before the jump."""
    said = tmp_path / "time"
    said.write_text("+0")
    lie = {
        "LD_PRELOAD": str(libfaketime()),
        "FAKETIME_TIMESTAMP_FILE": str(said),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    arrived = parcels_of(here, 2 * len(REAL_PATTERNS))
    with here.running_pages(**lie) as web:
        for pattern, before, after in zip(REAL_PATTERNS, arrived[::2], arrived[1::2], strict=True):
            opened, form = keypad(here)
            said.write_text(pattern)
            assert typed(here, opened, form, before) == 303, pattern
            collect(here.url, after)
            assert is_collected(here, before), pattern
            assert is_collected(here, after), pattern
        assert_time_was_faked(here, web)
    assert chain_is_whole(here.kiosk)
    assert here.round() is Trouble.NONE
    assert here.same_rows()
    assert store.count_quarantine(here.centre.db) == 0


def keypad(here: Scene) -> tuple[requests.Session, dict[str, str]]:
    """A screen that shows the keypad, and what its form holds."""
    browser = requests.Session()
    page = read_page(browser.get(f"{here.url}/pickup/code", timeout=ANSWER_SECONDS).text)
    return browser, form_with(page, "tail").values


def typed(here: Scene, browser: requests.Session, form: dict[str, str], parcel: Parcel) -> int:
    """Type code and tail on a page that has been open for a while; the status that comes back."""
    data = form | {"code": parcel.pickup_code.replace("-", ""), "tail": parcel.phone_tail}
    return browser.post(f"{here.url}/pickup", data=data, timeout=ANSWER_SECONDS, allow_redirects=False).status_code


def assert_time_was_faked(here: Scene, web: Running) -> None:
    """The facts' own times show that the process believed the lie."""
    assert web.process.poll() is None
    years = {row["at"][:4] for row in store.facts_after(here.kiosk.db, 0)}
    assert {"1970", "1980", "2000", "2038", "2028"} <= years
