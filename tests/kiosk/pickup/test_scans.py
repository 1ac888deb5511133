"""The door for scans: who may post, what counts once, and that nothing anybody holds up breaks it."""

import json
from threading import Thread

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.pickup.rules import PickupOutcome
from shared.kernel.clock import ManualClock
from shared.parcels.rules import ParcelState
from shared.sync import store as sync_store
from tests.kiosk.pickup.scene import Scene
from tests.kiosk.pickup.test_screens import HTMX, hear, mark, post_scan

FIXTURE = [HealthCheck.function_scoped_fixture]


def facts(scene: Scene) -> int:
    return sync_store.kiosk_head(scene.kiosk.db)[0]


def test_only_the_worker_of_this_machine_may_post(scene: Scene, screen: FlaskClient) -> None:
    token = scene.kiosk.derived_secret("worker")
    body = {"nonce": "n", "text": "x"}
    near = {"REMOTE_ADDR": "127.0.0.1"}
    assert screen.post("/local/scans", json=body).status_code == 403
    for wrong in (token[:-1], token + "0", "", "é" * 32):
        assert screen.post("/local/scans", json=body, headers={"X-Linqu-Worker": wrong}).status_code == 403
    far = {"REMOTE_ADDR": "192.0.2.7"}
    headers = {"X-Linqu-Worker": token}
    assert screen.post("/local/scans", json=body, headers=headers, environ_base=far).status_code == 403
    assert screen.post("/local/scans", json=body, headers=headers, environ_base=near).status_code == 200


def test_a_page_cannot_post_a_scan_without_its_token(scene: Scene) -> None:
    app = scene.app()
    app.config["WTF_CSRF_ENABLED"] = True
    resident = scene.resident()
    parcel = scene.parcel(resident)
    assert app.test_client().post("/pickup/passes", data={"text": scene.pass_of(resident)}).status_code == 400
    assert post_scan(scene, app.test_client(), scene.pass_of(resident)).status_code == 200
    assert scene.now(parcel).state is ParcelState.COLLECTED


def test_the_same_post_twice_counts_once(scene: Scene, screen: FlaskClient, clock: ManualClock) -> None:
    resident = scene.resident()
    scene.parcel(resident)
    text = scene.pass_of(resident)
    post_scan(scene, screen, text, nonce="w-1")
    after, count = mark(screen.get("/")), facts(scene)
    clock.advance(60)
    assert post_scan(scene, screen, text, nonce="w-1").get_json() == {"outcome": "HANDED_OUT"}
    assert (mark(screen.get("/")), facts(scene)) == (after, count)


def test_two_readers_that_see_the_same_pass_show_one_result(scene: Scene, screen: FlaskClient) -> None:
    resident = scene.resident()
    scene.parcel(resident)
    text = scene.pass_of(resident)
    after = mark(screen.get("/"))
    answers: list[object] = []

    def read(reader: FlaskClient, nonce: str) -> None:
        answers.append(post_scan(scene, reader, text, nonce=nonce).get_json())

    readers = [screen.application.test_client() for _ in range(4)]
    threads = [Thread(target=read, args=(reader, f"r{n}")) for n, reader in enumerate(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"outcome": "HANDED_OUT"}] * 4
    news = screen.get(f"/pickup/scans?after={after}&screen=s").get_json()
    assert news["after"].endswith("-1")


def test_the_same_pass_later_is_a_new_visit(scene: Scene, screen: FlaskClient, clock: ManualClock) -> None:
    resident = scene.resident()
    scene.parcel(resident)
    text = scene.pass_of(resident)
    post_scan(scene, screen, text, nonce="a")
    clock.advance(4)
    assert post_scan(scene, screen, text, nonce="b").get_json() == {"outcome": "ALREADY_COLLECTED"}


def test_two_different_codes_in_one_frame_hand_out_nothing(scene: Scene, screen: FlaskClient) -> None:
    after = mark(screen.get("/"))
    assert post_scan(scene, screen, "", kind="conflict").get_json() == {"outcome": "TWO_PASSES"}
    page = screen.get(f"/pickup/results/{hear(screen, after)}", headers=HTMX).text
    assert "同时看到两个码" in page


@pytest.mark.parametrize("payload", ["secret-payload-" * 40, "<script>alert(1)</script>", "%(count)s %s {{7*7}}"])
def test_what_was_read_is_never_shown(scene: Scene, screen: FlaskClient, payload: str) -> None:
    after = mark(screen.get("/"))
    outcome = post_scan(scene, screen, payload).get_json()["outcome"]
    assert outcome == PickupOutcome.NOT_A_PASS
    page = screen.get(f"/pickup/results/{hear(screen, after)}", headers=HTMX).text
    assert payload[:12] not in page
    assert "49" not in page.partition("<h1")[2].partition("</p>")[0]


def test_a_scan_that_was_held_up_hands_nothing_out(scene: Scene, screen: FlaskClient) -> None:
    resident = scene.resident()
    parcel = scene.parcel(resident)
    for age in (4.5, 3600, -1):
        late = post_scan(scene, screen, scene.pass_of(resident), nonce=f"n{age}", age_s=age)
        assert late.get_json() == {"outcome": "STALE"}
    assert scene.now(parcel).state is ParcelState.READY


def test_a_hint_reaches_the_screen_and_hides_no_result(scene: Scene, screen: FlaskClient) -> None:
    after = mark(screen.get("/"))
    post_scan(scene, screen, "", nonce="h", kind="unreadable", hint="closer")
    news = screen.get(f"/pickup/scans?after={after}&screen=s").get_json()
    assert (news["hint"], news["result"]) == ("请再靠近一点", "")
    post_scan(scene, screen, "x" * 20, nonce="r")
    post_scan(scene, screen, "", nonce="h2", kind="unreadable", hint="hold_still")
    assert hear(screen, after) != ""


def test_a_mark_of_another_run_begins_anew(screen: FlaskClient) -> None:
    for after in ("", "OLD-99", "OLD", "-", "x" * 500, "ÄÖ-1"):
        news = screen.get("/pickup/scans", query_string={"after": after, "screen": "s"}).get_json()
        assert news["result"] == ""
        assert news["after"] == mark(screen.get("/"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"nonce": ""}',
        b'{"nonce": 5}',
        b'{"nonce": "a", "kind": "other"}',
        b'{"nonce": "a", "age_s": "x"}',
        b'{"nonce": "a", "text": "\\ud800"}',
        b"[" * 100_000,
        json.dumps({"nonce": "n" * 65}).encode(),
    ],
)
def test_a_broken_post_is_refused(scene: Scene, screen: FlaskClient, body: bytes) -> None:
    headers = {"X-Linqu-Worker": scene.kiosk.derived_secret("worker")}
    assert screen.post("/local/scans", data=body, headers=headers).status_code == 400


@given(text=st.text(max_size=700), symbology=st.sampled_from(["", "QRCode", "EAN13", "Code128", "?"]))
@settings(max_examples=200, deadline=None, suppress_health_check=FIXTURE)
def test_nothing_held_up_ever_breaks(scene: Scene, screen: FlaskClient, text: str, symbology: str) -> None:
    answer = post_scan(scene, screen, text, nonce=f"{text[:20]}|{len(text)}", symbology=symbology)
    assert answer.status_code == 200
    assert answer.get_json()["outcome"] in set(PickupOutcome) - {PickupOutcome.HANDED_OUT}


@given(digits=st.text(alphabet="0123456789", min_size=47, max_size=51))
@settings(max_examples=150, deadline=None, suppress_health_check=FIXTURE)
def test_no_made_up_pass_hands_anything_out(scene: Scene, screen: FlaskClient, digits: str) -> None:
    answer = post_scan(scene, screen, digits, nonce=digits)
    assert answer.status_code == 200
    refused = {"FORGED", "WRONG_POINT", "NOT_A_PASS", "PARCEL_LABEL"}
    assert answer.get_json()["outcome"] in refused
