"""Sign in and out."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shared.web.forms import Form
from shared.web.pages import local_path
from sync_server.console import access, operations
from sync_server.console.rules import SignIn
from sync_server.host import current_centre

session = Blueprint("session", __name__)


def _back(text: str) -> str:
    path = local_path(text or "/")
    return path if path.startswith("/console/") and not path.startswith("/console/session") else "/console/overview"


@session.get("/session")
def show() -> ResponseReturnValue:
    """The sign-in page; who is signed in goes on at once."""
    back = _back(request.args.get("next", ""))
    if access.operator():
        return redirect(back, 303)
    return render_template("console/sign_in.html", back=back, name="", outcome=None, wait=0)


@session.post("/session")
@access.limiter.limit(access.SIGN_INS)
def begin() -> ResponseReturnValue:
    """Try a name and a password."""
    form = Form(request.form)
    name = "".join(c for c in form.raw("name") if c.isprintable()).strip().lower()
    back = _back(request.form.get("next", ""))
    outcome, said = operations.sign_in(current_centre(), name, request.form.get("password", ""))
    if outcome is SignIn.WELCOME:
        access.begin(said)
        return redirect(back, 303)
    wait = int(said) if outcome is SignIn.LOCKED else 0
    return render_template("console/sign_in.html", back=back, name=name[:64], outcome=outcome.value, wait=wait), 422


@session.post("/session/end")
def finish() -> ResponseReturnValue:
    """Sign out."""
    access.end(current_centre())
    return redirect(url_for("console.session.show"), 303)
