"""Small one-colour marks on the labels of packages, in place of words. Each fits a circle of radius 18."""

from deploy.demo.strokes import Pen, number, oval

_FILLED = {
    "leaf": "M-14 12C-18 -10 0 -18 16 -14C18 4 6 18 -10 10L-15 16Z",
    "drop": "M0 -17C8 -6 13 0 13 6A13 13 0 0 1 -13 6C-13 0 -8 -6 0 -17Z",
    "heart": "M0 15C-22 0 -16 -17 -6 -15Q-1 -14 0 -9Q1 -14 6 -15C16 -17 22 0 0 15Z",
    "star": "M0 -17L5 -6L17 -5L8 3L11 15L0 9L-11 15L-8 3L-17 -5L-5 -6Z",
    "moon": "M6 -16A16 16 0 1 0 15 8A13 13 0 0 1 6 -16Z",
    "mountain": "M-18 13L-6 -12L1 1L6 -5L18 13Z",
    "chilli": "M-12 -14C0 -16 6 -4 8 2C10 8 14 12 18 14C4 18 -10 8 -14 -4Q-16 -12 -12 -14ZM-15 -16l5 -4l3 4Z",
    "fish": "M-17 0C-8 -11 4 -10 10 -2L18 -9V9L10 2C4 10 -8 11 -17 0Z",
    "fruit": (
        "M0 -8C6 -14 16 -10 15 1C14 11 6 16 0 13C-6 16 -14 11 -15 1C-16 -10 -6 -14 0 -8ZM1 -9Q3 -18 11 -17Q10 -9 1 -9Z"
    ),
    "bean": "M-8 -14C4 -18 14 -8 12 2C10 12 0 18 -8 13C-14 8 -4 4 -6 -2C-8 -6 -16 -8 -8 -14Z",
    "peanut": "M-4 -17C8 -18 10 -8 6 -2C14 4 10 17 -1 17C-13 17 -14 4 -6 -2C-12 -8 -10 -17 -4 -17Z",
    "paw": "M0 0C8 0 13 8 9 13C5 16 -5 16 -9 13C-13 8 -8 0 0 0Z"
    + oval(-12, -3, 4, 5)
    + oval(12, -3, 4, 5)
    + oval(-5, -11, 4, 5)
    + oval(5, -11, 4, 5),
    "flower": "".join(oval(x, y, 6.5, 6.5) for x, y in ((0, -10), (9.5, -3), (6, 8), (-6, 8), (-9.5, -3))),
    "sun": oval(0, 0, 9, 9) + "M-2 -18h4v6h-4ZM-2 12h4v6h-4ZM-18 -2h6v4h-6ZM12 -2h6v4h-6Z",
    "corn": (
        "M0 -17C9 -15 10 2 7 12H-7C-10 2 -9 -15 0 -17ZM-14 -2Q-4 6 -3 17Q-14 14 -14 -2ZM14 -2Q4 6 3 17Q14 14 14 -2Z"
    ),
    "bolt": "M4 -18L-12 3H-2L-5 18L12 -5H2Z",
    "cow": "M-16 -12Q-8 -14 -7 -8H7Q8 -14 16 -12Q16 -4 9 -3L7 12Q0 18 -7 12L-9 -3Q-16 -4 -16 -12Z",
    "spring": "M-16 14C-16 2 -8 4 -8 -6A8 8 0 0 1 8 -6C8 4 16 2 16 14H10C10 8 2 6 2 -4H-2C-2 6 -10 8 -10 14Z",
}
_DRAWN = {
    "wheat": "M0 18V-14M0 -6l-8 -7M0 -6l8 -7M0 2l-9 -6M0 2l9 -6M0 10l-9 -6M0 10l9 -6",
    "wave": "M-17 -6q6 -8 11 0t11 0t11 0M-17 6q6 -8 11 0t11 0t11 0",
    "snow": "M0 -16V16M-14 -8L14 8M14 -8L-14 8M-4 -13L0 -9L4 -13M-4 13L0 9L4 13",
    "steam": "M-9 12q-6 -8 0 -13t0 -13M0 12q-6 -8 0 -13t0 -13M9 12q-6 -8 0 -13t0 -13",
}
MOTIFS = frozenset(_FILLED) | frozenset(_DRAWN)


def motif(pen: Pen, name: str, x: float, y: float, scale: float, colour: str) -> None:
    """Draws the mark `name` with its middle at (x, y). Raises KeyError for a mark that does not exist."""
    with pen.group(f"translate({number(x)} {number(y)}) scale({scale:g})"):
        if name in _FILLED:
            pen.fill(_FILLED[name], colour)
            if name == "flower":
                pen.fill(oval(0, 0, 4.5, 4.5), "#FFF3D6")
        else:
            pen.line(_DRAWN[name], colour, 3.6)
