"""The centre's web app: which rooms it has, and what stands around every page."""

from flask import Flask, redirect
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.web.app import WebSettings, make_web_app
from shared.web.security import without_csrf
from sync_server.carry.pages import register as register_carry
from sync_server.console.frame import make_frame
from sync_server.console.pages import blueprint as console
from sync_server.host import Centre
from sync_server.imports.pages import blueprint as imports
from sync_server.shop.pages import blueprint as shop_api
from sync_server.sync.pages import blueprint as sync_api


def make_app(centre: Centre) -> Flask:
    """The whole web app of the centre."""
    settings = WebSettings(
        secret_key=centre.session_secret,
        cookie_name="linqu_centre",
        secure_cookies=centre.config.secure_cookies,
        language=centre.config.language,
        accept_language=True,
        timezone=centre.config.timezone,
        patterns=centre.config.demo,
    )
    app = make_web_app(
        __name__, settings, clock=centre.clock, frame=lambda: make_frame(centre), distance=lambda _: "console"
    )
    app.extensions["linqu_centre"] = centre
    for blueprint in (console, imports, sync_api, shop_api):
        app.register_blueprint(blueprint)
    without_csrf(app, sync_api)
    without_csrf(app, shop_api)
    register_carry(app)

    @app.get("/")
    def first_page() -> ResponseReturnValue:
        return redirect("/console")

    if centre.config.trusted_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]  # Flask's documented way
    return app
