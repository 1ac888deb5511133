"""Sign-in with a PIN, and the lock screen, which is the same page with the name already chosen."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.host import current_kiosk
from kiosk.staff import operations, session
from kiosk.staff.rules import NobodyThere, PinLocked, PinWrong
from shared.web.forms import Form
from shared.web.i18n import words
from shared.web.pages import local_path

blueprint = Blueprint("staff", __name__, template_folder="templates")


def _next(text: str) -> str:
    path = local_path(text or session.FIRST_PAGE)
    return session.FIRST_PAGE if path == "/" or path.startswith("/staff") else path


@blueprint.get("/staff/session")
def sign_in() -> ResponseReturnValue:
    kiosk, back = current_kiosk(), _next(request.args.get("next", ""))
    if session.signed_in() is not None:
        return redirect(back, 303)
    chosen = operations.member(kiosk, request.args.get("staff", session.was_here()))
    if chosen is None:
        return render_template("staff/names.html", people=operations.who_works_here(kiosk), back=back)
    wait = operations.lock_rest_ms(kiosk, chosen.id)
    return render_template("staff/pin.html", person=chosen, back=back, error="", wait=wait)


@blueprint.post("/staff/session")
def begin_session() -> ResponseReturnValue:
    kiosk, back = current_kiosk(), _next(request.form.get("next", ""))
    form = Form(request.form)
    staff, pin = form.text("staff", limit=60), form.digits("pin", length=6)
    person = operations.member(kiosk, staff)
    if person is None:
        raise NobodyThere
    error, wait = form.errors.get("pin", ""), 0
    if form:
        try:
            session.begin(operations.sign_in(kiosk, staff, pin), staff)
            return redirect(back, 303)
        except PinWrong as wrong:
            error = words(wrong.message, wrong.params)
        except PinLocked as locked:
            wait = locked.rest_ms
    return render_template("staff/pin.html", person=person, back=back, error=error, wait=wait), 422


@blueprint.post("/staff/session/end")
def end_session() -> ResponseReturnValue:
    """Lock the screen: whoever was there may go on with their PIN where they were."""
    person = session.end()
    parts = urlsplit(request.referrer or "")
    back = _next(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return redirect(url_for("staff.sign_in", next=back, staff=person.id if person else None), 303)
