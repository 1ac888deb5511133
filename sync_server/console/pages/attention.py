"""What needs a person: cases; and the record of what operators did."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from shared.allotments import store as allotments
from shared.cases.rules import CASE_KIND_NAMES, CASE_WORDS, Case
from shared.catalogue import store as catalogue
from shared.kernel.limits import CONSOLE_PAGE_ROWS
from shared.parcels import store as parcels
from shared.parcels.operations import close_case
from shared.web.forms import Form
from sync_server.console import board, store
from sync_server.console.access import operator
from sync_server.console.csv_export import csv_answer
from sync_server.console.listing import offset
from sync_server.console.rules import ACTION_NAMES, Action
from sync_server.host import current_centre

attention = Blueprint("attention", __name__)

SHOWN = 500
EXPORTED = 10_000


@attention.get("/cases")
def cases() -> ResponseReturnValue:
    """What the rules could not settle."""
    centre = current_centre()
    closed = request.args.get("closed") == "1"
    found = parcels.cases(centre.db, closed=closed, limit=SHOWN)
    return render_template(
        "console/cases.html",
        found=found,
        closed=closed,
        names=CASE_KIND_NAMES,
        words=_case_words,
        places=board.place_names(centre),
    )


def _case_words(case: Case) -> str:
    """What a case says beyond its name, with the product called by its name; empty where the name says it all."""
    if case.kind not in CASE_WORDS:
        return ""
    told = dict(case.detail)
    db = current_centre().db
    pool = allotments.pool(db, str(told.get("offer", "")))
    product = catalogue.product(db, pool.region, str(told.get("sku", ""))) if pool else None
    return str(_(CASE_WORDS[case.kind], **(told | ({"sku": product.name} if product else {}))))


@attention.get("/cases.csv")
def export_cases() -> ResponseReturnValue:
    """All cases as a file."""
    centre = current_centre()
    places = board.place_names(centre)
    header = (
        _("自提点代码"), _("自提点"), _("事项"), _("包裹"), _("先前记录"), _("矛盾记录"), _("说明"),
        _("发现时间"), _("关闭时间"),
    )  # fmt: skip
    rows = [
        (
            point, places.get(point, ""), _(CASE_KIND_NAMES[case.kind]), case.parcel, case.first_fact, case.second_fact,
            _case_words(case), case.opened_at, case.closed_at,
        )
        for point, case in parcels.cases(centre.db, closed=True, limit=EXPORTED)
    ]  # fmt: skip
    return csv_answer("cases", header, rows)


@attention.post("/cases/<point>/<case_id>/closing")
def settle(point: str, case_id: str) -> ResponseReturnValue:
    """A person has settled a case and says how."""
    centre = current_centre()
    if parcels.case(centre.db, point, case_id) is None:
        raise NotFound
    form = Form(request.form)
    note = form.text("note", limit=100)
    form.check()
    with centre.journal.writing(point) as tx:
        close_case(centre.journal, tx, point, case_id, note, operator())
    flash(_("事项已关闭。"))
    return redirect(url_for("console.attention.cases"), 303)


def _action(text: str) -> str:
    return str(_(ACTION_NAMES[Action(text)])) if text in set(Action) else text


@attention.get("/log")
def log() -> ResponseReturnValue:
    """What operators did."""
    found = store.log(current_centre().db, CONSOLE_PAGE_ROWS + 1, offset())
    older = len(found) > CONSOLE_PAGE_ROWS
    page = offset() // CONSOLE_PAGE_ROWS + 1
    return render_template("console/log.html", found=found[:CONSOLE_PAGE_ROWS], action=_action, page=page, older=older)


@attention.get("/log.csv")
def export_log() -> ResponseReturnValue:
    """What operators did, as a file."""
    header = (_("时间"), _("账号"), _("操作"), _("对象"))
    rows = [
        (row["at"], row["operator"], _action(row["action"]), row["subject"])
        for row in store.log(current_centre().db, EXPORTED)
    ]
    return csv_answer("operator-log", header, rows)
