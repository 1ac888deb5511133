"""The resident's pages through Flask: what is shown, to whom, and for how long."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk.pickup import store
from kiosk.pickup.operations import answer_help_call, call_staff, collect_by_pass
from shared.kernel.clock import ManualClock
from shared.kernel.limits import RESULT_KEPT_SECONDS
from shared.parcels.rules import ParcelState
from tests.kiosk.pickup.scene import PIN, STAFF, Scene

HTMX = {"HX-Request": "true"}


def post_scan(scene: Scene, screen: FlaskClient, text: str, nonce: str = "n1", **more: object) -> TestResponse:
    """What the scan worker does."""
    return screen.post(
        "/local/scans",
        json={"nonce": nonce, "text": text, **more},
        headers={"X-Linqu-Worker": scene.kiosk.derived_secret("worker")},
    )


def hear(screen: FlaskClient, after: str, name: str = "s1") -> str:
    """What a screen that has read up to ``after`` hears; the id of the result."""
    news = screen.get(f"/pickup/scans?after={after}&screen={name}").get_json()
    assert isinstance(news["result"], str)
    return news["result"]


def mark(page: TestResponse) -> str:
    found = re.search(r'data-scans-after="([^"]+)"', page.text)
    assert found
    return found[1]


def collect_by_code(screen: FlaskClient, code: str, tail: str = "8899") -> TestResponse:
    return screen.post("/pickup", data={"code": code.replace("-", ""), "tail": tail})


def test_the_first_page_shows_where_to_hold_the_pass_and_the_other_way(screen: FlaskClient) -> None:
    page = screen.get("/")
    assert page.status_code == 200
    assert "把取件码对准这里" in page.text
    assert 'href="/pickup/code"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "data-idle=" not in page.text
    assert "data-idle=" in screen.get("/pickup/code").text


def test_a_scan_shows_codes_shelves_and_voice_on_a_waiting_screen(scene: Scene, screen: FlaskClient) -> None:
    resident = scene.resident()
    parcel = scene.parcel(resident, cold=True)
    after = mark(screen.get("/"))
    assert post_scan(scene, screen, scene.pass_of(resident)).get_json() == {"outcome": "HANDED_OUT"}
    result = hear(screen, after)
    page = screen.get(f"/pickup/results/{result}", headers=HTMX)
    assert page.headers["HX-Replace-Url"] == f"/pickup/results/{result}"
    assert page.headers["Cache-Control"] == "no-store"
    assert f'<span class="code-text">{parcel.code}</span>' in page.text
    assert "请取 1 件" in page.text
    assert "冷柜" in page.text
    assert "9, 1, 0 0 0 1" in page.text
    assert 'data-countdown="8"' in page.text
    assert 'data-then-submit="wipe"' in page.text
    assert "shelf-here" in page.text


def test_one_tap_at_most_and_none_to_hand_out(scene: Scene, screen: FlaskClient) -> None:
    """Hand-out happens with the scan: before any button, and whether or not a screen is looking."""
    resident = scene.resident()
    parcel = scene.parcel(resident)
    post_scan(scene, screen, scene.pass_of(resident))
    assert scene.now(parcel).state is ParcelState.COLLECTED


def test_every_waiting_screen_hears_a_scan_and_others_do_not_hear_typed_codes(
    scene: Scene, screen: FlaskClient
) -> None:
    app = scene.app()
    left, right = app.test_client(), app.test_client()
    resident = scene.resident()
    parcel = scene.parcel(resident)
    marks = [mark(one.get("/")) for one in (left, right)]
    post_scan(scene, left, scene.pass_of(resident))
    heard = [hear(one, after, f"s{n}") for n, (one, after) in enumerate(zip((left, right), marks, strict=True))]
    assert heard[0] == heard[1] != ""
    for one in (left, right):
        assert parcel.code in one.get(f"/pickup/results/{heard[0]}", headers=HTMX).text

    other = scene.parcel(scene.resident("李*", "1234"))
    after = mark(right.get("/"))
    shown = collect_by_code(left, other.code, "1234")
    assert shown.status_code == 303
    assert right.get(shown.location, headers=HTMX).headers["HX-Redirect"] == "/"
    assert mark(right.get("/")) == after


def test_going_back_shows_nothing_of_the_last_visit(scene: Scene, screen: FlaskClient) -> None:
    parcel = scene.parcel(scene.resident())
    shown = collect_by_code(screen, parcel.code)
    assert parcel.code in screen.get(shown.location).text
    screen.post("/visit/end")
    for headers in ({}, HTMX):
        again = screen.get(shown.location, headers=headers)
        assert parcel.code not in again.text
        assert again.headers.get("HX-Redirect", again.location) == "/"


def test_the_first_page_ends_a_visit_too(scene: Scene, screen: FlaskClient) -> None:
    resident = scene.resident()
    parcel = scene.parcel(resident)
    after = mark(screen.get("/"))
    post_scan(scene, screen, scene.pass_of(resident))
    result = hear(screen, after)
    assert parcel.code in screen.get(f"/pickup/results/{result}", headers=HTMX).text
    assert parcel.code in screen.get(f"/pickup/results/{result}").text
    screen.get("/")
    assert screen.get(f"/pickup/results/{result}", headers=HTMX).headers["HX-Redirect"] == "/"


def test_a_result_is_forgotten_by_itself(scene: Scene, screen: FlaskClient, clock: ManualClock) -> None:
    parcel = scene.parcel(scene.resident())
    shown = collect_by_code(screen, parcel.code)
    clock.advance(RESULT_KEPT_SECONDS + 1)
    assert screen.get(shown.location).status_code == 303


def test_result_addresses_cannot_be_guessed(scene: Scene, screen: FlaskClient) -> None:
    ids = {collect_by_code(screen, scene.parcel(scene.resident()).code).location for _ in range(20)}
    assert len(ids) == 20
    assert all(len(location.rsplit("/", 1)[1]) >= 22 for location in ids)


def test_a_wrong_code_is_answered_on_the_keypad_itself(scene: Scene, screen: FlaskClient) -> None:
    wrong = collect_by_code(screen, "110001")
    assert wrong.status_code == 422
    assert "还可以再试 4 次" in wrong.text
    assert "UNKNOWN_CODE" in wrong.text
    assert "data-keypad" in wrong.text
    for _ in range(4):
        wrong = collect_by_code(screen, "110001")
    assert "LOCKED" in wrong.text
    assert "data-keypad" not in wrong.text
    assert "LOCKED" in screen.get("/pickup/code").text


def test_a_code_with_its_tail_takes_ten_keys_and_the_button_that_opens_the_keypad(screen: FlaskClient) -> None:
    page = screen.get("/pickup/code").text
    lengths = [int(length) for length in re.findall(r'data-length="(\d+)"', page)]
    assert lengths == [6, 4]
    assert "data-submit-when-full" in page
    assert sum(lengths) + 1 <= 11


def test_the_rest_of_a_resident_is_one_tap_away(scene: Scene, screen: FlaskClient) -> None:
    resident = scene.resident()
    named, other = scene.parcel(resident), scene.parcel(resident)
    shown = collect_by_code(screen, named.code)
    assert "还有 1 件也能取" in screen.get(shown.location).text
    rest = screen.post(f"{shown.location}/rest")
    assert other.code in screen.get(rest.location).text
    assert scene.now(other).state is ParcelState.COLLECTED


def test_nobody_takes_the_rest_of_another_visit(scene: Scene, screen: FlaskClient) -> None:
    resident = scene.resident()
    named, other = scene.parcel(resident), scene.parcel(resident)
    shown = collect_by_code(screen, named.code)
    stranger = scene.app().test_client()
    assert stranger.post(f"{shown.location}/rest").location == "/"
    assert stranger.post(f"{shown.location}/help-calls").location == "/"
    assert scene.now(other).state is ParcelState.READY


def test_a_missing_parcel_calls_staff_once_and_staff_answer(scene: Scene, screen: FlaskClient) -> None:
    parcel = scene.parcel(scene.resident())
    shown = collect_by_code(screen, parcel.code)
    for _ in range(2):
        assert screen.post(f"{shown.location}/help-calls").status_code == 303
    page = screen.get(shown.location).text
    assert "已经通知店员" in page
    assert 'data-countdown="30"' in page

    counter = scene.app().test_client()
    assert counter.get("/counter/calls").status_code == 303
    counter.post("/staff/session", data={"staff": STAFF, "pin": PIN})
    calls = counter.get("/counter/calls").text
    assert calls.count(parcel.code) == 1
    assert "王*明" in calls
    found = re.search(r'action="(/counter/calls/[^"]+)"', calls)
    assert found
    counter.post(found[1])
    assert parcel.code not in counter.get("/counter/calls").text


def test_old_calls_are_forgotten(scene: Scene, clock: ManualClock) -> None:
    kiosk = scene.kiosk
    for visit in ("old", "new"):
        call_staff(kiosk, visit, collect_by_pass(kiosk, ""))
    assert answer_help_call(kiosk, "old", STAFF)
    assert not answer_help_call(kiosk, "old", STAFF)
    clock.advance(8 * 24 * 3600)
    assert answer_help_call(kiosk, "new", STAFF)
    assert not store.help_called(kiosk.db, "old")
    assert store.help_called(kiosk.db, "new")


@pytest.mark.parametrize("language", ["zh_Hans_CN", "zh_Hant_TW", "en"])
def test_every_page_opens_in_every_language(scene: Scene, screen: FlaskClient, language: str) -> None:
    parcel = scene.parcel(scene.resident())
    screen.post("/language", data={"lang": language, "next": "/"})
    shown = collect_by_code(screen, parcel.code)
    for address in ("/pickup/camera", shown.location, "/pickup/code", "/"):
        assert screen.get(address).status_code == 200


def test_an_absent_camera_offers_the_code_first(scene: Scene, screen: FlaskClient) -> None:
    from kiosk import workers

    assert "CAMERA" not in screen.get("/pickup/camera").text
    workers.beat(scene.kiosk.db, scene.kiosk.clock, "scan", "missing")
    assert "请按下面的按钮输入取件码" in screen.get("/").text
    workers.beat(scene.kiosk.db, scene.kiosk.clock, "scan", "ok")
    assert "CAMERA" not in screen.get("/").text
