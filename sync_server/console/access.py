"""Who is signed in at the console, and the door that everybody else is sent to."""

from flask import Blueprint, Response, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from shared.kernel.errors import N_, BadInput
from shared.web.i18n import SESSION_KEY
from sync_server.console import operations
from sync_server.host import Centre, current_centre

TOKEN_KEY = "operator"  # noqa: S105 - the name of a session entry
REFRESHED_BY_ITSELF = "console.overview.figures"
OPEN_PAGES = ("console.session.show", "console.session.begin")
SIGN_INS = "10 per minute; 60 per hour"

limiter = Limiter(get_remote_address, storage_uri="memory://", default_limits=[])


def operator() -> str:
    """The signed-in operator of this request; empty when nobody is."""
    if "console_operator" not in g:
        token = session.get(TOKEN_KEY, "")
        in_use = request.endpoint != REFRESHED_BY_ITSELF
        found = operations.who_is_there(current_centre(), token, in_use=in_use) if token else None
        g.console_operator = found or ""
    return str(g.console_operator)


def begin(token: str) -> None:
    """Start a browser session from nothing but the language: no value from before the sign-in lives on."""
    language = session.get(SESSION_KEY)
    session.clear()
    if language:
        session[SESSION_KEY] = language
    session[TOKEN_KEY] = token


def end(centre: Centre) -> None:
    """End the session here and at the server."""
    token = session.get(TOKEN_KEY, "")
    if token and operator():
        operations.sign_out(centre, token, operator())
    language = session.get(SESSION_KEY)
    session.clear()
    if language:
        session[SESSION_KEY] = language
    g.pop("console_operator", None)


def only_operators() -> ResponseReturnValue | None:
    """Before each request: let operators in, send everybody else to the sign-in page and back afterwards.

    An address with a NUL byte means nothing to anybody, and PostgreSQL takes none.
    """
    if any("\x00" in text for text in (request.path, *request.args.values())):
        raise BadInput("ADDRESS", N_("地址里有看不见的控制字符。"), N_("请回到首页重新找。"))
    if request.endpoint in OPEN_PAGES or operator():
        return None
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    door = url_for("console.session.show", next=back or None)
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": door})
    return redirect(door, 303)


def guard(blueprint: Blueprint) -> None:
    """Close a blueprint, with all that is nested in it, to everybody but operators."""
    blueprint.before_request(only_operators)
