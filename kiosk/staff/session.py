"""Who is at the screen, for pages: one cookie, one row, nothing else."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from flask import g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response

from kiosk.host import current_kiosk
from kiosk.staff import operations
from shared.pickup_points.rules import Staff
from shared.web.i18n import SESSION_KEY as LANGUAGE_KEY

TOKEN_KEY = "staff"  # noqa: S105 - the name of a cookie value
WAS_HERE_KEY = "was_here"
FIRST_PAGE = "/counter"

Args = ParamSpec("Args")
View = Callable[Args, ResponseReturnValue]


def begin(token: str, staff: str) -> None:
    """Give the browser a new session; nothing of the one before it stays but the language."""
    language = session.get(LANGUAGE_KEY)
    session.clear()
    if language:
        session[LANGUAGE_KEY] = language
    session[TOKEN_KEY] = token
    session[WAS_HERE_KEY] = staff


def was_here() -> str:
    """Who was signed in last at this screen; a locked screen asks for their PIN first."""
    return str(session.get(WAS_HERE_KEY, ""))


def end() -> Staff | None:
    """End the session of this browser; who was there."""
    token = session.get(TOKEN_KEY, "")
    person = operations.who_is_there(current_kiosk(), token, in_use=False) if token else None
    if token:
        operations.sign_out(current_kiosk(), token)
    session.pop(TOKEN_KEY, None)
    g.pop("linqu_staff", None)
    return person


def _find(in_use: bool) -> Staff | None:
    token = session.get(TOKEN_KEY, "")
    if not token or current_kiosk().state() is None:
        return None
    if "linqu_staff" not in g or in_use:
        g.linqu_staff = operations.who_is_there(current_kiosk(), token, in_use=in_use)
    return cast(Staff | None, g.linqu_staff)


def signed_in() -> Staff | None:
    """Who is signed in at this screen; does not keep the screen open."""
    return _find(in_use=False)


def signed_in_name() -> str:
    """Their name, or nothing."""
    person = signed_in()
    return person.name if person else ""


def staff_here() -> Staff:
    """Who is signed in, inside a page that asks for staff."""
    return cast(Staff, g.linqu_staff)


def _to_sign_in() -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" and not htmx_request.htmx else FIRST_PAGE
    address = url_for("staff.sign_in", next=back)
    if htmx_request.htmx:
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)


def staff_required(view: View[Args]) -> View[Args]:
    """Only for staff who are signed in; being asked for keeps the screen open."""

    @wraps(view)
    def guarded(*args: Args.args, **kwargs: Args.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if _find(in_use=True) else _to_sign_in()

    return guarded


def staff_watching(view: View[Args]) -> View[Args]:
    """Only for staff, for what a page asks by itself every few seconds: that does not keep the screen open."""

    @wraps(view)
    def guarded(*args: Args.args, **kwargs: Args.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if _find(in_use=False) else _to_sign_in()

    return guarded


def step_up(pin: str) -> None:
    """Ask for the PIN again before something that must not happen by a passing hand.

    Raises ``PinWrong`` or ``PinLocked``; wrong tries count as they do at sign-in.
    """
    operations.check_pin(current_kiosk(), staff_here().id, pin)
