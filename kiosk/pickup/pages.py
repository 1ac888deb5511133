"""The resident's screens, and the door through which scans come."""

import hmac
import secrets
from ipaddress import ip_address
from typing import cast

from flask import Blueprint, Flask, current_app, jsonify, make_response, redirect, render_template, request, session
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request
from werkzeug.exceptions import Forbidden

from kiosk.host import current_kiosk
from kiosk.pickup import operations, scans, store
from kiosk.pickup.board import ScanBoard
from kiosk.pickup.rules import CODE_DIGITS, TAIL_DIGITS, PickupOutcome, PickupResult
from kiosk.pickup.screen import FOR_TEMPLATES, camera_trouble, shelves_of, shown
from shared.kernel.limits import RESULT_SECONDS_MAX, SCAN_WAIT_SECONDS
from shared.web.pages import VISIT_KEY
from shared.web.security import without_csrf

EXTENSION = "linqu_scan_board"
TOKEN_HEADER = "X-Linqu-Worker"  # noqa: S105 - the name of a header
TOKEN_PURPOSE = "worker"  # noqa: S105 - a purpose, the secret derives from it

blueprint = Blueprint("pickup", __name__, template_folder="templates")
door = Blueprint("scan_door", __name__)


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    """One board for the app; the scan worker signs with a token of its own instead of a page's."""
    app = cast(Flask, state.app)
    app.extensions[EXTENSION] = ScanBoard.at_start(app.extensions["linqu_kiosk"].clock.monotonic)
    app.jinja_env.globals.update(FOR_TEMPLATES)
    app.register_blueprint(door)
    without_csrf(app, door)


def board() -> ScanBoard:
    """The board of the running app."""
    return cast(ScanBoard, current_app.extensions[EXTENSION])


def _show(result: PickupResult) -> ResponseReturnValue:
    """Keep a result for this visit and go to its page."""
    id = board().keep(result)  # noqa: A001 - the domain's word
    session[VISIT_KEY] = id
    return redirect(f"/pickup/results/{id}", 303)


def _end_visit() -> None:
    visit = session.pop(VISIT_KEY, "")
    if visit:
        board().end(visit)


# --- screens ------------------------------------------------------------------------------------------------------


@blueprint.get("/")
def attract() -> ResponseReturnValue:
    _end_visit()
    return render_template("pickup/attract.html", after=board().now(), trouble=camera_trouble(current_kiosk()))


@blueprint.get("/pickup/code")
def keypad() -> ResponseReturnValue:
    _end_visit()
    return _keypad(None)


def _keypad(wrong: PickupResult | None) -> str:
    return render_template(
        "pickup/code.html",
        after=board().now(),
        wrong=shown(wrong) if wrong else None,
        minutes=operations.locked_minutes(current_kiosk()),
        code_digits=CODE_DIGITS,
        tail_digits=TAIL_DIGITS,
    )


@blueprint.post("/pickup")
def collect_by_code() -> ResponseReturnValue:
    form = request.form
    result = operations.collect_by_code(current_kiosk(), form.get("code", ""), form.get("tail", ""))
    if result.outcome in (PickupOutcome.UNKNOWN_CODE, PickupOutcome.LOCKED):
        return _keypad(result), 422
    return _show(result)


@blueprint.post("/pickup/passes")
def collect_by_wedge() -> ResponseReturnValue:
    """A scanner that types into the page: same way as a camera's scan, so every screen shows it."""
    scans.take(current_kiosk(), board(), scans.Scan(secrets.token_hex(8), text=request.form.get("text", "")))
    return "", 204


@blueprint.get("/pickup/results/<id>")
def show_result(id: str) -> ResponseReturnValue:  # noqa: A002 - the domain's word
    """Only for the visit it belongs to, or for a screen that has just heard of it: going back shows nothing."""
    found = board().result(id)
    heard = bool(htmx_request.htmx) and board().is_news(id)
    if found is None or not (heard or session.get(VISIT_KEY) == id):
        answer = make_response(redirect("/", 303))
        if htmx_request.htmx:
            answer = make_response("", 204)
            answer.headers["HX-Redirect"] = "/"
        return answer
    session[VISIT_KEY] = id
    kiosk = current_kiosk()
    called = store.help_called(kiosk.db, id)
    answer = make_response(
        render_template(
            "pickup/result_fragment.html" if htmx_request.htmx else "pickup/result.html",
            result=found,
            said=shown(found),
            id=id,
            after=board().now(),
            shelves=shelves_of(kiosk, found),
            called=called,
            seconds=RESULT_SECONDS_MAX if called else found.seconds,
        )
    )
    answer.headers["HX-Replace-Url"] = f"/pickup/results/{id}"
    return answer


@blueprint.post("/pickup/results/<id>/rest")
def collect_rest(id: str) -> ResponseReturnValue:  # noqa: A002 - the domain's word
    found = _own_result(id)
    if found is None:
        return redirect("/", 303)
    return _show(operations.collect_rest(current_kiosk(), found))


@blueprint.post("/pickup/results/<id>/help-calls")
def call_staff(id: str) -> ResponseReturnValue:  # noqa: A002 - the domain's word
    found = _own_result(id)
    if found is None:
        return redirect("/", 303)
    operations.call_staff(current_kiosk(), id, found)
    return redirect(f"/pickup/results/{id}", 303)


def _own_result(id: str) -> PickupResult | None:  # noqa: A002 - the domain's word
    return board().result(id) if session.get(VISIT_KEY) == id else None


@blueprint.get("/pickup/scans")
def wait_for_scan() -> ResponseReturnValue:
    """Answers when something was scanned, at the latest after eight seconds."""
    news = board().wait(request.args.get("after", ""), request.args.get("screen", "")[:40], SCAN_WAIT_SECONDS)
    return jsonify(after=news.after, result=news.result, hint=scans.hint_words(news.hint), crowded=news.crowded)


@blueprint.get("/pickup/camera")
def camera_note() -> ResponseReturnValue:
    return render_template("pickup/camera_note.html", trouble=camera_trouble(current_kiosk()))


# --- the scan worker's door -----------------------------------------------------------------------------------------


@door.before_request
def _only_our_worker() -> None:
    """From this machine, with the token both processes derive from the machine's own secret."""
    expected = current_kiosk().derived_secret(TOKEN_PURPOSE)
    given = request.headers.get(TOKEN_HEADER, "").encode("utf-8", "surrogateescape")
    try:
        near = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        near = False
    if not hmac.compare_digest(given, expected.encode()) or not near:
        raise Forbidden


@door.post("/local/scans")
def take_scan() -> ResponseReturnValue:
    outcome = scans.take(current_kiosk(), board(), scans.read(request.get_data()))
    return jsonify(outcome=outcome)
