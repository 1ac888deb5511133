"""The demo panel: stands for the residents' hands, the delivery van and what goes wrong on a bad day."""

import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import waitress
import zxingcpp
from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from deploy.demo import showings
from deploy.demo.counter import take_in_expected
from deploy.demo.showings import HARDNESS, KIND_WORDS, ShowingKind
from deploy.demo.shown import Stock, deliveries, people_with_parcels, point_state
from deploy.demo.town import PANEL_PORT, DemoKiosk, Town, free_port
from hardware.virtual.remote import CAMERA_MODES, PRINTER_WORDS, carried_out, tell_camera, tell_printer
from kiosk.scan.rules import PICTURE, PICTURE_WISH
from shared.kernel.clock import SystemClock
from shared.kernel.errors import N_, BadInput
from shared.web.app import WebSettings, make_web_app
from shared.web.forms import Form
from shared.web.frame import Frame, NavItem

THREADS = 12
MOST_AT_ONCE = 30
DEVICE_SECONDS = 3.0
PEOPLE_SHOWN = 7
DELIVERIES_SHOWN = 40
LABEL_NAME = re.compile(r"label-\d{5}\.png")
WAYBILL = re.compile(r"[0-9A-Z.-]{5,40}")

blueprint = Blueprint("demo", __name__, template_folder="templates")


def _town() -> Town:
    town: Town = current_app.extensions["linqu_demo"]
    return town


def _kiosk(code: str) -> DemoKiosk:
    found = next((kiosk for kiosk in _town().kiosks if kiosk.point.code == code), None)
    if found is None:
        raise NotFound
    return found


# --- pages --------------------------------------------------------------------------------------------------------


@blueprint.get("/")
def first_page() -> ResponseReturnValue:
    return redirect(url_for("demo.point", code=_town().kiosks[0].point.code))


@blueprint.get("/points/<code>")
def point(code: str) -> ResponseReturnValue:
    kiosk, town = _kiosk(code), _town()
    return render_template(
        "demo/point.html",
        kiosk=kiosk,
        town=town,
        people=people_with_parcels(town, kiosk, "", PEOPLE_SHOWN),
        state=point_state(kiosk),
        kinds=[(kind, KIND_WORDS[kind]) for kind in ShowingKind if kind is not ShowingKind.VALID],
        hardness=[(value, _(words)) for value, words in HARDNESS],
    )


@blueprint.get("/points/<code>/people")
def people(code: str) -> ResponseReturnValue:
    search = request.args.get("search", "")[:40].strip()
    return render_template(
        "demo/people.html", kiosk=_kiosk(code), people=people_with_parcels(_town(), _kiosk(code), search, PEOPLE_SHOWN)
    )


@blueprint.get("/points/<code>/state")
def state(code: str) -> ResponseReturnValue:
    return _state(_kiosk(code))


def _state(kiosk: DemoKiosk) -> ResponseReturnValue:
    # whoever looks at the panel looks through the camera: the scan process writes the picture while this changes
    (Path(kiosk.environ["LINQU_DATA"]) / PICTURE_WISH).write_text(secrets.token_hex(8), encoding="ascii")
    return render_template("demo/state.html", kiosk=kiosk, state=point_state(kiosk))


@blueprint.get("/points/<code>/deliveries")
def expected(code: str) -> ResponseReturnValue:
    kiosk, search = _kiosk(code), request.args.get("search", "")[:40].strip()
    found: Stock = deliveries(_town(), kiosk, search, DELIVERIES_SHOWN)
    return render_template("demo/deliveries.html", kiosk=kiosk, found=found, search=search)


# --- pictures -----------------------------------------------------------------------------------------------------


@blueprint.get("/points/<code>/labels/<name>")
def label(code: str, name: str) -> ResponseReturnValue:
    path = _kiosk(code).printer / name
    if not LABEL_NAME.fullmatch(name) or not path.is_file():
        raise NotFound
    return send_file(path.absolute(), mimetype="image/png")


@blueprint.get("/points/<code>/camera.jpg")
def camera_picture(code: str) -> ResponseReturnValue:
    path = Path(_kiosk(code).environ["LINQU_DATA"]) / PICTURE
    if not path.is_file():
        raise NotFound
    return send_file(path.absolute(), mimetype="image/jpeg")


@blueprint.get("/barcodes/<text>.svg")
def barcode(text: str) -> ResponseReturnValue:
    """A courier's slip as a hand scanner reads it from the screen."""
    if not WAYBILL.fullmatch(text):
        raise NotFound
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    return Response(made.to_svg(add_quiet_zones=True), mimetype="image/svg+xml")


# --- what can be done ---------------------------------------------------------------------------------------------


@blueprint.post("/points/<code>/showings")
def show(code: str) -> ResponseReturnValue:
    """Hold something up to the camera."""
    kiosk, form = _kiosk(code), Form(request.form)
    kind = form.choice("kind", ShowingKind)
    resident = form.text("resident", required=False, limit=60)
    hardness = form.text("hardness", required=False, limit=4)
    form.check()
    said = showings.hold(_town(), kiosk, kind, resident, showings.hardness_of(hardness))
    return render_template("demo/told.html", kiosk=kiosk, said=said)


@blueprint.post("/points/<code>/deliveries")
def deliver(code: str) -> ResponseReturnValue:
    """Let staff take in the next parcels, at the counter's own pages."""
    kiosk, form = _kiosk(code), Form(request.form)
    count = form.whole("count", low=1, high=MOST_AT_ONCE)
    form.check()
    done = take_in_expected(kiosk, count)
    return render_template("demo/delivered.html", kiosk=kiosk, done=done)


@blueprint.post("/points/<code>/network")
def network(code: str) -> ResponseReturnValue:
    kiosk = _kiosk(code)
    if request.form.get("whole") == "1":
        kiosk.cable.mend()
    else:
        kiosk.cable.cut()
    return _state(kiosk)


@blueprint.post("/points/<code>/camera")
def camera(code: str) -> ResponseReturnValue:
    kiosk, mode = _kiosk(code), request.form.get("mode", "")
    if mode not in CAMERA_MODES:
        raise BadInput("CAMERA_MODE", N_("没有这种摄像头状态。"), N_("请用页面上的按钮。"))
    _await_device(tell_camera(kiosk.camera, mode))
    (kiosk.camera / "told").write_text(mode, encoding="ascii")
    return _state(kiosk)


@blueprint.post("/points/<code>/printer")
def printer(code: str) -> ResponseReturnValue:
    kiosk, word = _kiosk(code), request.form.get("word", "")
    if word not in PRINTER_WORDS:
        raise BadInput("PRINTER_WORD", N_("没有这种打印机状态。"), N_("请用页面上的按钮。"))
    _await_device(tell_printer(kiosk.printer, word))
    return _state(kiosk)


def _await_device(command: Path) -> None:
    if not carried_out(command, DEVICE_SECONDS):
        raise BadInput("DEVICE_SILENT", N_("虚拟设备没有反应。"), N_("请看终端里的日志位置。"))


# --- the app ------------------------------------------------------------------------------------------------------


def make_panel(town: Town) -> Flask:
    """The panel's app."""
    settings = WebSettings(secret_key=secrets.token_hex(32), cookie_name="linqu_demo", accept_language=True)

    def make_frame() -> Frame:
        points = [NavItem(kiosk.point.name, "store", f"/points/{kiosk.point.code}") for kiosk in town.kiosks]
        return Frame(_("演示台"), nav=tuple(points))

    app = make_web_app(__name__, settings, clock=SystemClock(), frame=make_frame, distance=lambda _path: "console")
    app.extensions["linqu_demo"] = town
    app.register_blueprint(blueprint)
    return app


@contextmanager
def serve_panel(town: Town) -> Iterator[str]:
    """Serve the panel while inside; its address."""
    port = free_port(PANEL_PORT)
    server = waitress.create_server(make_panel(town), host="127.0.0.1", port=port, threads=THREADS, ident=None)
    serving = threading.Thread(target=server.run, name="panel", daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
