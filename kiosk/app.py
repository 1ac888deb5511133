"""The kiosk's web app: which rooms it has, and what stands around every page."""

from flask import Flask, g, redirect, request
from flask.typing import ResponseReturnValue

from kiosk.carry.pages import blueprint as carry
from kiosk.devices.pages import blueprint as devices
from kiosk.frame import make_frame
from kiosk.host import Kiosk
from kiosk.labels.pages import blueprint as labels
from kiosk.parcels.lookup_pages import blueprint as lookup
from kiosk.parcels.pages import blueprint as parcels
from kiosk.pickup.pages import blueprint as pickup
from kiosk.sales.pages import blueprint as sales
from kiosk.staff.pages import blueprint as staff
from kiosk.sync.pages import blueprint as sync
from shared.web.app import WebSettings, make_web_app

RESIDENT_PATHS = ("/", "/pickup", "/enrolment", "/patterns")
OPEN_BEFORE_ENROLMENT = ("/enrolment", "/static", "/language", "/link", "/patterns")


def distance(path: str) -> str:
    """Residents stand before ``/`` and ``/pickup``; everything else at a kiosk is for staff at the counter."""
    resident = path == "/" or path.startswith(tuple(f"{start}/" for start in RESIDENT_PATHS[1:]))
    return "kiosk" if resident or path in RESIDENT_PATHS else "counter"


def make_app(kiosk: Kiosk) -> Flask:
    """The whole web app of one kiosk."""
    settings = WebSettings(
        secret_key=kiosk.derived_secret("session"),
        cookie_name="linqu_kiosk",
        language=kiosk.config.language,
        timezone=kiosk.config.timezone,
        patterns=kiosk.config.demo,
    )
    app = make_web_app(__name__, settings, clock=kiosk.clock, frame=lambda: make_frame(kiosk), distance=distance)
    app.extensions["linqu_kiosk"] = kiosk

    @app.before_request
    def _enrolled_first() -> ResponseReturnValue | None:
        if request.path.startswith(OPEN_BEFORE_ENROLMENT):
            return None
        g.linqu_point = kiosk.point()
        return None if g.linqu_point is not None else redirect("/enrolment")

    for blueprint in (pickup, parcels, lookup, labels, sales, staff, devices, sync, carry):
        app.register_blueprint(blueprint)
    return app
