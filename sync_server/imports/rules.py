"""Rows of a file become lines; lines compared with what the centre holds become a plan. Nothing here touches anything.

An order is taken whole or not at all: one bad line makes the order bad. An order that is known already is never
changed by a file; it is unchanged when it says the same, and a problem when it says something else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from shared.catalogue.rules import Product, Temperature
from shared.kernel.errors import N_
from shared.kernel.limits import CONTENT_LINES_MAX
from shared.orders.rules import OrderLine
from shared.pickup_points.rules import PickupPoint
from sync_server.imports.cells import Cell, CellProblem, fold
from sync_server.imports.columns import COLUMNS, ImportKind

SHOWN_CHARS = 60


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with one row, and what to do. ``column``, ``cause`` and ``fix`` are message ids."""

    row: int
    column: str
    code: str
    cause: str
    fix: str
    params: dict[str, str | int] = {}
    value: str = ""


class Line(msgspec.Struct, frozen=True):
    """One row that could be read, under our column names; money in fen."""

    row: int
    values: dict[str, str | int]

    def text(self, name: str) -> str:
        """A value as text; empty when the file has no such column."""
        return str(self.values.get(name, ""))

    def whole(self, name: str) -> int:
        """A value as a number."""
        return int(self.values.get(name, 0))


@dataclass(frozen=True)
class Resident:
    """What the centre knows about a phone number: its resident, and the points that know the resident."""

    id: str
    name: str
    points: frozenset[str]


@dataclass(frozen=True)
class KnownOrder:
    """An order that the centre holds under a number of the file. ``units`` counts (goods number, quantity)."""

    point: str
    resident: str
    units: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Box:
    """A parcel that an order comes in: its waybill, and which lines lie in it."""

    waybill: str
    lines: tuple[OrderLine, ...]
    cold: bool


@dataclass(frozen=True)
class PlannedOrder:
    """An order to be placed with the boxes to be expected. ``phone`` names the resident; ``row`` is its first."""

    row: int
    number: str
    point: str
    phone: str
    placed_at: str
    lines: tuple[OrderLine, ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Plan:
    """What an import will do: the things to write, how many of each sort, and what stands in the way.

    ``whole_only``: a bad row may belong to any order, so nothing may be left out.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    problems: tuple[Problem, ...] = ()
    goods: tuple[Product, ...] = ()
    residents: tuple[Line, ...] = ()
    orders: tuple[PlannedOrder, ...] = ()
    whole_only: bool = False

    @property
    def writes(self) -> int:
        """How many things will be written."""
        return self.new + self.changed


def read_line(kind: ImportKind, row: int, cells: Mapping[str, Cell], overflow: bool) -> Line | list[Problem]:
    """One row of a file: its values, or everything that is wrong with it."""
    problems: list[Problem] = []
    values: dict[str, str | int] = {}
    if overflow:
        cause = N_("这一行比表头多出几格：内容里可能有没加引号的分隔符。")
        problems.append(Problem(row, "", "OVERFLOW", cause, N_("给含有分隔符的内容加上引号，或改用 .xlsx。")))
    for column in COLUMNS[kind]:
        if column.name not in cells:
            continue
        cell = cells[column.name]
        try:
            values[column.name] = column.read(cell)
        except CellProblem as bad:
            params = {name: value if isinstance(value, int) else str(value) for name, value in bad.params.items()}
            problems.append(Problem(row, column.title, bad.code, bad.cause, bad.fix, params, cell.text[:SHOWN_CHARS]))
    return problems or Line(row, values)


def _at(line: Line, column: str, code: str, cause: str, fix: str, **params: str | int) -> Problem:
    titles = {c.name: c.title for columns in COLUMNS.values() for c in columns}
    return Problem(line.row, titles[column], code, cause, fix, params, line.text(column)[:SHOWN_CHARS])


def find_points(lines: Iterable[Line], points: Sequence[PickupPoint]) -> tuple[list[Line], list[Problem]]:
    """Lines with the point's code in place of what was written (its code or its name), and lines without a point."""
    known = {fold(p.name).lower(): p.point for p in points} | {p.point.lower(): p.point for p in points}
    good: list[Line] = []
    problems: list[Problem] = []
    for line in lines:
        code = known.get(fold(line.text("point")).lower())
        if code is None:
            fix = N_("请改成已有自提点的代码或名称，或先在“自提点”里建好。")
            problems.append(_at(line, "point", "POINT_UNKNOWN", N_("没有这个自提点。"), fix))
        else:
            good.append(Line(line.row, {**line.values, "point": code}))
    return good, problems


def plan_goods(lines: Sequence[Line], known: Mapping[str, Product]) -> Plan:
    """Products to set. Columns that the file does not have keep what the centre holds."""
    first: dict[str, Line] = {}
    problems: list[Problem] = []
    goods: list[Product] = []
    new = unchanged = 0
    for line in lines:
        number = line.text("sku")
        if number in first:
            cause, fix = N_("第 %(row)s 行已经有这个货号。"), N_("同一货号只保留一行。")
            problems.append(_at(line, "sku", "DOUBLE", cause, fix, row=first[number].row))
            continue
        first[number] = line
        before = known.get(number)
        product = _product(line, before)
        if product == before:
            unchanged += 1
        else:
            goods.append(product)
            new += before is None
    return Plan(new, len(goods) - new, unchanged, len(problems), tuple(problems), goods=tuple(goods))


def _product(line: Line, before: Product | None) -> Product:
    values: dict[str, Any] = {name: value for name, value in line.values.items() if name != "price"}
    values["price_fen"] = line.whole("price")
    if "temperature" in values:
        values["temperature"] = Temperature(line.text("temperature"))
    return replace(before, **values, active=True) if before else Product(**values)


def plan_residents(lines: Sequence[Line], known: Mapping[str, Resident]) -> Plan:
    """Residents to register. A phone number that is known under another name is a problem for a person."""
    seen: dict[tuple[str, str], Line] = {}
    names: dict[str, Line] = {}
    problems: list[Problem] = []
    joining: list[Line] = []
    new = unchanged = 0
    for line in lines:
        phone, point = line.text("phone"), line.text("point")
        resident = known.get(phone)
        same = names.setdefault(phone, line)
        if same.text("name") != line.text("name"):
            cause, fix = N_("第 %(row)s 行的同一手机号是另一个姓名。"), N_("请核对后只保留正确的一个。")
            problems.append(_at(line, "name", "NAME_CLASH", cause, fix, row=same.row))
        elif resident and resident.name != line.text("name"):
            cause, fix = N_("这个手机号已登记为另一个姓名。"), N_("请核对手机号；姓名以已登记的为准。")
            problems.append(_at(line, "name", "NAME_DIFFERS", cause, fix))
        elif (phone, point) in seen or (resident and point in resident.points):
            unchanged += 1
        else:
            joining.append(line)
            new += resident is None
        seen[(phone, point)] = line
    return Plan(new, len(joining) - new, unchanged, len(problems), tuple(problems), residents=tuple(joining))


@dataclass
class _Gathered:
    """The lines of one order number as they stand in the file."""

    lines: list[Line] = field(default_factory=list)
    bad: bool = False


@dataclass(frozen=True)
class OrderFacts:
    """What the centre holds that orders of a file touch. ``products`` by (region, goods number)."""

    regions: Mapping[str, str]
    products: Mapping[tuple[str, str], Product]
    residents: Mapping[str, Resident]
    orders: Mapping[str, KnownOrder]
    waybills: Mapping[tuple[str, str], str]
    latest: str


def plan_orders(lines: Sequence[Line], bad_numbers: Iterable[str], held: OrderFacts) -> Plan:
    """Orders to place. ``bad_numbers`` had a row that could not be read; ``held.latest`` is the latest time allowed."""
    gathered: dict[str, _Gathered] = {}
    for line in lines:
        gathered.setdefault(line.text("number"), _Gathered()).lines.append(line)
    for number in bad_numbers:
        gathered.setdefault(number, _Gathered()).bad = True
    problems: list[Problem] = []
    orders: list[PlannedOrder] = []
    boxes: dict[tuple[str, str], str] = {}
    unchanged = bad = 0
    for number, order in gathered.items():
        found = [] if order.bad else _order_problems(order.lines, held, boxes)
        problems += found
        if order.bad or found:
            bad += 1
        elif number in held.orders:
            unchanged += 1
        else:
            orders.append(_planned(order.lines, held))
    return Plan(len(orders), 0, unchanged, bad, tuple(problems), orders=tuple(orders))


def _order_problems(lines: list[Line], held: OrderFacts, boxes: dict[tuple[str, str], str]) -> list[Problem]:
    head = lines[0]
    problems = [p for line in lines for p in _line_problems(line, head, held, boxes)]
    if len(lines) > CONTENT_LINES_MAX:
        cause, fix = N_("一个订单最多 %(most)s 行。"), N_("请拆成几个订单。")
        problems.append(_at(head, "number", "ORDER_LINES", cause, fix, most=CONTENT_LINES_MAX))
    known = held.orders.get(head.text("number"))
    if known is not None and not problems:
        resident = held.residents.get(head.text("phone"))
        units = tuple(sorted((line.text("sku"), line.whole("quantity")) for line in lines))
        if (known.point, known.resident, known.units) != (head.text("point"), resident and resident.id, units):
            cause = N_("这个订单号已经存在，内容却不同。")
            problems.append(_at(head, "number", "ORDER_DIFFERS", cause, N_("已有订单不会被导入改动；请核对订单号。")))
    return problems


def _line_problems(line: Line, head: Line, held: OrderFacts, boxes: dict[tuple[str, str], str]) -> list[Problem]:
    problems: list[Problem] = []
    number, point, waybill = line.text("number"), line.text("point"), line.text("waybill")
    if any(line.text(name) != head.text(name) for name in ("phone", "point", "placed_at")):
        cause = N_("同一订单的手机号、自提点或下单时间与第 %(row)s 行不同。")
        problems.append(_at(line, "number", "ORDER_MIXED", cause, N_("同一订单的每一行要相同。"), row=head.row))
    if (held.regions.get(point, ""), line.text("sku")) not in held.products:
        cause, fix = N_("商品目录里没有这个货号。"), N_("请先导入商品，或改正货号。")
        problems.append(_at(line, "sku", "SKU_UNKNOWN", cause, fix))
    if line is head and line.text("phone") not in held.residents:
        cause, fix = N_("没有这个手机号的居民。"), N_("请先导入居民，或改正手机号。")
        problems.append(_at(line, "phone", "RESIDENT_UNKNOWN", cause, fix))
    if line.text("placed_at") > held.latest:
        problems.append(_at(line, "placed_at", "FUTURE", N_("下单时间在将来。"), N_("请改正下单时间。")))
    owner = held.waybills.get((point, waybill)) or boxes.setdefault((point, waybill), number) if waybill else number
    if owner != number:
        cause, fix = N_("这个运单号已属于订单 %(order)s。"), N_("一个箱子只装一个订单；请改正运单号。")
        problems.append(_at(line, "waybill", "WAYBILL_TAKEN", cause, fix, order=owner))
    return problems


def _planned(lines: list[Line], held: OrderFacts) -> PlannedOrder:
    head = lines[0]
    number, point = head.text("number"), head.text("point")
    bought: list[OrderLine] = []
    packed: dict[str, list[OrderLine]] = {}
    cold: dict[str, bool] = {}
    for line in lines:
        product = held.products[(held.regions[point], line.text("sku"))]
        item = OrderLine(product.sku, product.name, line.whole("quantity"), product.price_fen)
        waybill = line.text("waybill") or own_waybill(number)
        bought.append(item)
        packed.setdefault(waybill, []).append(item)
        cold[waybill] = cold.get(waybill, False) or product.cold
    boxes = tuple(Box(waybill, tuple(items), cold[waybill]) for waybill, items in packed.items())
    return PlannedOrder(head.row, number, point, head.text("phone"), head.text("placed_at"), tuple(bought), boxes)


def own_waybill(number: str) -> str:
    """What stands on the box of an order for which the file names none: the order number, marked as our own."""
    return f"LQ-{number.upper().replace('_', '-')}"
