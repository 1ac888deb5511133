"""Enrolment at the screen, and "sync now"."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kiosk.host import current_kiosk
from kiosk.staff.session import staff_required
from kiosk.sync import parked
from kiosk.sync.enrol import enrol
from kiosk.sync.rules import ADVICE, Trouble
from shared.kernel.errors import N_, Refused
from shared.sync import store
from shared.web.i18n import words

blueprint = Blueprint("sync", __name__, template_folder="templates")

DONE = {"compare": N_("已请求重新核对，联网后自动完成。"), "discard": N_("已忽略；这条记录仍保存在本机和中心。")}


@blueprint.get("/enrolment")
def show_enrolment() -> ResponseReturnValue:
    kiosk = current_kiosk()
    state = kiosk.state()
    if state is not None and state.trouble != Trouble.CLONE:
        return redirect("/" if kiosk.point() else "/enrolment/first-data")
    return render_template("sync/enrolment.html", server=kiosk.config.server, refused=None)


@blueprint.post("/enrolment")
def make_enrolment() -> ResponseReturnValue:
    kiosk = current_kiosk()
    server = request.form.get("server", "") or kiosk.config.server
    try:
        enrol(kiosk, server, request.form.get("code", ""))
    except Refused as refused:
        cause, step = words(refused.message, refused.params), words(refused.next_step, refused.params)
        return render_template("sync/enrolment.html", server=server, refused=refused, cause=cause, step=step), 422
    return redirect("/enrolment/first-data", 303)


@blueprint.get("/enrolment/first-data")
def wait_for_first_data() -> ResponseReturnValue:
    kiosk = current_kiosk()
    if kiosk.point() is not None:
        return redirect("/")
    state = kiosk.state()
    if state is None:
        return redirect("/enrolment")
    cause, step = ADVICE[Trouble(state.trouble)]
    return render_template("sync/first_data.html", trouble=state.trouble, cause=words(cause, {}), step=words(step, {}))


@blueprint.get("/quarantine")
@staff_required
def show_quarantine() -> ResponseReturnValue:
    """What this kiosk recorded and could not apply again on top of the centre's rows."""
    done = DONE.get(request.args.get("done", ""), "")
    reasons = [words(reason, {}) for reason in parked.REASONS]
    return render_template(
        "sync/quarantine.html", parked=parked.shown(current_kiosk()), done=words(done, {}), reasons=reasons
    )


@blueprint.post("/quarantine/comparisons")
@staff_required
def compare_again() -> ResponseReturnValue:
    parked.read_anew(current_kiosk())
    return redirect("/quarantine?done=compare", 303)


@blueprint.post("/quarantine/<epoch>/<int:seq>/discard")
@staff_required
def discard(epoch: str, seq: int) -> ResponseReturnValue:
    parked.discard(current_kiosk(), epoch, seq, request.form.get("reason", ""))
    return redirect("/quarantine?done=discard", 303)


@blueprint.post("/sync-rounds")
def ask_for_round() -> ResponseReturnValue:
    with current_kiosk().db.writing() as tx:
        store.want_round(tx)
    return "", 204
