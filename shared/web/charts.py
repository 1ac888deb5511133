"""Small drawings made of numbers: SVG without style attributes; the colours come from the style sheet."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from markupsafe import Markup

SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 120, 32, 3
BARS_WIDTH, BARS_HEIGHT, BARS_FOOT = 720, 220, 28
SHELF_WIDTH, SHELF_HEIGHT, SHELF_GAP, SHELVES_PER_ROW = 150, 96, 14, 5


def sparkline(values: Sequence[float]) -> Markup:
    """The way of one figure, oldest first, its last value as a dot. Says nothing aloud: the figure stands beside it."""
    if len(values) < 2:
        return Markup("")
    low, span = min(values), max(values) - min(values) or 1
    inner_width, inner_height = SPARK_WIDTH - 2 * SPARK_EDGE, SPARK_HEIGHT - 2 * SPARK_EDGE
    points = [
        (
            round(SPARK_EDGE + index * inner_width / (len(values) - 1), 1),
            round(SPARK_EDGE + inner_height * (1 - (value - low) / span), 1),
        )
        for index, value in enumerate(values)
    ]
    line = " ".join(f"{x},{y}" for x, y in points)
    area = f"{points[0][0]},{SPARK_HEIGHT} {line} {points[-1][0]},{SPARK_HEIGHT}"
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">'
        '<polygon class="spark-area" points="{}"/>'
        '<polyline class="spark-line" points="{}"/><circle class="spark-now" cx="{}" cy="{}" r="3"/></svg>'
    ).format(SPARK_WIDTH, SPARK_HEIGHT, area, line, *points[-1])


def bars(values: Sequence[float], labels: Sequence[str], label: str, before: Sequence[float] = ()) -> Markup:
    """One bar a label; ``before`` (the same hours last week) stands behind as an outline. ``label`` is read aloud."""
    top = max([*values, *before, 1])
    step = BARS_WIDTH / max(len(labels), 1)
    room = BARS_HEIGHT - BARS_FOOT - 8
    pieces = []
    for index, name in enumerate(labels):
        left = index * step
        if index < len(before):
            tall = room * before[index] / top
            pieces.append(
                Markup('<rect class="bar-before" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3"/>').format(
                    left + step * 0.08, BARS_HEIGHT - BARS_FOOT - tall, step * 0.84, tall
                )
            )
        if index < len(values):
            tall = room * values[index] / top
            pieces.append(
                Markup(
                    '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3">'
                    "<title>{}: {}</title></rect>"
                ).format(left + step * 0.22, BARS_HEIGHT - BARS_FOOT - tall, step * 0.56, tall, name, values[index])
            )
        pieces.append(
            Markup('<text class="bar-label" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                left + step / 2, BARS_HEIGHT - 8, name
            )
        )
    return Markup(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}" focusable="false">'
        '<line class="bar-ground" x1="0" x2="{}" y1="{}" y2="{}"/>{}</svg>'
    ).format(
        BARS_WIDTH,
        BARS_HEIGHT,
        label,
        BARS_WIDTH,
        BARS_HEIGHT - BARS_FOOT,
        BARS_HEIGHT - BARS_FOOT,
        Markup("").join(pieces),
    )


def _shelf(shelf: Mapping[str, object], left: int, top: int, here: bool) -> Markup:
    used, room = int(str(shelf.get("used", 0))), max(1, int(str(shelf.get("room", 1))))
    inner = SHELF_WIDTH - 24
    kind = " shelf-here" if here else ""
    kind += " shelf-cold" if shelf.get("cold") else ""
    return Markup(
        '<g class="shelf{}"><rect class="shelf-box" x="{}" y="{}" width="{}" height="{}" rx="10"/>'
        '<text class="shelf-code" x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="shelf-name" x="{}" y="{}" text-anchor="middle">{}</text>'
        '<rect class="shelf-room" x="{}" y="{}" width="{}" height="8" rx="4"/>'
        '<rect class="shelf-used" x="{}" y="{}" width="{}" height="8" rx="4"/></g>'
    ).format(
        kind, left, top, SHELF_WIDTH, SHELF_HEIGHT, left + SHELF_WIDTH // 2, top + 42, shelf["code"],
        left + SHELF_WIDTH // 2, top + 66, shelf.get("name", ""), left + 12, top + SHELF_HEIGHT - 18, inner,
        left + 12, top + SHELF_HEIGHT - 18, round(inner * min(used / room, 1)),
    )  # fmt: skip


def shelf_drawing(shelves: Sequence[Mapping[str, object]], here: Sequence[str] = (), label: str = "") -> Markup:
    """The point seen from the counter: shelves in rows of five, the counter below, those in ``here`` filled.

    A shelf is ``{"code", "name", "used", "room", "cold"}``; ``used``/``room`` draw how full it is.
    """
    columns = min(max(len(shelves), 1), SHELVES_PER_ROW)
    rows = -(-len(shelves) // SHELVES_PER_ROW)
    width = columns * (SHELF_WIDTH + SHELF_GAP) - SHELF_GAP
    height = rows * (SHELF_HEIGHT + SHELF_GAP) + 64
    groups = [
        _shelf(
            shelf,
            (index % SHELVES_PER_ROW) * (SHELF_WIDTH + SHELF_GAP),
            (index // SHELVES_PER_ROW) * (SHELF_HEIGHT + SHELF_GAP),
            shelf["code"] in here,
        )
        for index, shelf in enumerate(shelves)
    ]
    said = f"{label}: {', '.join(str(code) for code in here)}" if here else label
    where = _("您在这里") if here else _("柜台")
    return Markup(
        '<svg class="shelves" viewBox="-4 -4 {} {}" role="img" aria-label="{}" focusable="false">{}'
        '<rect class="shelf-counter" x="0" y="{}" width="{}" height="56" rx="10"/>'
        '<text class="shelf-counter-text" x="{}" y="{}" text-anchor="middle">{}</text></svg>'
    ).format(width + 8, height + 8, said, Markup("").join(groups), height - 56, width, width // 2, height - 14, where)
