"""Headers, cookies, CSRF, errors in three languages, the choice of language, hostile forms."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from shared.kernel.clock import ManualClock
from shared.web.app import WebSettings, make_web_app
from shared.web.forms import Form
from shared.web.frame import Frame
from shared.web.pages import local_path
from tests.web.floor import NOW, SECRET, distance, make_floor

LANGUAGES = ("zh_Hans_CN", "zh_Hant_TW", "en")
CODES = (400, 401, 403, 404, 405, 413, 422, 429, 500, 503)
HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onmouseover=alert(1) x='",
    "{{ 7 * 7 }}",
    "'; DROP TABLE orders; --",
    "%s %(x)s %",
    "../../etc/passwd",
)


@pytest.fixture
def client() -> FlaskClient:
    return make_floor(testing=False).test_client()


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert found
    return found[1]


def speak(client: FlaskClient, language: str) -> None:
    answer = client.post("/language", data={"lang": language, "next": "/", "csrf_token": token(client)})
    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/", "/patterns", "/status/404", "/broken", "/v1/status/500", "/link/badge"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_static_files_are_kept_only_under_their_content_mark(client: FlaskClient) -> None:
    address = re.search(r'href="(/static/css/tokens\.css\?v=[0-9a-f]{10})"', client.get("/").text)
    assert address
    assert "immutable" in client.get(address[1]).headers["Cache-Control"]
    assert "immutable" not in client.get("/static/css/tokens.css").headers["Cache-Control"]
    assert "immutable" not in client.get("/static/nothing.css?v=1").headers["Cache-Control"]


def test_session_cookie_is_closed() -> None:
    cookie = make_floor(secure=True).test_client().get("/", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("linqu_floor=")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize("path", ["/echo", "/language", "/visit/end", "/patterns/nothing"])
def test_no_write_without_token(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"note": "1", "lang": "en"})
    assert answer.status_code == 400
    assert "csrf" in answer.text
    assert client.post(path, data={"csrf_token": "forged"}).status_code == 400


def test_token_in_the_header_that_htmx_sends(client: FlaskClient) -> None:
    answer = client.post("/echo", data={"note": "好"}, headers={"X-CSRFToken": token(client), "HX-Request": "true"})
    assert answer.text == "<p>好</p>"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_errors_speak_three_languages(client: FlaskClient, code: int, language: str) -> None:
    source = client.get(f"/status/{code}").text
    speak(client, language)
    answer = client.get(f"/status/{code}")
    assert answer.status_code == code
    title = re.search(r"<h1 [^>]*>([^<]+)</h1>", answer.text)
    assert title
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", title[1])
    if language == "zh_Hans_CN":
        assert title[1] in source
    assert 'class="error-next"' in answer.text
    assert str(code) in answer.text


def test_error_for_htmx_is_a_fragment(client: FlaskClient) -> None:
    answer = client.get("/status/404", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert 'class="notice notice-warn"' in answer.text


def test_error_for_machines_is_json(client: FlaskClient) -> None:
    answer = client.get("/v1/status/404")
    assert answer.json
    assert answer.json["code"] == "404"


def test_retry_after_and_allow_survive(client: FlaskClient) -> None:
    assert client.get("/status/503").headers["Retry-After"] == "30"
    assert "POST" in client.get("/echo").headers["Allow"]


def test_a_mistake_in_the_program_shows_nothing_of_itself(client: FlaskClient) -> None:
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "13812348899" not in answer.text
    assert "Traceback" not in answer.text


def test_refused_becomes_422_with_cause_step_and_code(client: FlaskClient) -> None:
    speak(client, "en")
    page = client.get("/refused")
    fragment = client.get("/refused", headers={"HX-Request": "true"})
    assert page.status_code == fragment.status_code == 422
    for text in (page.text, fragment.text):
        assert "Please enter a whole number from &lt;b&gt;1&lt;/b&gt; to 9." in text
        assert "Please check it and send it again." in text
        assert "forms-low" in text
    assert "<html" in page.text
    assert "<html" not in fragment.text


def test_bad_input_becomes_400(client: FlaskClient) -> None:
    assert client.get("/unreadable").status_code == 400


def test_body_over_the_limit_is_refused(client: FlaskClient) -> None:
    answer = client.post("/echo", data={"note": "x" * (1024 * 1024 + 1), "csrf_token": token(client)})
    assert answer.status_code == 413


def test_language_stays_until_the_visit_ends(client: FlaskClient) -> None:
    speak(client, "zh_Hant_TW")
    assert '<html lang="zh-TW"' in client.get("/").text
    assert client.post("/visit/end", data={"csrf_token": token(client)}).status_code == 303
    assert '<html lang="zh-CN"' in client.get("/").text


def test_unknown_language_is_refused(client: FlaskClient) -> None:
    assert client.post("/language", data={"lang": "../en", "csrf_token": token(client)}).status_code == 400


def test_browser_language_counts_only_where_the_app_listens() -> None:
    headers = {"Accept-Language": "en-GB,en;q=0.9"}
    assert '<html lang="en"' in make_floor(accept_language=True).test_client().get("/", headers=headers).text
    assert '<html lang="zh-CN"' in make_floor().test_client().get("/", headers=headers).text


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/orders?page=2", "/orders?page=2"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_sent_elsewhere(text: str, path: str) -> None:
    assert local_path(text) == path


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(client: FlaskClient, text: str) -> None:
    page = client.post("/echo", data={"note": text, "csrf_token": token(client)}).text
    assert unescape(page) == f"<p>{text}</p>"
    assert "<script" not in page


def test_form_limits() -> None:
    with make_floor().test_request_context():
        form = Form({"long": "字" * 201, "nul": "a\x00b", "rtl": "a\u202eb", "n": "1e3", "fen": "-1", "pin": "12345"})
        assert [form.text("long"), form.text("nul"), form.text("rtl"), form.text("absent")] == [""] * 4
        assert form.whole("n", low=1, high=9) == 1
        assert form.money("fen", high_fen=100) == 0
        assert form.digits("pin", length=6) == ""
        assert set(form.errors) == {"long", "nul", "rtl", "absent", "n", "fen", "pin"}
        assert not form


def test_form_forgives_what_people_do() -> None:
    with make_floor().test_request_context():
        form = Form({"pin": "１２３ 456", "phone": "+86 138-1234-8899", "fen": "¥12.3", "name": " 章丘 "})
        assert form.digits("pin", length=6) == "123456"
        assert form.phone("phone") == "13812348899"
        assert form.money("fen", high_fen=10_000) == 1230
        assert form.text("name") == "章丘"
        assert form.day("day", required=False) is None
        assert form


def test_a_weak_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="32"):
        make_web_app(
            __name__,
            WebSettings(secret_key="short", cookie_name="x"),
            clock=ManualClock(NOW),
            frame=Frame,
            distance=distance,
        )
    assert len(SECRET) >= 32
