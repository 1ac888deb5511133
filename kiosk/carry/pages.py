"""Sync with a stick: plug it in, one tap, and words about what happened."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from kiosk.carry import operations
from kiosk.carry.operations import CarriedIn, CarriedOut
from kiosk.carry.rules import WORDS
from kiosk.host import current_kiosk
from kiosk.staff.session import staff_required
from shared.kernel.errors import N_, Refused
from shared.sync import store as sync_store
from shared.web.i18n import words

blueprint = Blueprint("carry", __name__, template_folder="templates")


@blueprint.get("/carry")
@staff_required
def show() -> ResponseReturnValue:
    return _page([], None, None)


@blueprint.post("/carry/trips")
@staff_required
def begin_trip() -> ResponseReturnValue:
    """Take in what the stick brings, then put on it what waits."""
    brought: list[CarriedIn] = []
    out: CarriedOut | None = None
    trouble: Refused | None = None
    try:
        brought, out = operations.exchange_with_stick(current_kiosk())
    except Refused as refused:
        trouble = refused
    except OSError as error:
        current_app.logger.warning("the stick failed: %s", error)
        trouble = Refused("STICK_FAILED", N_("U 盘读写失败。"), N_("请拔下重插，或换一个 U 盘。"))
    return _page(brought, out, trouble), trouble.status if trouble else 200


def _page(brought: list[CarriedIn], out: CarriedOut | None, trouble: Refused | None) -> str:
    kiosk = current_kiosk()
    waiting, oldest = sync_store.outbox(kiosk.db)
    said = [
        (tone, words(what, {"detail": words(one.detail, {})}), words(step, {}))
        for one in brought
        for tone, what, step in [WORDS[one.outcome]]
    ]
    return render_template(
        "carry/carry.html",
        stick=operations.stick(kiosk) is not None,
        waiting=waiting,
        oldest=oldest,
        last=operations.waiting_answer(kiosk),
        brought=said,
        out=out,
        trouble=trouble,
        cause=words(trouble.message, trouble.params) if trouble else "",
        next_step=words(trouble.next_step, trouble.params) if trouble else "",
    )
