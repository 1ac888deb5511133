"""Upload a file, look at what it would do, confirm."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext
from werkzeug.exceptions import NotFound

from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import IMPORT_BODY_BYTES, IMPORT_ROWS, IMPORT_ROWS_SHOWN
from shared.kernel.privacy import mask_name, phone_tail
from shared.pickup_points import store as pickup_points
from shared.web.i18n import words
from sync_server.console.access import TOKEN_KEY, guard, operator
from sync_server.console.csv_export import csv_answer
from sync_server.host import current_centre
from sync_server.imports import operations, store
from sync_server.imports.columns import COLUMNS, ImportKind
from sync_server.imports.operations import Preview
from sync_server.imports.rules import Problem
from sync_server.imports.samples import SAMPLES

HISTORY_SHOWN = 20
ROOM_FOR_THE_FORM = 64 * 1024

blueprint = Blueprint("imports", __name__, url_prefix="/console/imports", template_folder="templates")
guard(blueprint)


@blueprint.url_value_preprocessor
def _larger_body(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Before anything reads the body: an upload may be larger than a form, for whoever has a session."""
    if endpoint == "imports.upload" and TOKEN_KEY in session:
        request.max_content_length = IMPORT_BODY_BYTES + ROOM_FOR_THE_FORM


def _kind(text: str) -> ImportKind:
    return ImportKind(text) if text in set(ImportKind) else ImportKind.GOODS


@blueprint.get("")
def show_all() -> ResponseReturnValue:
    return _form(_kind(request.args.get("kind", "")), None)


def _form(kind: ImportKind, trouble: Refused | None) -> str:
    db = current_centre().db
    return render_template(
        "imports/imports.html",
        kind=kind,
        kinds=list(ImportKind),
        columns=COLUMNS[kind],
        regions=operations.regions(db),
        done=store.done_files(db, HISTORY_SHOWN),
        trouble=trouble,
        cause=words(trouble.message, trouble.params) if trouble else "",
        next_step=words(trouble.next_step, trouble.params) if trouble else "",
        megabytes=IMPORT_BODY_BYTES >> 20,
        most_rows=IMPORT_ROWS,
        kind_title=lambda text: pgettext("menu", ImportKind(text).words),
    )


@blueprint.post("")
def upload() -> ResponseReturnValue:
    kind = _kind(request.form.get("kind", ""))
    try:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise BadInput("FILE_MISSING", N_("还没有选择文件。"), N_("请选择 .csv 或 .xlsx 文件。"))
        region = request.form.get("region", "")
        file_id = operations.stage(current_centre(), kind, file.filename, file.read(), operator(), region)
    except Refused as refused:
        return _form(kind, refused), refused.status
    return redirect(url_for("imports.show", file_id=file_id), 303)


@blueprint.get("/<file_id>")
def show(file_id: str) -> ResponseReturnValue:
    looked = operations.preview(current_centre(), file_id)
    kind = ImportKind(looked.file.kind)
    heads, rows = _first_rows(kind, looked)
    return render_template(
        "imports/preview.html",
        looked=looked,
        file=looked.file,
        plan=looked.plan,
        kind=kind,
        kind_title=pgettext("menu", kind.words),
        heads=heads,
        rows=rows,
        problems=[_shown(problem) for problem in looked.problems],
        can_import=looked.plan.writes > 0,
        can_skip=bool(looked.plan.problems) and not looked.plan.whole_only,
    )


def _shown(problem: Problem) -> dict[str, str | int]:
    """One problem in the reader's language."""
    params: dict[str, object] = dict(problem.params)
    return {
        "row": problem.row,
        "column": words(problem.column, {}),
        "value": problem.value,
        "cause": words(problem.cause, params),
        "fix": words(problem.fix, params),
        "code": problem.code,
    }


def _first_rows(kind: ImportKind, looked: Preview) -> tuple[list[str], list[list[str]]]:
    """The first things as they will be stored: masked where the store is masked."""
    places = {point.point: point.name for point in pickup_points.points(current_centre().db)}
    plan = looked.plan
    if kind is ImportKind.GOODS:
        heads = [_("货号"), _("品名"), _("分类"), _("规格"), _("价格"), _("温层"), _("条码")]
        rows = [
            [p.sku, p.name, p.category, p.spec, _yuan(p.price_fen), _("冷藏") if p.cold else _("常温"), p.barcode]
            for p in plan.goods[:IMPORT_ROWS_SHOWN]
        ]
    elif kind is ImportKind.RESIDENTS:
        heads = [_("姓名"), _("手机尾号"), _("自提点")]
        rows = [
            [mask_name(line.text("name")), phone_tail(line.text("phone")), places[line.text("point")]]
            for line in plan.residents[:IMPORT_ROWS_SHOWN]
        ]
    else:
        heads = [_("订单号"), _("手机尾号"), _("自提点"), _("商品"), _("合计"), _("箱子")]
        rows = [
            [
                order.number,
                phone_tail(order.phone),
                places[order.point],
                "、".join(f"{line.name} ×{line.quantity}" for line in order.lines),
                _yuan(sum(line.price_fen * line.quantity for line in order.lines)),
                "、".join(box.waybill for box in order.boxes),
            ]
            for order in plan.orders[:IMPORT_ROWS_SHOWN]
        ]
    return heads, rows


def _yuan(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02d}"


@blueprint.post("/<file_id>/confirmation")
def confirm(file_id: str) -> ResponseReturnValue:
    skip_bad = request.form.get("skip_bad") == "1"
    report = operations.confirm(current_centre(), file_id, operator(), skip_bad=skip_bad)
    flash(_("已导入：新增 %(new)s，变更 %(changed)s，未变 %(unchanged)s。", new=report.new, changed=report.changed,
            unchanged=report.unchanged))  # fmt: skip
    return redirect(url_for("imports.show", file_id=file_id), 303)


@blueprint.post("/<file_id>/discarding")
def discard(file_id: str) -> ResponseReturnValue:
    operations.discard(current_centre(), file_id)
    flash(_("已放弃，什么都没有导入。"))
    return redirect(url_for("imports.show_all"), 303)


@blueprint.get("/<file_id>/problems.csv")
def export_problems(file_id: str) -> ResponseReturnValue:
    looked = operations.preview(current_centre(), file_id)
    header = (_("行"), _("列"), _("内容"), _("原因"), _("办法"), _("代码"))
    shown = [_shown(problem) for problem in sorted(looked.plan.problems, key=lambda problem: problem.row)]
    names = ("row", "column", "value", "cause", "fix", "code")
    return csv_answer("import-problems", header, [[line[name] for name in names] for line in shown])


@blueprint.get("/samples/<kind>.csv")
def sample(kind: str) -> ResponseReturnValue:
    if kind not in set(ImportKind):
        raise NotFound
    what = ImportKind(kind)
    header = [_(column.title) for column in COLUMNS[what]]
    return csv_answer(f"{kind}-sample", header, SAMPLES[what])
