"""R24: several staff and residents at one kiosk: one wins, the others are told, nothing is doubled or locked."""

import itertools
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import urljoin

import msgspec
import pytest
import requests
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from requests.adapters import HTTPAdapter

from deploy.demo.browser import form_with, read_page
from kiosk.parcels import store as counter
from kiosk.parcels.rules import ActionKind, ActionOutcome
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState
from shared.sync import store
from tests.faults.network.scene import ANSWER_SECONDS, PIN, POINT, STAFF, Running, Scene, scene

CI_ACTIONS = 600
AT_ONCE = 10
WAYBILLS = 3
OFTEN, RARE = ("receive", "hand_out", "code", "undo"), ("move", "exception", "exception_end")
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
ERROR_CODE = "pickup-error-code"
FINE = frozenset({200, 204, 303, 404, 409, 422})


@dataclass
class Person:
    """One browser at the kiosk."""

    url: str
    session: requests.Session
    token: str = ""

    def __post_init__(self) -> None:
        self.session.mount("http://", HTTPAdapter(pool_maxsize=4 * AT_ONCE))

    @classmethod
    def staff(cls, url: str, name: str) -> "Person":
        """Somebody who has signed in."""
        session = requests.Session()
        page = read_page(session.get(f"{url}/counter", timeout=ANSWER_SECONDS).text)
        link = next(one for one in page.every("a", css_class="key") if name in one.text)
        address = urljoin(url, link.attributes["href"])
        form = form_with(read_page(session.get(address, timeout=ANSWER_SECONDS).text), "pin")
        page = read_page(
            session.post(urljoin(url, form.address), data=form.values | {"pin": PIN}, timeout=ANSWER_SECONDS).text
        )
        body = page.first("body", attribute="hx-headers")
        assert body is not None
        return cls(url, session, json.loads(body.attributes["hx-headers"])["X-CSRFToken"])

    def post(self, path: str, **data: str) -> requests.Response:
        """Press a button."""
        headers = {"X-CSRFToken": self.token}
        return self.session.post(
            self.url + path, data=data, headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False
        )


def collects(url: str, parcel: Parcel) -> tuple[int, bool]:
    """A resident types code and tail; the status, and whether the result says that something was handed out."""
    with requests.Session() as browser:
        token = TOKEN.search(browser.get(f"{url}/pickup/code", timeout=ANSWER_SECONDS).text)
        if token is None:
            return 422, False  # codes that others changed meanwhile count as wrong: the keypad rests
        data = {
            "csrf_token": token[1],
            "code": parcel.pickup_code.replace("-", ""),
            "tail": parcel.phone_tail,
        }
        answer = browser.post(f"{url}/pickup", data=data, timeout=ANSWER_SECONDS, allow_redirects=False)
        if answer.status_code != 303:
            return answer.status_code, False
        shown = browser.get(urljoin(url, answer.headers["Location"]), timeout=ANSWER_SECONDS, allow_redirects=False)
        return shown.status_code, shown.status_code == 200 and ERROR_CODE not in shown.text


@dataclass
class Place:
    """The kiosk, who stands before it, and what they have done so far."""

    here: Scene
    people: list[Person]
    pool: ThreadPoolExecutor
    actions: int = 0
    seen: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    handed: int = 0
    state: dict[str, str] = field(default_factory=dict)
    waybill_of: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    wrong: Exception | None = None

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Keep what goes wrong inside; after the first wrong thing nothing is done any more."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised again by `rush`
            self.wrong = self.wrong or error

    def noted(self, status: int, *, handed: bool = False) -> None:
        """One action was answered."""
        with self.lock:
            self.actions += 1
            self.statuses[status] += 1
            self.handed += handed


_waybills = itertools.count(1)


class Rush(RuleBasedStateMachine):
    """People decide what to press, and then all press at the same moment."""

    place: ClassVar[Place]

    def __init__(self) -> None:
        super().__init__()
        self.waybills = [f"SF8{next(_waybills):010d}" for _ in range(WAYBILLS)]
        self.pressed: list[Callable[[], None]] = []

    @rule(
        kind=st.sampled_from((*OFTEN, *OFTEN, *RARE)),
        who=st.integers(0, 2),
        what=st.integers(0, WAYBILLS - 1),
        twice=st.booleans(),
    )
    def press(self, kind: str, who: int, what: int, twice: bool) -> None:
        """Somebody means to do something, perhaps with a nervous finger."""
        nonce = secrets.token_hex(8)
        for _ in range(2 if twice else 1):
            self.pressed.append(lambda: self._do(kind, who, self.waybills[what], nonce))

    @precondition(lambda self: len(self.pressed) >= AT_ONCE)
    @rule()
    def together(self) -> None:
        """All at once."""
        works, self.pressed = self.pressed, []
        with self.place.here.kiosk.db.writing() as tx:
            tx.execute("DELETE FROM code_guesses")  # the minute of the lock has passed
        go = threading.Barrier(len(works))

        def work(one: Callable[[], None]) -> None:
            go.wait(ANSWER_SECONDS)
            one()

        with self.place.judging():
            for done in [self.place.pool.submit(work, one) for one in works]:
                done.result(60)

    @invariant()
    def nothing_is_doubled(self) -> None:
        """What the facts say, read one by one, is possible, and is what the rows and the answers say.

        Kept and raised at the end: threads never do the same twice, and Hypothesis would complain of that alone.
        """
        with self.place.judging():
            judge(self.place)

    def _do(self, kind: str, who: int, waybill: str, nonce: str) -> None:
        place, person = self.place, self.place.people[who]
        known = parcels.by_waybill(place.here.kiosk.db, POINT, waybill)
        if kind == "receive" or known is None:
            resident = place.here.residents[who].resident
            place.noted(person.post("/parcels", scan=waybill, nonce=nonce, resident=resident).status_code)
        elif kind == "code":
            status, handed = collects(place.here.url, known)
            place.noted(status, handed=handed)
        elif kind == "undo":
            done = [one for one in counter.of_parcel(place.here.kiosk.db, known.id) if one.can_be_undone]
            if done:
                place.noted(person.post(f"/counter/actions/{done[-1].number}/reversal").status_code)
        else:
            path, data = {
                "hand_out": ("hand-out", {}),
                "move": ("shelf", {"place": f"{who + 1}-{len(waybill) % 9 + 1}"}),
                "exception": ("exception", {"reason": "damaged"}),
                "exception_end": ("exception/end", {}),
            }[kind]
            place.noted(person.post(f"/parcels/{known.id}/{path}", nonce=nonce, **data).status_code)


def judge(place: Place) -> None:
    """Read the facts since the last time against a model of our own, and hold rows and answers against them."""
    kiosk = place.here.kiosk
    new = store.facts_after(kiosk.db, place.seen)
    for row in new:
        assert row["seq"] == place.seen + 1, "a number is missing or doubled"
        place.seen = row["seq"]
        _one_fact(place, row["kind"], msgspec.msgpack.decode(bytes(row["payload"])))
    here = Counter(place.waybill_of[one] for one, state in place.state.items() if state == "here")
    assert not [waybill for waybill, times in here.items() if times > 1], "a parcel lies here twice"
    for row in new:
        for parcel_id in _parcels_in(row["kind"], msgspec.msgpack.decode(bytes(row["payload"]))):
            found = parcels.parcel(kiosk.db, POINT, parcel_id)
            state = "gone" if found and found.state is ParcelState.COLLECTED else "here" if found else "away"
            assert state == place.state[parcel_id], parcel_id
    assert set(place.statuses) <= FINE, place.statuses


def _parcels_in(kind: str, payload: list[object]) -> list[str]:
    first = payload[0]
    return [first] if isinstance(first, str) else [str(one) for one in first] if isinstance(first, list) else []


def _one_fact(place: Place, kind: str, payload: list[object]) -> None:
    for one in _parcels_in(kind, payload):
        state = place.state.get(one, "away")
        if kind == "parcels.inbound.v1":
            assert state == "away", f"{one} received twice"
            place.state[one], place.waybill_of[one] = "here", str(payload[1])
        elif kind == "parcels.inbound_undone.v1":
            assert state == "here", f"{one} taken back where it was not"
            place.state[one] = "away"
        elif kind == "parcels.handed_out.v1":
            assert state == "here", f"{one} handed out twice"
            place.state[one] = "gone"
        elif kind == "parcels.hand_out_undone.v1":
            assert state == "gone", f"{one} taken back twice"
            place.state[one] = "here"
        else:
            assert state == "here", f"{kind} of {one} that is {state}"


def rush(here: Scene, web: Running, actions: int) -> Place:
    """So many actions of three staff and three residents; judged all along, and the sums at the end."""
    with ThreadPoolExecutor(4 * AT_ONCE) as pool:
        people = [Person.staff(here.url, name) for _, name in STAFF]
        place = Rush.place = Place(here, people, pool, seen=store.kiosk_head(here.kiosk.db)[0])
        how = settings(
            max_examples=4,
            stateful_step_count=60,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        while place.actions < actions and place.wrong is None:
            run_state_machine_as_test(Rush, settings=how)
    if place.wrong is not None:
        raise place.wrong
    judge(place)
    assert handed_out(here) == place.handed + by_staff(here)
    assert "locked" not in web.said()
    assert "Traceback" not in web.said()
    assert web.process.poll() is None
    return place


def handed_out(here: Scene) -> int:
    """Hand-outs among the facts."""
    row = here.kiosk.db.one("SELECT count(*) AS n FROM facts WHERE kind = 'parcels.handed_out.v1'")
    assert row is not None
    return int(row["n"])


def by_staff(here: Scene) -> int:
    """Hand-outs that staff were told had worked."""
    row = here.kiosk.db.one(
        "SELECT count(*) AS n FROM counter_actions WHERE kind = ? AND outcome = ?",
        (ActionKind.HAND_OUT.value, ActionOutcome.HANDED_OUT.value),
    )
    assert row is not None
    return int(row["n"])


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_r24_many_at_once_one_wins_and_nothing_is_doubled(tmp_path: Path) -> None:
    """R24: 600 presses of staff and residents in rushes of ten: no fact doubled, none locked, every loser told."""
    with scene(tmp_path, residents=3) as here, here.running_centre():
        here.joined(here.centre_url)
        with here.running_pages() as web, here.running_sync():
            start = time.monotonic()
            place = rush(here, web, CI_ACTIONS)
            assert place.statuses[303] > CI_ACTIONS / 10
            print(f"{place.actions} actions in {time.monotonic() - start:.0f} s: {dict(place.statuses)}")
