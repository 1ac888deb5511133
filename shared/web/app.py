"""How both roofs make their Flask app: the same look, the same closed doors, the same errors, the same languages."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from htmx_flask import Htmx

from shared.kernel.clock import Clock
from shared.kernel.limits import BODY_BYTES
from shared.web.errors import init_errors
from shared.web.frame import FrameMaker
from shared.web.i18n import BY_CODE, init_languages
from shared.web.pages import pattern_book, web
from shared.web.render import init_templates
from shared.web.security import close_doors

STATIC = Path(__file__).resolve().parents[2] / "static"
TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """What a roof decides about its web app.

    ``cookie_name`` differs between the roofs, because browsers share cookies between the ports of one host.
    ``secure_cookies`` is on wherever TLS is. ``accept_language`` listens to the browser (phones), a kiosk does not.
    """

    secret_key: str
    cookie_name: str
    secure_cookies: bool = False
    language: str = "zh_Hans_CN"
    accept_language: bool = False
    timezone: str = "Asia/Shanghai"
    body_bytes: int = BODY_BYTES
    patterns: bool = False


def make_web_app(
    import_name: str,
    settings: WebSettings,
    *,
    clock: Clock,
    frame: FrameMaker,
    distance: Callable[[str], str],
) -> Flask:
    """An app with everything but rooms.

    ``frame`` is asked once a request for what stands around the page; ``distance`` tells from a path at which viewing
    distance an error on it is shown. Raises ``ValueError`` for a short secret key or an unknown language.
    """
    if len(settings.secret_key) < 32:
        raise ValueError("secret_key needs at least 32 characters")
    if settings.language not in BY_CODE:
        raise ValueError(f"unknown language {settings.language!r}")
    app = Flask(import_name, static_folder=str(STATIC), static_url_path="/static", template_folder=str(TEMPLATES))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.body_bytes,
        LINQU_LANGUAGE=settings.language,
        LINQU_ACCEPT_LANGUAGE=settings.accept_language,
        LINQU_TIMEZONE=settings.timezone,
    )
    app.extensions["linqu_frame"] = frame
    app.extensions["linqu_distance"] = distance
    Htmx(app)
    close_doors(app, cookie_name=settings.cookie_name, secure_cookies=settings.secure_cookies)
    init_languages(app, settings.timezone)
    init_templates(app, clock)
    init_errors(app)
    app.register_blueprint(web)
    if settings.patterns:
        app.register_blueprint(pattern_book)
    return app
