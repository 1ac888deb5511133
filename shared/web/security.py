"""Headers, cookies and CSRF: the same doors closed in both roofs."""

from typing import cast

from flask import Blueprint, Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf import CSRFProtect
from itsdangerous import BadSignature

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "media-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), display-capture=()"
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
YEAR_SECONDS = 31_536_000


class _TimelessCookies(SecureCookieSessionInterface):
    """Signed cookies without an age: a wall clock that jumps, either way, must not make an open page worthless.

    How long somebody stays signed in is decided where sessions are kept, by rows, never by the cookie.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds, or an empty session where it is not ours."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        try:
            return self.session_class(serializer.loads(request.cookies.get(self.get_cookie_name(app), "")))
        except BadSignature:
            return self.session_class()


def close_doors(app: Flask, *, cookie_name: str, secure_cookies: bool) -> None:
    """Session cookie flags, CSRF on every write, headers on every answer."""
    app.config.update(
        SESSION_COOKIE_NAME=cookie_name,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure_cookies,
        # A kiosk page may stand open for days: the token lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = _TimelessCookies()
    app.extensions["linqu_csrf"] = CSRFProtect(app)
    app.extensions["linqu_machines"] = set()

    @app.after_request
    def _headers(response: Response) -> Response:
        if request.blueprint in app.extensions["linqu_machines"]:
            return response
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        elif "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        else:
            response.headers.setdefault("Cache-Control", "no-cache")
        return response


def without_csrf(app: Flask, blueprint: Blueprint) -> None:
    """Machines sign their requests instead: let this blueprint's writes in without a token.

    No browser reads its answers, so they carry none of the headers that close a page's doors.
    """
    cast(CSRFProtect, app.extensions["linqu_csrf"]).exempt(blueprint)
    app.extensions["linqu_machines"].add(blueprint.name)
