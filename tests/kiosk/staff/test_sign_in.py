"""The PIN at the touch screen, through HTTP, on a real database."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk.app import make_app
from kiosk.host import Kiosk, open_kiosk
from kiosk.staff import operations
from kiosk.staff.rules import PinLocked, PinWrong
from shared.kernel.clock import ManualClock
from tests.kiosk.parcels.point import PINS, make_point

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def clock() -> ManualClock:
    made = ManualClock(datetime(2026, 11, 22, 8, tzinfo=UTC))
    made.advance(5000)
    return made


@pytest.fixture
def kiosk(tmp_path: Path, clock: ManualClock) -> Iterator[Kiosk]:
    made = make_point(tmp_path, clock=clock, parcels=1)
    yield made
    made.db.close()


@pytest.fixture
def client(kiosk: Kiosk) -> FlaskClient:
    return make_app(kiosk).test_client()


def token(client: FlaskClient, path: str = "/staff/session?staff=S1") -> str:
    found = TOKEN.search(client.get(path).text)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, staff: str = "S1", pin: str = "", **more: str) -> int:
    form = {"csrf_token": token(client, f"/staff/session?staff={staff}"), "staff": staff, "pin": pin or PINS[staff]}
    return client.post("/staff/session", data=form | more).status_code


def test_the_right_pin_opens_the_counter_and_where_one_was_going(client: FlaskClient) -> None:
    asked = client.get("/shelves")
    assert asked.status_code == 303
    assert asked.location == "/staff/session?next=/shelves"
    answer = client.post(
        "/staff/session", data={"csrf_token": token(client), "staff": "S1", "pin": PINS["S1"], "next": "/shelves"}
    )
    assert (answer.status_code, answer.location) == (303, "/shelves")
    assert client.get("/shelves").status_code == 200


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/staff/session", "/", "\\evil"])
def test_nobody_is_sent_elsewhere(client: FlaskClient, where: str) -> None:
    form = {"csrf_token": token(client), "staff": "S1", "pin": PINS["S1"], "next": where}
    assert client.post("/staff/session", data=form).location == "/counter"


def test_a_pin_needs_its_token(client: FlaskClient) -> None:
    assert client.post("/staff/session", data={"staff": "S1", "pin": PINS["S1"]}).status_code == 400


def test_a_session_begins_anew(client: FlaskClient) -> None:
    with client.session_transaction() as before:
        before["visit"] = {"left": "by a resident"}
        before["staff"] = "planted"
    sign_in(client)
    with client.session_transaction() as after:
        assert "visit" not in after
        assert after["staff"] != "planted"


def test_five_wrong_pins_lock_and_the_right_one_waits_too(client: FlaskClient, clock: ManualClock) -> None:
    for _ in range(4):
        assert sign_in(client, pin="000000") == 422
    page = client.post("/staff/session", data={"csrf_token": token(client), "staff": "S1", "pin": "000000"})
    assert "PIN_LOCKED" in page.text
    assert sign_in(client) == 422, "the right PIN is not even looked at"
    assert sign_in(client, "S2") == 303, "a colleague is not locked out"
    client.post("/staff/session/end", data={"csrf_token": token(client, "/counter")})
    clock.advance(61)
    assert sign_in(client) == 303


def test_a_lock_survives_restart_and_jumping_clocks(kiosk: Kiosk, clock: ManualClock) -> None:
    for _ in range(5):
        with pytest.raises((PinWrong, PinLocked)):
            operations.check_pin(kiosk, "S1", "000000")
    for year in (1970, 2099):
        clock.set_wall(datetime(year, 1, 1, tzinfo=UTC))
        with pytest.raises(PinLocked):
            operations.check_pin(kiosk, "S1", PINS["S1"])
    kiosk.db.close()
    fresh = ManualClock(datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=1))
    again = open_kiosk(kiosk.config, fresh)
    with pytest.raises(PinLocked):
        operations.check_pin(again, "S1", PINS["S1"])
    fresh.advance(61)
    assert operations.check_pin(again, "S1", PINS["S1"]).name == "张店长"
    again.db.close()


def test_many_guesses_at_once_count_each(kiosk: Kiosk) -> None:
    outcomes: list[str] = []

    def guess(n: int) -> None:
        try:
            operations.check_pin(kiosk, "S1", f"{n:06d}")
        except (PinWrong, PinLocked) as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("PIN_WRONG") == 4
    assert outcomes.count("PIN_LOCKED") == 20


def test_five_minutes_without_a_hand_lock_the_screen(client: FlaskClient, clock: ManualClock) -> None:
    sign_in(client)
    clock.advance(290)
    assert client.get("/counter").status_code == 200
    clock.advance(290)
    assert client.get("/counter").status_code == 200
    for _ in range(31):
        clock.advance(10)
        client.get("/labels/state")
    assert client.get("/counter").status_code == 303, "what the page asks by itself does not keep it open"
    answer = client.get("/labels/state", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/staff/session")


def test_locking_by_hand_ends_the_session_for_copies_of_the_cookie_too(client: FlaskClient) -> None:
    sign_in(client)
    with client.session_transaction() as session:
        stolen = session["staff"]
    answer = client.post(
        "/staff/session/end",
        data={"csrf_token": token(client, "/counter")},
        headers={"Referer": "http://localhost/shelves"},
    )
    assert answer.location == "/staff/session?next=/shelves&staff=S1"
    with client.session_transaction() as session:
        session["staff"] = stolen
    assert client.get("/counter").status_code == 303


def test_who_no_longer_works_here_is_out_at_once(client: FlaskClient, kiosk: Kiosk) -> None:
    from shared.pickup_points.operations import set_staff
    from shared.pickup_points.rules import Staff, StaffRole

    sign_in(client)
    journal, hashed = kiosk.journal(), "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$eA"
    with journal.writing(kiosk.point_code) as tx:
        set_staff(journal, tx, kiosk.point_code, Staff("S1", "张店长", hashed, StaffRole.LEADER, False), "operator")
    assert client.get("/counter").status_code == 303
    assert client.get("/staff/session?staff=S1").text.count("张店长") == 0


@pytest.mark.parametrize(
    "path",
    ["/counter", "/shelves", "/shelves/1/1", "/parcels", "/parcels?search=x", "/parcels/K1.A.1", "/expected",
     "/hand-out", "/labels", "/labels/state", "/counter/calls", "/parcels/recipients?tail=8801&waybill=X",
     "/parcels/recipient?waybill=X", "/residents/R.1/parcels"],
)  # fmt: skip
def test_every_page_of_staff_asks_for_the_pin(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.location.startswith("/staff/session")


@pytest.mark.parametrize(
    "path",
    ["/parcels", "/parcels/K1.A.1/hand-out", "/parcels/K1.A.1/shelf", "/parcels/K1.A.1/exception",
     "/parcels/K1.A.1/exception/end", "/parcels/K1.A.1/labels", "/counter/actions/1/reversal", "/counter/place",
     "/labels/K1.A.1/cancellation", "/labels/K1.A.1/sighting", "/hand-out", "/counter/calls/X/answer"],
)  # fmt: skip
def test_every_deed_of_staff_asks_for_the_pin(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"csrf_token": token(client), "nonce": "12345678", "scan": "LQ202611220000"})
    assert answer.status_code == 303
    assert answer.location.startswith("/staff/session")
