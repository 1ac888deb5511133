"""Facts that could not be applied: why, what they say, and what a person decides about them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from shared.sync import quarantine as parked_facts
from shared.sync import store as sync_store
from shared.sync import wording as parked
from shared.sync.wording import WHY_WORDS, Why
from shared.web.forms import Form
from sync_server.console import board, operations, store
from sync_server.console.access import operator
from sync_server.console.csv_export import csv_answer
from sync_server.host import current_centre

quarantine = Blueprint("quarantine", __name__)

SHOWN = 500
EXPORTED = 10_000


@quarantine.get("/quarantine")
def show_all() -> ResponseReturnValue:
    """What is parked, lanes of other machines together; or what was settled."""
    centre = current_centre()
    settled = request.args.get("settled") == "1"
    found = store.parked(centre.db, SHOWN, settled=settled)
    rows = [
        (row, parked.why_of(row["reason"]), parked.readable(centre.house, row["kind"], bytes(row["payload"])))
        for row in found
        if settled or row["reason"] != "CLONE"
    ]
    return render_template(
        "console/quarantine.html",
        rows=rows,
        lanes=[] if settled else store.parked_lanes(centre.db),
        settled=settled,
        count=sync_store.count_quarantine(centre.db),
        words=WHY_WORDS,
        parked=parked,
        places=board.place_names(centre),
    )


@quarantine.get("/quarantine/<point>/<device>/<epoch>")
def show_lane(point: str, device: str, epoch: str) -> ResponseReturnValue:
    """Every parked fact of one lane, in the order they were recorded."""
    centre = current_centre()
    found = store.parked(centre.db, SHOWN, settled=False, lane=(point, device, epoch))
    if not found:
        raise NotFound
    return render_template(
        "console/parked_lane.html",
        rows=[(row, parked.readable(centre.house, row["kind"], bytes(row["payload"]))) for row in found],
        lane={"point": point, "device": device, "epoch": epoch},
        place=board.place_names(centre).get(point, point),
        words=WHY_WORDS[parked.why_of(found[0]["reason"])],
        parked=parked,
    )


@quarantine.get("/quarantine.csv")
def export() -> ResponseReturnValue:
    """Parked facts as a file."""
    header = (
        _("自提点代码"), _("终端"), _("设备代"), _("序号"), _("种类"), _("记录时间"), _("原因"), _("发现时间"),
        _("处理时间"), _("处理结果"),
    )  # fmt: skip
    names = ("point", "device", "epoch", "seq", "kind", "at", "reason", "found_at", "resolved_at", "resolution")
    db = current_centre().db
    found = [*store.parked(db, EXPORTED, settled=False), *store.parked(db, EXPORTED, settled=True)]
    return csv_answer("quarantine", header, [[row[name] for name in names] for row in found])


@quarantine.get("/quarantine/<point>/<device>/<epoch>/<int:seq>")
def show(point: str, device: str, epoch: str, seq: int) -> ResponseReturnValue:
    """One parked fact: why, what it says, what to do."""
    centre = current_centre()
    row = sync_store.parked_fact(centre.db, point, device, epoch, seq)
    if row is None:
        raise NotFound
    why = parked.why_of(row["reason"])
    return render_template(
        "console/parked_fact.html",
        row=row,
        words=WHY_WORDS[why],
        facts=parked.readable(centre.house, row["kind"], bytes(row["payload"])),
        parked=parked,
        place=board.place_names(centre).get(point, point),
        can_retry=why is not Why.NOT_FOR_DEVICES,
    )


@quarantine.post("/quarantine/<point>/<device>/<epoch>/<int:seq>/retry")
def retry(point: str, device: str, epoch: str, seq: int) -> ResponseReturnValue:
    """Apply it after all."""
    journal = current_centre().journal
    with journal.writing(point) as tx:
        parked_facts.retry(journal, tx, point, device, epoch, seq, operator())
    flash(_("已重试：这条记录已经入账。"))
    return redirect(url_for("console.quarantine.show", point=point, device=device, epoch=epoch, seq=seq), 303)


@quarantine.post("/quarantine/<point>/<device>/<epoch>/<int:seq>/discard")
def discard(point: str, device: str, epoch: str, seq: int) -> ResponseReturnValue:
    """Leave it, and say why."""
    form = Form(request.form)
    reason = form.text("reason", limit=parked_facts.REASON_CHARACTERS)
    form.check()
    journal = current_centre().journal
    with journal.writing(point) as tx:
        parked_facts.discard(journal, tx, point, device, epoch, seq, reason, operator())
    flash(_("已忽略，原因已记录；记录本身仍保存在日志里。"))
    return redirect(url_for("console.quarantine.show", point=point, device=device, epoch=epoch, seq=seq), 303)


@quarantine.post("/quarantine/<point>/<device>/<epoch>/retry")
def retry_lane(point: str, device: str, epoch: str) -> ResponseReturnValue:
    """Apply all that is parked of one lane, in order; what does not fit stays."""
    done = operations.retry_lane(current_centre(), point, device, epoch, operator())
    if done.left:
        flash(_("已入账 %(good)s 条；还有 %(left)s 条，请再按一次或逐条处理。", good=done.settled, left=done.left))
    else:
        flash(_("已入账 %(good)s 条。", good=done.settled))
    return redirect(url_for("console.quarantine.show_all"), 303)


@quarantine.post("/quarantine/<point>/<device>/<epoch>/discard")
def discard_lane(point: str, device: str, epoch: str) -> ResponseReturnValue:
    """Leave all that is parked of one lane, and say why."""
    form = Form(request.form)
    reason = form.text("reason", limit=parked_facts.REASON_CHARACTERS)
    form.check()
    done = operations.discard_lane(current_centre(), point, device, epoch, reason, operator())
    flash(_("已忽略 %(count)s 条，原因已记录。", count=done.settled))
    return redirect(url_for("console.quarantine.show_all"), 303)
