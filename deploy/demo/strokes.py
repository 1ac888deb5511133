"""The pen the goods pictures are drawn with: flat shapes, one crescent of shade each, a few soft highlights.

Coordinates are SVG user units, x to the right and y down. One good is drawn around (0, 0) and reaches about 60 units
in each direction; `drawings.compose` places it on the 200 x 200 picture.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LEAF = "#2F7D4A"
LEAF_LIGHT = "#6FAE5C"
LEAF_DARK = "#14532D"
WOOD = "#C58F58"
STEM = "#7A5230"
CREAM = "#FFF8EA"
INK = "#1E2A24"


@dataclass(frozen=True)
class Look:
    """How one good is to look: two colours as `#RRGGBB`, and the name of the motif on its package (may be empty)."""

    main: str
    accent: str
    motif: str = ""


def mixed(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0 to 1) of `other` mixed in; both and the result as `#RRGGBB`."""
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def darker(colour: str, share: float = 0.2) -> str:
    """The shade side of a colour: warm, never grey."""
    return mixed(colour, "#3A1E10", share)


def lighter(colour: str, share: float = 0.3) -> str:
    """The sunny side of a colour."""
    return mixed(colour, "#FFF6E0", share)


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value != int(value) else str(int(value))


def oval(cx: float, cy: float, rx: float, ry: float) -> str:
    """Path data of an ellipse."""
    left, right, a, b, y = (number(v) for v in (cx - rx, cx + rx, rx, ry, cy))
    return f"M{left} {y}A{a} {b} 0 1 1 {right} {y}A{a} {b} 0 1 1 {left} {y}Z"


def box(x: float, y: float, width: float, height: float, radius: float = 0) -> str:
    """Path data of a rectangle with rounded corners."""
    r, w, h = number(radius), number(width - 2 * radius), number(height - 2 * radius)
    start = f"M{number(x + radius)} {number(y)}h{w}"
    if not radius:
        return f"{start}v{h}h-{w}Z"
    return (
        f"{start}a{r} {r} 0 0 1 {r} {r}v{h}a{r} {r} 0 0 1 -{r} {r}h-{w}a{r} {r} 0 0 1 -{r} -{r}"
        f"v-{h}a{r} {r} 0 0 1 {r} -{r}Z"
    )


class Pen:
    """Collects the marks of one picture. `prefix` keeps the ids of two pictures on one page apart."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._marks: list[str] = []
        self._ids = 0

    def name(self) -> str:
        """A fresh id inside this picture."""
        self._ids += 1
        return f"{self._prefix}{self._ids}"

    def raw(self, mark: str) -> None:
        """Adds finished markup."""
        self._marks.append(mark)

    def fill(self, path: str, colour: str, opacity: float = 1) -> None:
        """A flat shape."""
        self.raw(f'<path d="{path}" fill="{colour}"{_faint(opacity)}/>')

    def line(self, path: str, colour: str, width: float, opacity: float = 1) -> None:
        """A round-ended stroke."""
        self.raw(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{number(width)}"{_faint(opacity)}/>')

    def solid(self, path: str, colour: str, dx: float = -8, dy: float = -6, shade: str = "") -> None:
        """A shape with a crescent of shade on the side away from (dx, dy)."""
        name = self.name()
        self.raw(
            f'<clipPath id="{name}"><path id="{name}p" d="{path}"/></clipPath><g clip-path="url(#{name})">'
            f'<use href="#{name}p" fill="{shade or darker(colour)}"/>'
            f'<use href="#{name}p" fill="{colour}" transform="translate({number(dx)} {number(dy)})"/></g>'
        )

    def dots(self, spots: list[tuple[float, float]], radius: float, colour: str, opacity: float = 1) -> None:
        """Equal round dots in one path."""
        self.fill("".join(oval(x, y, radius, radius) for x, y in spots), colour, opacity)

    def shine(self, path: str, width: float = 6, opacity: float = 0.5) -> None:
        """A highlight stroke."""
        self.line(path, "#FFFFFF", width, opacity)

    @contextmanager
    def group(self, transform: str = "", name: str = "") -> Iterator[None]:
        """Everything drawn inside is moved together, and can be used again by its name."""
        ident = f' id="{name}"' if name else ""
        move = f' transform="{transform}"' if transform else ""
        self.raw(f"<g{ident}{move}>")
        yield
        self.raw("</g>")

    def markup(self) -> str:
        """All marks so far."""
        return "".join(self._marks)


def _faint(opacity: float) -> str:
    return "" if opacity == 1 else f' opacity="{opacity:g}"'


def leaf(pen: Pen, x: float, y: float, turn: float, length: float = 40, colour: str = LEAF) -> None:
    """A leaf that starts at (x, y) and points to the right, turned by `turn` degrees."""
    with pen.group(f"translate({number(x)} {number(y)}) rotate({number(turn)}) scale({length / 40:.2f})"):
        pen.solid("M0 0Q14 -18 40 -2Q20 16 0 0Z", colour, -2, -5)
        pen.line("M4 0L28 -1", lighter(colour, 0.45), 1.6)
