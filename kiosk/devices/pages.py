"""The devices page: how each part of this kiosk is and what to do about it; a live picture; trying a code."""

import secrets

from flask import Blueprint, current_app, make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request

from kiosk.devices import board
from kiosk.host import current_kiosk
from kiosk.pickup.board import ScanBoard
from kiosk.scan.rules import PICTURE, PICTURE_WISH
from kiosk.staff.session import staff_required, staff_watching

blueprint = Blueprint("devices", __name__, template_folder="templates")


def _scan_board() -> ScanBoard:
    found = current_app.extensions["linqu_scan_board"]
    assert isinstance(found, ScanBoard)  # noqa: S101 - put there when the app was made
    return found


@blueprint.get("/devices")
@staff_required
def show_devices() -> ResponseReturnValue:
    kiosk = current_kiosk()
    return render_template("devices/devices.html", board=board.read_board(kiosk), test=_test())


@blueprint.get("/devices/parts")
@staff_watching
def show_parts() -> ResponseReturnValue:
    return render_template("devices/parts.html", board=board.read_board(current_kiosk()))


@blueprint.get("/devices/camera.jpg")
@staff_watching
def picture() -> ResponseReturnValue:
    """The newest picture. Asking keeps the worker writing for some seconds; the first ones find none."""
    folder = current_kiosk().config.data
    (folder / PICTURE_WISH).write_text(secrets.token_hex(8))
    try:
        answer = make_response((folder / PICTURE).read_bytes())
    except FileNotFoundError:
        return "", 204
    answer.headers["Content-Type"] = "image/jpeg"
    return answer


@blueprint.post("/devices/code-tests")
@staff_required
def begin_code_test() -> ResponseReturnValue:
    _scan_board().begin_test()
    return redirect("/devices", 303) if not htmx_request.htmx else render_template("devices/test.html", test=_test())


@blueprint.get("/devices/code-tests")
@staff_watching
def show_code_test() -> ResponseReturnValue:
    return render_template("devices/test.html", test=_test())


def _test() -> board.CodeTest:
    waiting, tested = _scan_board().test()
    return board.code_test(waiting, tested)
