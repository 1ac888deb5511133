"""Stage a file, look at what it would do, and do it in one transaction: all of it or nothing."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from shared.catalogue import store as catalogue
from shared.catalogue.operations import set_product
from shared.catalogue.rules import Product
from shared.db import Tx
from shared.db.database import Reads
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import IMPORT_PROBLEMS_KEPT, IMPORT_STAGED_MINUTES
from shared.kernel.privacy import mask_name, phone_tail
from shared.orders.operations import place_order
from shared.parcels.operations import expect_parcel
from shared.parcels.rules import Carrier, Content, Recipient
from shared.pickup_points import store as pickup_points
from shared.residents.operations import register
from shared.sync import rows
from sync_server.host import Centre
from sync_server.imports import cells, rules, store
from sync_server.imports.columns import ImportKind
from sync_server.imports.reading import read_sheet
from sync_server.imports.rules import Line, OrderFacts, Plan, PlannedOrder, Problem

FILE_NAME_CHARS = 120
PROBLEMS_PRINTED = 20
KNOWN_GOODS_MAX = 1_000_000


class Staged(msgspec.Struct, frozen=True):
    """The body of a staged file: what could be read, what could not, and orders that had an unreadable row.

    ``nameless`` counts unreadable rows that may belong to any order: while there are some, none may be left out.
    """

    lines: list[Line]
    problems: list[Problem]
    bad_numbers: list[str]
    nameless: int = 0


@dataclass(frozen=True)
class Preview:
    """A staged file and what importing it now would do."""

    file: store.ImportFile
    plan: Plan
    problems: tuple[Problem, ...]
    problem_rows: int


@dataclass(frozen=True)
class ImportReport:
    """What an import has done. ``done`` False: nothing was written, ``problems`` say why."""

    kind: ImportKind
    done: bool
    new: int
    changed: int
    unchanged: int
    bad: int
    problems: tuple[Problem, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the whole file was imported."""
        return self.done and not self.bad

    @property
    def text(self) -> str:
        """The report in Chinese, for the command line."""
        head = N_("已导入：新增 %(new)s，变更 %(changed)s，未变 %(unchanged)s，跳过 %(bad)s。")
        if not self.done:
            head = N_(
                "没有导入任何内容：%(bad)s 处有问题（可导入：新增 %(new)s，变更 %(changed)s，未变 %(unchanged)s）。"
            )
        counts = {"new": self.new, "changed": self.changed, "unchanged": self.unchanged, "bad": self.bad}
        lines = [head % counts, *(_problem_text(problem) for problem in self.problems[:PROBLEMS_PRINTED])]
        if len(self.problems) > PROBLEMS_PRINTED:
            lines.append(N_("……另有 %(more)s 处。") % {"more": len(self.problems) - PROBLEMS_PRINTED})
        return "\n".join(lines)


def _problem_text(problem: Problem) -> str:
    where = N_("第 %(row)s 行") % {"row": problem.row}
    said = f"{problem.cause} {problem.fix}"
    return f"{where} {problem.column} {said % problem.params if problem.params else said} ({problem.code})"


# --- staging ------------------------------------------------------------------------------------------------------


def read_file(kind: ImportKind, data: bytes) -> tuple[Staged, str]:
    """What a file's bytes say, and in which form. Raises ``BadInput`` for a file that can't be read as a table."""
    sheet = read_sheet(kind, data)
    lines: list[Line] = []
    problems: list[Problem] = []
    bad_numbers: set[str] = set()
    nameless = 0
    for row in sheet.rows:
        read = rules.read_line(kind, row.number, row.cells, row.overflow)
        if isinstance(read, Line):
            lines.append(read)
            continue
        problems += read
        if kind is ImportKind.ORDERS:
            number = "" if row.overflow else _readable_number(row.cells["number"])
            nameless += not number
            bad_numbers.add(number)
    return Staged(lines, problems, sorted(bad_numbers - {""}), nameless), sheet.form


def _readable_number(cell: cells.Cell) -> str:
    try:
        return cells.order_number(cell)
    except cells.CellProblem:
        return ""


def regions(db: Reads) -> list[str]:
    """The regions that have pickup points; goods belong to one of them."""
    return sorted({point.region for point in pickup_points.points(db)})


def _region(db: Reads, kind: ImportKind, region: str) -> str:
    if kind is not ImportKind.GOODS:
        return ""
    known = regions(db)
    if not known:
        raise Refused("IMPORT_NO_POINT", N_("还没有自提点，商品不知道归哪个区域。"), N_("请先新建自提点。"))
    if not region and len(known) == 1:
        return known[0]
    if region not in known:
        raise BadInput("IMPORT_REGION", N_("请说明商品归哪个区域：%(known)s。"), known=", ".join(known))
    return region


def stage(centre: Centre, kind: ImportKind, file_name: str, data: bytes, actor: str, region: str = "") -> str:
    """Read a file and keep it for a decision; its id. Raises ``BadInput`` when it can't be read."""
    region = _region(centre.db, kind, region)
    staged, form = read_file(kind, data)
    now = centre.clock.now()
    file = store.ImportFile(
        centre.ids.new(),
        kind.value,
        region,
        cells.fold(Path(file_name.replace("\\", "/")).name)[:FILE_NAME_CHARS],
        form,
        len(staged.lines) + len({problem.row for problem in staged.problems}),
        actor,
        utc_text(now),
        utc_text(now + timedelta(minutes=IMPORT_STAGED_MINUTES)),
        msgspec.msgpack.encode(staged),
    )
    with centre.db.writing() as tx:
        store.forget_expired(tx, utc_text(now))
        store.add_file(tx, file)
    return file.id


def discard(centre: Centre, file_id: str) -> None:
    """Drop a staged file."""
    with centre.db.writing() as tx:
        store.forget(tx, file_id)


def _staged(centre: Centre, db: Reads, file_id: str) -> tuple[store.ImportFile, Staged | None]:
    """The file, and its content while nothing was done with it. Raises ``Refused`` IMPORT_GONE."""
    file = store.file(db, file_id)
    if file is None or (file.done_at is None and file.expires_at < utc_text(centre.clock.now())):
        raise Refused("IMPORT_GONE", N_("这次导入已过期或不存在。"), N_("请重新上传文件。"))
    return file, msgspec.msgpack.decode(file.body, type=Staged) if file.body is not None else None


def preview(centre: Centre, file_id: str) -> Preview:
    """What importing a staged file would do now. Raises ``Refused`` IMPORT_GONE."""
    file, staged = _staged(centre, centre.db, file_id)
    if staged is None:
        done = Plan(file.new_count, file.changed_count, file.unchanged_count, file.bad_count)
        return Preview(file, done, (), 0)
    plan = _plan(centre, centre.db, file, staged)
    problems = tuple(sorted(plan.problems, key=lambda problem: problem.row))
    return Preview(file, plan, problems[:IMPORT_PROBLEMS_KEPT], len({problem.row for problem in problems}))


# --- deciding -----------------------------------------------------------------------------------------------------


def _plan(centre: Centre, db: Reads, file: store.ImportFile, staged: Staged) -> Plan:
    """The plan for a file against what the centre holds at this moment; its problems include the unreadable rows."""
    kind = ImportKind(file.kind)
    unreadable = len({problem.row for problem in staged.problems})
    if kind is ImportKind.GOODS:
        found = catalogue.products(db, file.region, everything=True, limit=KNOWN_GOODS_MAX)
        plan = rules.plan_goods(staged.lines, {product.sku: product for product in found})
        return replace(plan, bad=plan.bad + unreadable, problems=(*staged.problems, *plan.problems))
    lines, lost = rules.find_points(staged.lines, pickup_points.points(db))
    if kind is ImportKind.RESIDENTS:
        known = store.residents_by_phone(db, {line.text("phone") for line in lines})
        plan = rules.plan_residents(lines, known)
        return replace(plan, bad=plan.bad + unreadable + len(lost), problems=(*staged.problems, *lost, *plan.problems))
    lost_rows = {problem.row for problem in lost}
    bad_numbers = [line.text("number") for line in staged.lines if line.row in lost_rows]
    plan = _plan_orders(centre, db, lines, [*staged.bad_numbers, *bad_numbers])
    return replace(
        plan,
        bad=plan.bad + staged.nameless,
        problems=(*staged.problems, *lost, *plan.problems),
        whole_only=staged.nameless > 0,
    )


def _plan_orders(centre: Centre, db: Reads, lines: list[Line], bad_numbers: list[str]) -> Plan:
    zone = ZoneInfo(centre.config.timezone)
    lines = [Line(line.row, line.values | {"placed_at": cells.to_utc(line.text("placed_at"), zone)}) for line in lines]
    region_of = {point.point: point.region for point in pickup_points.points(db)}
    used = {region_of[line.text("point")] for line in lines}
    products: dict[tuple[str, str], Product] = {}
    for region in used:
        for product in catalogue.products(db, region, everything=True, limit=KNOWN_GOODS_MAX):
            products[(region, product.sku)] = product
    waybills: dict[str, set[str]] = {}
    for line in lines:
        waybill = line.text("waybill") or rules.own_waybill(line.text("number"))
        waybills.setdefault(line.text("point"), set()).add(waybill)
    held = OrderFacts(
        region_of,
        products,
        store.residents_by_phone(db, {line.text("phone") for line in lines}),
        store.orders_by_number(db, {line.text("number") for line in lines}),
        {
            (point, waybill): owner
            for point, named in waybills.items()
            for waybill, owner in store.owners_of_waybills(db, point, named).items()
        },
        utc_text(centre.clock.now() + timedelta(days=1)),
    )
    return rules.plan_orders(lines, bad_numbers, held)


# --- doing --------------------------------------------------------------------------------------------------------


def confirm(centre: Centre, file_id: str, actor: str, *, skip_bad: bool = False) -> ImportReport:
    """Import a staged file in one transaction; asked twice, it says what the first time did.

    With problems nothing is written unless ``skip_bad`` leaves the bad rows (and whole bad orders) out.
    Raises ``Refused`` IMPORT_GONE, IMPORT_PROBLEMS.
    """
    scopes = _scopes(centre, file_id)
    with centre.journal.writing(scopes[0]) as tx:
        for scope in scopes[1:]:
            rows.lock_feed(tx, f"point:{scope}")
        file, staged = _staged(centre, tx, file_id)
        kind = ImportKind(file.kind)
        if staged is None:
            return ImportReport(kind, True, file.new_count, file.changed_count, file.unchanged_count, file.bad_count)
        plan = _plan(centre, tx, file, staged)
        if plan.problems and (plan.whole_only or not skip_bad):
            raise Refused(
                "IMPORT_PROBLEMS",
                N_("文件里有 %(count)s 处问题，什么都没有导入。"),
                N_("请改好文件重新上传，或选择跳过有问题的行。"),
                count=len(plan.problems),
            )
        _write(centre, tx, file, plan, actor)
        counts = (plan.new, plan.changed, plan.unchanged, plan.bad)
        store.mark_done(tx, file_id, counts, actor, utc_text(centre.clock.now()))
    return ImportReport(kind, True, *counts, problems=plan.problems)


def _scopes(centre: Centre, file_id: str) -> list[str]:
    """The points (or the region) whose feeds an import takes, sorted, so that two imports never wait for each other."""
    file, staged = _staged(centre, centre.db, file_id)
    if file.kind == ImportKind.GOODS or staged is None:
        return [file.region]
    lines, _ = rules.find_points(staged.lines, pickup_points.points(centre.db))
    return sorted({line.text("point") for line in lines}) or [""]


def _write(centre: Centre, tx: Tx, file: store.ImportFile, plan: Plan, actor: str) -> None:
    for product in plan.goods:
        set_product(centre.journal, tx, file.region, product, actor)
    for line in sorted(plan.residents, key=lambda line: (line.text("point"), line.row)):
        register(centre.journal, tx, line.text("point"), line.text("name"), line.text("phone"), actor)
    buyers = store.residents_by_phone(tx, {order.phone for order in plan.orders})
    for order in sorted(plan.orders, key=lambda order: (order.point, order.row)):
        _place(centre, tx, order, buyers[order.phone], actor)


def _place(centre: Centre, tx: Tx, order: PlannedOrder, buyer: rules.Resident, actor: str) -> None:
    """One order: its resident known at the point, the order placed and paid, its boxes expected."""
    if order.point not in buyer.points:
        register(centre.journal, tx, order.point, buyer.name, order.phone, actor)
    placed = place_order(
        centre.journal,
        tx,
        order.point,
        number=order.number,
        resident=buyer.id,
        lines=order.lines,
        paid=True,
        actor=actor,
        placed_at=order.placed_at,
    )
    recipient = Recipient(buyer.id, mask_name(buyer.name), phone_tail(order.phone))
    for box in order.boxes:
        expect_parcel(
            centre.journal,
            tx,
            order.point,
            waybill=box.waybill,
            carrier=Carrier.OWN,
            recipient=recipient,
            order_id=placed.id,
            cold=box.cold,
            contents=tuple(Content(line.sku, line.name, line.quantity) for line in box.lines),
            actor=actor,
        )


def import_file(
    centre: Centre, kind: str, path: Path, actor: str, *, region: str = "", skip_bad: bool = False
) -> ImportReport:
    """Import a file from disk. With problems and without ``skip_bad`` nothing is written and the report says why.

    Raises ``BadInput`` for a file that can't be read, ``Refused`` IMPORT_NO_POINT.
    """
    what = ImportKind(kind)
    file_id = stage(centre, what, path.name, path.read_bytes(), actor, region)
    looked = preview(centre, file_id)
    plan = looked.plan
    if plan.problems and (plan.whole_only or not skip_bad):
        discard(centre, file_id)
        return ImportReport(what, False, plan.new, plan.changed, plan.unchanged, plan.bad, looked.problems)
    return confirm(centre, file_id, actor, skip_bad=skip_bad)
