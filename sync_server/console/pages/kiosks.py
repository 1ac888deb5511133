"""The board of kiosks, one kiosk, and how new ones come in."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from shared.devices import store as devices
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import CLAIM_CODE_MINUTES
from shared.pickup_points import store as pickup_points
from shared.sync import store as sync_store
from shared.sync import wording as parked_words
from shared.web.forms import Form
from sync_server.console import board, lanes, operations, store, wording
from sync_server.console.access import operator
from sync_server.console.csv_export import csv_answer
from sync_server.host import current_centre

kiosks = Blueprint("kiosks", __name__)

BATCHES_SHOWN = 12
PARKED_SHOWN = 20
HISTORY_HOURS = 24


@kiosks.get("/kiosks")
def show_all() -> ResponseReturnValue:
    """Every kiosk that is trusted, the worst first."""
    centre = current_centre()
    states = [(state, wording.kiosk_face(state)) for state in board.kiosk_states(centre)]
    revoked = [device for device in devices.devices(centre.db) if device.revoked_at is not None]
    points = pickup_points.points(centre.db)
    return render_template(
        "console/kiosks.html",
        states=states,
        revoked=revoked,
        points=points,
        part_face=wording.part_face,
        generation=lanes.generation_words(_generation()),
    )


@kiosks.get("/kiosks.csv")
def export() -> ResponseReturnValue:
    """The board as a file."""
    header = (
        _("终端"), _("自提点代码"), _("自提点"), _("状态"), _("最后联系"), _("待发"), _("最久待发"),
        _("时钟偏差（秒）"), _("剩余磁盘 MB"), _("温度 °C"), _("摄像头"), _("打印机"), _("终端隔离"), _("待打印"),
        _("版本"), _("登记时间"),
    )  # fmt: skip
    rows = []
    for state in board.kiosk_states(current_centre()):
        device, health = state.device, state.device.health
        rows.append((
            device.id, device.point, state.place, wording.kiosk_face(state).text, device.last_contact, health.waiting,
            health.oldest_waiting, device.drift_s, health.disk_free_mb, health.temperature_c,
            wording.part_face(health.camera).text, wording.part_face(health.printer).text, health.quarantine,
            health.print_waiting, health.app_version, device.enrolled_at,
        ))  # fmt: skip
    return csv_answer("kiosks", header, rows)


@kiosks.get("/kiosks/<device_id>")
def show(device_id: str) -> ResponseReturnValue:
    """One kiosk: what it says of itself, what came from it lately."""
    centre = current_centre()
    device = devices.device(centre.db, device_id)
    if device is None:
        raise NotFound
    state = board.kiosk_state(device, board.place_names(centre), centre.clock.now())
    return render_template(
        "console/kiosk.html",
        state=state,
        face=wording.kiosk_face(state),
        why=board.WHY,
        tones=board.TONES,
        batches=store.facts_received(centre.db, device.id, BATCHES_SHOWN),
        parked=store.parked_facts(centre.db, device.id, PARKED_SHOWN),
        history=_history(device.id),
        lives=lanes.events(sync_store.lanes(centre.db, device.point, device.id).values(), device.enrolled_at),
        generation=lanes.generation_words(_generation()),
        said=parked_words,
        words=parked_words.WHY_WORDS,
        device_words=wording.device_words,
        part_face=wording.part_face,
    )


def _generation() -> int:
    life = sync_store.server_life(current_centre().db)
    return life.generation if life else 0


def _history(device_id: str) -> list[int]:
    """Facts received in each of the last hours, oldest first."""
    centre = current_centre()
    now = centre.clock.now()
    counts = store.facts_by_hour(centre.db, device_id, utc_text(now - timedelta(hours=HISTORY_HOURS)))
    hours = (now - timedelta(hours=back) for back in range(HISTORY_HOURS - 1, -1, -1))
    return [counts.get(utc_text(hour)[:13], 0) for hour in hours]


@kiosks.post("/kiosks/<device_id>/revocation")
def revoke(device_id: str) -> ResponseReturnValue:
    """Trust a kiosk no more; the operator has typed its id."""
    if request.form.get("confirm", "").strip().upper() != device_id:
        raise BadInput("CONFIRM", N_("输入的终端编号不一致，没有停用。"), N_("请照着页面上的编号再输一次。"))
    operations.revoke_device(current_centre(), device_id, operator())
    flash(_("终端 %(device)s 已停用。", device=device_id))
    return redirect(url_for("console.kiosks.show", device_id=device_id), 303)


@kiosks.post("/kiosks/<device_id>/name")
def rename(device_id: str) -> ResponseReturnValue:
    """Call a kiosk something people know."""
    if devices.device(current_centre().db, device_id) is None:
        raise NotFound
    form = Form(request.form)
    name = form.text("name", limit=30)
    form.check()
    operations.name_device(current_centre(), device_id, name)
    return redirect(url_for("console.kiosks.show", device_id=device_id), 303)


@kiosks.post("/claims")
def make_claim() -> ResponseReturnValue:
    """A claim code, shown in this answer and never again."""
    centre = current_centre()
    form = Form(request.form)
    point = form.text("point", limit=16)
    form.check()
    code = operations.make_claim(centre, point, operator())
    place = pickup_points.point(centre.db, point)
    until = utc_text(parse_utc(utc_text(centre.clock.now())) + timedelta(minutes=CLAIM_CODE_MINUTES))
    return render_template("console/claim.html", code=code, place=place, until=until, minutes=CLAIM_CODE_MINUTES)
