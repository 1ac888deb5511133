"""What the goods lie on or in: nothing, a plate, a basket, a crate, a bowl, a steamer, a board, a tray."""

from collections.abc import Callable
from dataclasses import dataclass

from deploy.demo.strokes import WOOD, Pen, box, darker, lighter, oval


@dataclass(frozen=True)
class Setting:
    """`floor` is where the shadow lies, `shadow` its half width, `lift` how far the goods are raised (SVG units)."""

    floor: float
    shadow: float
    lift: float
    behind: Callable[[Pen], None]
    front: Callable[[Pen], None]


def nothing(pen: Pen) -> None:
    """The good stands on the ground by itself."""
    del pen


def plate(pen: Pen) -> None:
    """A white plate with a blue rim."""
    pen.fill(oval(100, 142, 80, 24), "#D9D6CB")
    pen.fill(oval(100, 138, 80, 24), "#FFFDF7")
    pen.line(oval(100, 138, 72, 20), "#8FB0C4", 2.5)


def basket_back(pen: Pen) -> None:
    """The far rim and the handle."""
    pen.line("M38 116C40 16 160 16 162 116", darker(WOOD, 0.1), 7)
    pen.fill(oval(100, 116, 68, 16), darker(WOOD, 0.35))


def basket_front(pen: Pen) -> None:
    """The woven front."""
    pen.solid("M32 116Q100 140 168 116L154 166Q100 182 46 166Z", WOOD)
    pen.line("M39 136Q100 157 161 136M43 152Q100 171 157 152", darker(WOOD, 0.2), 3)
    pen.line("M58 126l5 44M79 131l3 44M100 133v44M121 131l-3 44M142 126l-5 44", lighter(WOOD, 0.3), 3)
    pen.line("M32 116Q100 140 168 116", lighter(WOOD, 0.25), 7)


def crate_back(pen: Pen) -> None:
    """The inside of a crate."""
    pen.fill(box(36, 100, 128, 30), darker(WOOD, 0.4))


def crate_front(pen: Pen) -> None:
    """Two slats and the posts."""
    for y in (122, 146):
        pen.solid(box(30, y, 140, 20, 3), WOOD, 0, -4)
        pen.line(f"M48 {y + 7}q20 4 44 0M110 {y + 9}q16 -4 36 0", darker(WOOD, 0.14), 2)
    for x in (32, 154):
        pen.fill(box(x, 116, 14, 56, 3), lighter(WOOD, 0.22))
        pen.dots([(x + 7, 131), (x + 7, 155)], 2, darker(WOOD, 0.4))


def bowl_back(pen: Pen) -> None:
    """The inside of a bowl."""
    pen.fill(oval(100, 114, 70, 18), "#B8C4C0")


def bowl_front(pen: Pen) -> None:
    """A glazed bowl with one ring."""
    pen.solid("M30 114Q100 142 170 114C168 152 140 172 100 172C60 172 32 152 30 114Z", "#F8F6EE", -6, -5, "#D5D8CE")
    pen.line("M37 134Q100 160 163 134", "#6E97AE", 4)
    pen.line("M30 114Q100 142 170 114", "#FFFFFF", 5)


def steamer(pen: Pen) -> None:
    """A bamboo steamer, seen from a little above."""
    pen.solid("M24 122V148Q24 174 100 174Q176 174 176 148V122Z", WOOD, 0, -8)
    pen.line("M24 138Q30 160 100 160Q170 160 176 138", darker(WOOD, 0.2), 4)
    pen.fill(oval(100, 122, 76, 28), lighter(WOOD, 0.3))
    pen.fill(oval(100, 122, 66, 22), "#E9D7A8")
    pen.line("M42 114H158M36 122H164M42 130H158", "#CDB27A", 2)


def board(pen: Pen) -> None:
    """A chopping board."""
    pen.solid("M30 128Q32 120 42 120H158Q168 120 170 128L182 156Q184 166 172 166H28Q16 166 18 156Z", WOOD, 0, -6)
    pen.line("M44 134H120M60 146H158M40 154H84", darker(WOOD, 0.12), 2)


def tray_front(pen: Pen) -> None:
    """A shallow pale tray."""
    pen.solid("M20 132H180L168 162Q166 168 158 168H42Q34 168 32 162Z", "#FBFAF4", 0, -7, "#CED6D2")
    pen.line("M20 132H180", "#FFFFFF", 5)


def tray_back(pen: Pen) -> None:
    """The far wall of the tray."""
    pen.fill("M30 112H170L180 132H20Z", "#DCE2DE")


SETTINGS = {
    "": Setting(168, 58, 0, nothing, nothing),
    "plate": Setting(162, 70, 0, plate, nothing),
    "basket": Setting(174, 64, 20, basket_back, basket_front),
    "crate": Setting(172, 74, 18, crate_back, crate_front),
    "bowl": Setting(172, 52, 20, bowl_back, bowl_front),
    "steamer": Setting(172, 76, 10, steamer, nothing),
    "board": Setting(167, 82, -4, board, nothing),
    "tray": Setting(168, 72, 6, tray_back, tray_front),
}
