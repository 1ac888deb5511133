"""Enrolment at the screen, and "sync now"."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kiosk.host import current_kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rules import ADVICE, Trouble
from shared.kernel.errors import Refused
from shared.sync import store
from shared.web.i18n import words

blueprint = Blueprint("sync", __name__, template_folder="templates")


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


@blueprint.post("/sync-rounds")
def ask_for_round() -> ResponseReturnValue:
    with current_kiosk().db.writing() as tx:
        store.want_round(tx)
    return "", 204
