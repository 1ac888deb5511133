"""The queue of labels: what waits, what is stuck and why, what nobody is sure about."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hardware.printers.status import WORDS as TROUBLE_WORDS
from hardware.printers.status import Trouble
from kiosk.host import current_kiosk
from kiosk.labels import operations, store
from kiosk.labels.rules import (
    NEEDS_STAFF,
    OWN_TROUBLE_WORDS,
    PROOF_WORDS,
    REASON_WORDS,
    STATE_WORDS,
    JobState,
    PrintJob,
    ReprintReason,
)
from kiosk.staff.session import staff_here, staff_required, staff_watching, step_up
from shared.web.forms import Form
from shared.web.i18n import words
from shared.web.pages import local_path

blueprint = Blueprint("labels", __name__, template_folder="templates")

NEWEST = 40
TONES = {
    JobState.QUEUED: ("info", "clock"),
    JobState.SENDING: ("info", "printer"),
    JobState.CONFIRMED: ("ok", "circle-check"),
    JobState.BLOCKED: ("alarm", "octagon-alert"),
    JobState.UNKNOWN: ("warn", "circle-help"),
    JobState.CANCELLED: ("idle", "ban"),
    JobState.REPLACED: ("idle", "copy"),
}


def trouble_words(trouble: str) -> tuple[str, str]:
    """What is wrong and what to do, in the reader's language; two empty texts when nothing is."""
    if trouble in OWN_TROUBLE_WORDS:
        said = OWN_TROUBLE_WORDS[trouble]
    elif trouble in set(Trouble):
        said = TROUBLE_WORDS[Trouble(trouble)]
    else:
        said = ("", "")
    return words(said[0], {}), words(said[1], {})


def printer_summary() -> dict[str, object]:
    """What the head of the counter says about the printer."""
    kiosk = current_kiosk()
    return {"note": store.printer_note(kiosk.db), "counts": store.counts(kiosk.db)}


def reasons() -> list[tuple[str, str]]:
    """Reasons for a reprint, for a choice."""
    return [(reason.value, words(said, {})) for reason, said in REASON_WORDS.items()]


@blueprint.app_context_processor
def _label_words() -> dict[str, object]:
    return {"trouble_words": trouble_words, "reprint_reasons": reasons, "label_words": _job_words}


def _job_words(job: PrintJob) -> dict[str, str]:
    tone, icon = TONES[job.state]
    reason = REASON_WORDS.get(ReprintReason(job.reason)) if job.reason in set(ReprintReason) else None
    return {
        "state": words(STATE_WORDS[job.state], {}),
        "proof": words(PROOF_WORDS[job.proof], {}),
        "reason": words(reason or "", {}),
        "tone": tone,
        "icon": icon,
    }


@blueprint.get("/labels")
@staff_required
def queue() -> ResponseReturnValue:
    kiosk = current_kiosk()
    return render_template(
        "labels/queue.html",
        questions=store.in_states(kiosk.db, tuple(NEEDS_STAFF)),
        waiting=store.in_states(kiosk.db, (JobState.QUEUED, JobState.SENDING)),
        ended=[job for job in store.newest(kiosk.db, NEWEST) if job.ended_at],
        summary=printer_summary(),
    )


@blueprint.get("/labels/state")
@staff_watching
def state() -> ResponseReturnValue:
    return render_template("labels/state.html", summary=printer_summary())


@blueprint.post("/labels/<job_id>/cancellation")
@staff_required
def cancel(job_id: str) -> ResponseReturnValue:
    operations.cancel(current_kiosk(), job_id)
    return redirect(url_for("labels.queue"), 303)


@blueprint.post("/labels/<job_id>/sighting")
@staff_required
def seen(job_id: str) -> ResponseReturnValue:
    operations.seen(current_kiosk(), job_id)
    return redirect(url_for("labels.queue"), 303)


@blueprint.post("/parcels/<parcel_id>/labels")
@staff_required
def reprint(parcel_id: str) -> ResponseReturnValue:
    form = Form(request.form)
    reason = form.choice("reason", ReprintReason)
    pin = form.digits("pin", length=6)
    form.check()
    step_up(pin)
    operations.reprint(current_kiosk(), parcel_id, reason, staff_here())
    return redirect(local_path(request.form.get("next", url_for("labels.queue"))), 303)
