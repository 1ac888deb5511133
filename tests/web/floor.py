"""A real app on the web floor, with pages that meet every kind of error, for tests and for looking at."""

from datetime import UTC, datetime

from flask import Blueprint, Flask, render_template_string, request
from flask_babel import gettext as _
from werkzeug.exceptions import ServiceUnavailable, abort

from shared.kernel.clock import ManualClock
from shared.kernel.errors import N_, BadInput, Refused
from shared.web.app import WebSettings, make_web_app
from shared.web.frame import Frame, Link, LinkState, NavItem

SECRET = "a secret that only the tests of this floor know"
NOW = datetime(2026, 11, 22, 1, 20, tzinfo=UTC)

rooms = Blueprint("rooms", __name__)


def make_frame() -> Frame:
    """A point on an ordinary morning, offline for eight minutes."""
    nav = (
        NavItem(_("入库"), "package-plus", "/inbound", 12),
        NavItem(_("货架"), "layers", "/shelves"),
        NavItem(_("交付"), "hand-helping", "/hand-out"),
        NavItem(_("查找"), "search", "/search"),
        NavItem(_("设备"), "plug", "/patterns"),
    )
    link = Link(LinkState.OFFLINE, data_as_of="2026-11-22T01:12:00.000Z", waiting=47)
    return Frame(place=_("洪楼社区自提点"), link=link, person="张店长", leave="/visit/end", nav=nav)


def distance(path: str) -> str:
    """Staff stand at the counter, everybody else at the kiosk."""
    return "counter" if path.startswith("/staff") else "kiosk"


@rooms.get("/")
def first_page() -> str:
    """A whole page with a form, to find a CSRF token in."""
    return render_template_string(
        '{% extends "kiosk_base.html" %}{% block title %}{{ _("取件") }}{% endblock %}'
        '{% block show %}<h1 class="kiosk-title">{{ _("取件") }}</h1>{% endblock %}'
        '{% block do %}<form method="post" action="/echo">{{ ui.csrf() }}{{ ui.field(_("备注"), "note") }}'
        '{{ ui.button(_("保存")) }}</form>{% endblock %}'
    )


@rooms.post("/echo")
def echo() -> str:
    """Says back what was typed, through a template as a page would."""
    return render_template_string("<p>{{ note }}</p>", note=request.form["note"])


@rooms.get("/status/<int:code>")
def status(code: int) -> str:
    """Fails with this HTTP status."""
    if code == 503:
        raise ServiceUnavailable(retry_after=30)
    abort(code)


@rooms.get("/v1/status/<int:code>")
def machine_status(code: int) -> str:
    """Fails as an address of machines does."""
    abort(code)


@rooms.get("/broken")
def broken() -> str:
    """Meets a mistake in the program."""
    raise RuntimeError("13812348899 must not be shown")


@rooms.route("/refused", methods=["GET", "POST"])
def refused() -> str:
    """A rule says no, with a parameter that tries to be markup."""
    raise Refused(
        "forms-low", N_("请填 %(low)s 到 %(high)s 之间的整数。"), N_("请检查后再提交。"), low="<b>1</b>", high=9
    )


@rooms.get("/unreadable")
def unreadable() -> str:
    """What came in can't be read."""
    raise BadInput("form", N_("没有这种语言。"))


def make_floor(*, testing: bool = True, secure: bool = False, accept_language: bool = False) -> Flask:
    """The app; ``testing=False`` answers program errors as production does."""
    app = make_web_app(
        __name__,
        WebSettings(
            secret_key=SECRET,
            cookie_name="linqu_floor",
            secure_cookies=secure,
            accept_language=accept_language,
            patterns=True,
        ),
        clock=ManualClock(NOW),
        frame=make_frame,
        distance=distance,
    )
    app.testing = testing
    app.register_blueprint(rooms)
    return app
