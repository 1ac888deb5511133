"""Who gets in: every route against nobody, forged writes, guessed passwords, old sessions."""

import re
import threading

import pytest
from flask import Flask

from shared.kernel.clock import ManualClock
from shared.kernel.errors import BadInput
from shared.kernel.limits import OPERATOR_IDLE_MINUTES, OPERATOR_SESSION_HOURS
from shared.parcels.facts import HandedOut
from sync_server.console import operations, store
from sync_server.console.rules import SignIn, lock_seconds, seconds_locked
from sync_server.host import Centre
from tests.sync_server.happenings import enrol, fill_a_little, hand_out, park_a_fact
from tests.sync_server.opening import OPERATOR, PASSWORD, Desk, open_desk

FILLED = {"device_id": "K1", "point": "JN-HL01", "code": "JN-HL01", "order_id": "x", "parcel_id": "x", "seq": "1"}
OPEN = {"/console/session"}


def centre_of(desk: Desk) -> Centre:
    centre: Centre = desk.app.extensions["linqu_centre"]
    return centre


def routes(app: Flask) -> list[tuple[str, str]]:
    """(method, path) of everything below /console, with something in each hole."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/console"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda hole: FILLED.get(hole[1], "x"), rule.rule)
            found += [(method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return sorted(found)


def test_there_are_routes_to_close(desk: Desk) -> None:
    assert len(routes(desk.app)) > 35


def test_nobody_gets_in_anywhere_without_signing_in(desk: Desk) -> None:
    centre = centre_of(desk)
    for method, path in routes(desk.app):
        if path in OPEN:
            continue
        answer = desk.client.get(path) if method == "GET" else desk.post(path)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["Location"].startswith("/console/session"), (method, path)
    assert store.log(centre.db, 10) == []


def test_htmx_is_sent_to_the_door_too(desk: Desk) -> None:
    answer = desk.get("/console/overview/figures", **{"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/console/session")


def test_every_write_needs_its_csrf_token(signed_in: Desk) -> None:
    writes = [path for method, path in routes(signed_in.app) if method == "POST"]
    assert len(writes) > 10
    for path in writes:
        assert signed_in.client.post(path, data={}).status_code == 400, path


def test_every_page_opens_for_an_operator(server: Centre) -> None:
    """On both databases, with something in every list."""
    fill_a_little(server)
    enrol(server, "K1")
    [parcel_id] = hand_out(server, "JN-HL01", 1)
    with server.journal.writing("JN-HL01") as tx:
        server.journal.record(tx, HandedOut((parcel_id,), "staff", ""), point="JN-HL01", actor="S2")
    park_a_fact(server, "K1")
    desk = open_desk(server)
    desk.sign_in()
    opened = 0
    for method, path in routes(desk.app):
        if method == "GET":
            status = desk.get(path).status_code
            assert status in (
                {404, 422}
                if path.endswith(("/x", "/x/1", "/x/problems.csv", "/x/answer.linqu", "/x/units.csv", "samples/x.csv"))
                else {200, 302, 303}
            ), path
            opened += status == 200
    assert opened > 20


def test_signing_in_leads_back_to_the_page_that_was_asked_for(desk: Desk) -> None:
    asked = desk.get("/console/orders?state=paid")
    assert asked.headers["Location"] == "/console/session?next=/console/orders?state%3Dpaid"
    answer = desk.post(
        "/console/session", {"name": OPERATOR, "password": PASSWORD, "next": "/console/orders?state=paid"}
    )
    assert answer.headers["Location"] == "/console/orders?state=paid"


@pytest.mark.parametrize("elsewhere", ["https://example.com/console/", "//example.com", "/\\example.com", "/v1/sync"])
def test_signing_in_never_leads_elsewhere(desk: Desk, elsewhere: str) -> None:
    answer = desk.post("/console/session", {"name": OPERATOR, "password": PASSWORD, "next": elsewhere})
    assert answer.headers["Location"] == "/console/overview"


def test_a_session_is_new_after_signing_in_and_dead_after_signing_out(desk: Desk) -> None:
    desk.get("/console/session")
    with desk.client.session_transaction() as before:
        before["planted"] = "by somebody else"
    desk.sign_in()
    with desk.client.session_transaction() as after:
        assert "planted" not in after
        token = after["operator"]
    assert desk.get("/console/overview").status_code == 200
    assert desk.post("/console/session/end").status_code == 303
    with desk.client.session_transaction() as stolen:
        stolen["operator"] = token
    assert desk.get("/console/overview").status_code == 303


def test_each_sign_in_gets_a_token_of_its_own(desk: Desk) -> None:
    centre = centre_of(desk)
    first, second = (operations.sign_in(centre, OPERATOR, PASSWORD)[1] for _ in range(2))
    assert first != second


def test_an_idle_session_ends_and_a_page_that_refreshes_itself_does_not_keep_it(
    signed_in: Desk, clock: ManualClock
) -> None:
    for _ in range(OPERATOR_IDLE_MINUTES + 1):
        clock.advance(60)
        signed_in.get("/console/overview/figures")
    assert signed_in.get("/console/overview").status_code == 303


def test_a_session_in_use_lasts_its_hours_and_no_longer(signed_in: Desk, clock: ManualClock) -> None:
    for _ in range(OPERATOR_SESSION_HOURS * 2):
        assert signed_in.get("/console/overview").status_code == 200
        clock.advance(30 * 60)
    clock.advance(60)
    assert signed_in.get("/console/overview").status_code == 303


def test_a_new_password_ends_every_session(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    operations.make_operator(centre.db, centre.clock, OPERATOR, "another-long-word-7")
    assert signed_in.get("/console/overview").status_code == 303
    assert operations.sign_in(centre, OPERATOR, PASSWORD)[0] is SignIn.WRONG


def test_wrong_passwords_lock_the_name(server: Centre, clock: ManualClock) -> None:
    for _ in range(4):
        assert operations.sign_in(server, OPERATOR, "wrong") == (SignIn.WRONG, "")
    assert operations.sign_in(server, OPERATOR, "wrong") == (SignIn.LOCKED, "60")
    assert operations.sign_in(server, OPERATOR, PASSWORD)[0] is SignIn.LOCKED
    clock.advance(61)
    assert operations.sign_in(server, OPERATOR, "wrong") == (SignIn.LOCKED, "120")
    clock.advance(121)
    assert operations.sign_in(server, OPERATOR, PASSWORD)[0] is SignIn.WELCOME
    assert operations.sign_in(server, OPERATOR, "wrong") == (SignIn.WRONG, "")


def test_many_tries_at_the_same_moment_are_counted_one_by_one(server: Centre) -> None:
    together, seen = threading.Barrier(12), []

    def guess() -> None:
        together.wait()
        seen.append(operations.sign_in(server, OPERATOR, "wrong-horse-4242")[0])

    guesses = [threading.Thread(target=guess) for _ in range(12)]
    for thread in guesses:
        thread.start()
    for thread in guesses:
        thread.join()
    assert seen.count(SignIn.WRONG) == 4
    assert seen.count(SignIn.LOCKED) == 8


def test_a_lock_says_nothing_about_who_is_an_operator(server: Centre) -> None:
    for name in (OPERATOR, "nobody"):
        answers = [operations.sign_in(server, name, "wrong") for _ in range(6)]
        assert [answer[0] for answer in answers] == [SignIn.WRONG] * 4 + [SignIn.LOCKED] * 2


def test_a_lock_is_never_longer_than_it_was_when_the_clock_jumps(server: Centre, clock: ManualClock) -> None:
    for _ in range(5):
        operations.sign_in(server, OPERATOR, "wrong")
    clock.advance(-400 * 86_400)
    tried = store.tries(server.db, OPERATOR)
    assert seconds_locked(tried, clock.now()) == 60


def test_locks_grow_and_stop_growing() -> None:
    assert [lock_seconds(n) // 60 for n in range(1, 13)] == [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15, 15]


def test_one_address_cannot_try_many_names(desk: Desk) -> None:
    answers = [desk.sign_in(f"name{n}", "wrong").status_code for n in range(12)]
    assert answers[:10] == [422] * 10
    assert answers[10:] == [429] * 2


def test_the_first_operator_is_made_once_with_a_drawn_password(server: Centre) -> None:
    assert operations.first_operator(server, "second") is None
    with server.db.writing() as tx:
        tx.execute("DELETE FROM operators")
    password = operations.first_operator(server, "first")
    assert password is not None
    assert len(password) >= 16
    assert operations.sign_in(server, "first", password)[0] is SignIn.WELCOME


@pytest.mark.parametrize(
    ("name", "password"),
    [("", PASSWORD), ("Big", PASSWORD), ("a b", PASSWORD), ("op", "short"), ("op", "aaaaaaaaaaaaaaaa")],
)
def test_weak_operators_are_not_made(server: Centre, name: str, password: str) -> None:
    with pytest.raises(BadInput):
        operations.make_operator(server.db, server.clock, name, password)


def test_passwords_and_tokens_are_nowhere_in_the_database(server: Centre) -> None:
    _, token = operations.sign_in(server, OPERATOR, PASSWORD)
    for table in ("operators", "operator_sessions", "operator_tries", "operator_log"):
        text = str([dict(row) for row in server.db.query(f"SELECT * FROM {table}")])
        assert PASSWORD not in text
        assert token not in text
