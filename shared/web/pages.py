"""Pages every app has: choice of language, end of a visit, the badge; and the pattern page of the demo."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from shared.kernel.errors import N_, BadInput
from shared.web.i18n import BY_CODE, SESSION_KEY
from shared.web.patterns import DISTANCES, sample

VISIT_KEY = "visit"

web = Blueprint("web", __name__)
pattern_book = Blueprint("pattern_book", __name__)


def local_path(text: str) -> str:
    """A path on this host to go back to; everything else becomes ``/``, so that nobody is sent elsewhere."""
    parts = urlsplit(text)
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if plain and not parts.scheme and not parts.netloc else "/"


@web.post("/language")
def choose_language() -> ResponseReturnValue:
    """Remember the language in the session and show the same page again."""
    code = request.form.get("lang", "")
    if code not in BY_CODE:
        raise BadInput("language", N_("没有这种语言。"), N_("请从页面上的语言按钮中选择。"))
    session[SESSION_KEY] = code
    return redirect(local_path(request.form.get("next", "/")), 303)


@web.post("/visit/end")
def end_visit() -> ResponseReturnValue:
    """Wipe what a resident left on the screen (``session["visit"]`` and the language) and go to the first page."""
    session.pop(VISIT_KEY, None)
    session.pop(SESSION_KEY, None)
    return redirect("/", 303)


@web.get("/link/badge")
def badge() -> ResponseReturnValue:
    """The badge alone, asked for every ten seconds by the layouts."""
    return render_template("badge.html")


@pattern_book.get("/patterns")
def show_patterns() -> ResponseReturnValue:
    """Every component in every state at one viewing distance (``?distance=kiosk|counter|console|phone``)."""
    distance = request.args.get("distance", "kiosk")
    if distance not in DISTANCES:
        raise NotFound
    return render_template(f"patterns/{distance}.html", sample=sample(), distances=DISTANCES)


@pattern_book.post("/patterns/nothing")
def do_nothing() -> ResponseReturnValue:
    """Where the sample buttons of the pattern page lead."""
    return redirect(local_path(request.form.get("next", "/patterns")), 303)
