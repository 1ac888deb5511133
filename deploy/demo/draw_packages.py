"""Drawings of packaged food: bottles, sacks, boxes, jars. `main` is the package, `accent` the label."""

from deploy.demo.motifs import motif
from deploy.demo.strokes import CREAM, Look, Pen, box, darker, lighter, mixed, oval


def _label(pen: Pen, x: float, y: float, width: float, height: float, look: Look, scale: float = 1) -> None:
    pen.fill(box(x, y, width, height, 5), CREAM)
    pen.fill(box(x, y, width, 6), look.accent)
    pen.fill(box(x, y + height - 6, width, 6), look.accent)
    motif(pen, look.motif, x + width / 2, y + height / 2, scale, look.accent)


def bottle(pen: Pen, look: Look) -> None:
    """Soy sauce, vinegar, beer: a slim bottle."""
    pen.solid(
        "M-11 -66H11V-44C11 -30 28 -26 28 -8V58Q28 66 20 66H-20Q-28 66 -28 58V-8C-28 -26 -11 -30 -11 -44Z", look.main
    )
    pen.solid(box(-13, -78, 26, 18, 4), look.accent, -4, 0)
    _label(pen, -28, -2, 56, 50, look, 1)
    pen.shine("M-20 -8V-14Q-18 -22 -12 -28", 4, 0.5)


def oil_bottle(pen: Pen, look: Look) -> None:
    """鲁花生油: a broad bottle with a grip."""
    pen.solid(
        "M-12 -60H14V-50C14 -42 46 -40 46 -20V56Q46 66 36 66H-36Q-46 66 -46 56V-20C-46 -40 -12 -42 -12 -50Z", look.main
    )
    pen.fill("M18 -34C34 -32 38 -24 38 -10V2H26V-10C26 -20 20 -22 18 -34Z", darker(look.main, 0.28))
    pen.solid(box(-16, -76, 34, 20, 5), look.accent, -5, 0)
    _label(pen, -46, 8, 92, 46, look, 1.1)
    pen.shine("M-36 -4V-16Q-34 -26 -24 -32", 5, 0.6)


def sack(pen: Pen, look: Look) -> None:
    """Rice or flour sack, stitched along the top."""
    pen.solid("M-44 -52Q0 -46 44 -52Q50 -30 52 4Q54 40 48 62Q0 72 -48 62Q-54 40 -52 4Q-50 -30 -44 -52Z", look.main)
    pen.fill("M-44 -52L-48 -70Q0 -64 48 -70L44 -52Q0 -46 -44 -52Z", darker(look.main, 0.1))
    pen.line("M-42 -54Q0 -48 42 -54", look.accent, 2.6)
    pen.fill(oval(0, 10, 36, 36), look.accent)
    pen.fill(oval(0, 10, 31, 31), CREAM)
    motif(pen, look.motif, 0, 10, 1.25, look.accent)
    pen.line("M-34 56Q0 62 34 56", look.accent, 4, 0.8)


def pouch(pen: Pen, look: Look) -> None:
    """Crimped bag: snacks, frozen food, nuts."""
    pen.solid("M-48 -60H48L44 -46Q54 0 46 46L48 62H-48L-46 46Q-54 0 -44 -46Z", look.main)
    pen.fill("M-48 -60H48L44.5 -47H-44.5Z", darker(look.main, 0.15))
    pen.fill("M-46 49H46L48 62H-48Z", darker(look.main, 0.15))
    pen.fill("M-48 14Q-20 -2 0 12T49 6Q49 28 46 46H-46Q-49 30 -48 14Z", look.accent)
    pen.fill(oval(0, 0, 29, 29), CREAM)
    motif(pen, look.motif, 0, 0, 1.15, mixed(look.main, "#3A1E10", 0.25))
    pen.shine("M-38 -34Q-42 -10 -41 4", 5, 0.4)


def carton(pen: Pen, look: Look) -> None:
    """Gable-top carton: milk, juice, soy milk."""
    pen.fill("M-36 -28L-22 -60H34L20 -28Z", lighter(look.main, 0.25))
    pen.fill("M20 -28L34 -60L50 -36L50 -30Z", darker(look.main, 0.2))
    pen.fill(box(-24, -72, 60, 14, 3), look.accent)
    pen.fill("M-36 -28H20V66H-36Z", look.main)
    pen.fill("M20 -28L50 -34V56L20 66Z", darker(look.main, 0.16))
    pen.fill("M-36 26Q-20 12 -8 24T20 20V66H-36Z", look.accent)
    pen.fill("M20 20Q36 8 50 14V56L20 66Z", darker(look.accent, 0.18))
    motif(pen, look.motif, -8, -4, 1.2, look.accent)


def cup(pen: Pen, look: Look) -> None:
    """Yoghurt or instant cup with a foil lid."""
    pen.solid("M-44 -32H44L34 56Q33 64 24 64H-24Q-33 64 -34 56Z", look.main)
    pen.fill("M-41.5 -6H41.5L36 42H-36Z", look.accent)
    pen.fill(oval(0, 18, 22, 20), CREAM)
    motif(pen, look.motif, 0, 18, 0.9, look.accent)
    pen.solid(
        "M-50 -44Q-50 -50 -44 -50H44Q50 -50 50 -44V-34Q50 -30 46 -30H-46Q-50 -30 -50 -34Z",
        lighter(look.accent, 0.35),
        0,
        -5,
    )
    pen.fill("M44 -50Q62 -54 64 -42Q56 -36 50 -38Z", lighter(look.accent, 0.2))


def jar(pen: Pen, look: Look) -> None:
    """Glass jar: honey, chilli sauce, pickles. `main` is what is inside."""
    pen.solid(
        "M-34 -38H34C34 -30 46 -28 46 -14V52Q46 66 32 66H-32Q-46 66 -46 52V-14C-46 -28 -34 -30 -34 -38Z", look.main
    )
    pen.fill("M-46 -14C-46 -28 -34 -30 -34 -38H34C34 -30 46 -28 46 -14Z", "#FFFFFF", 0.35)
    pen.solid(box(-40, -62, 80, 26, 6), look.accent, -6, 0)
    pen.line("M-24 -56v14M-10 -56v14M4 -56v14M18 -56v14", darker(look.accent, 0.15), 2.4)
    pen.fill(oval(0, 20, 31, 27), CREAM)
    motif(pen, look.motif, 0, 20, 1.1, look.accent)
    pen.shine("M-38 -6V8", 5, 0.7)


def can(pen: Pen, look: Look) -> None:
    """Drink can or tinned food."""
    pen.solid("M-34 -56H34V58Q34 66 0 66Q-34 66 -34 58Z", look.main)
    pen.fill("M-34 -10Q0 -2 34 -14V40Q0 54 -34 44Z", look.accent)
    pen.fill(oval(0, -56, 34, 9), "#DDE1DA")
    pen.fill(oval(0, -57, 27, 6), "#B9C0B8")
    pen.fill(oval(4, -58, 9, 3), "#8D978F")
    pen.fill(oval(0, 16, 22, 22), CREAM)
    motif(pen, look.motif, 0, 16, 0.9, look.main)
    pen.shine("M-25 -40V-18", 5, 0.5)


def tin(pen: Pen, look: Look) -> None:
    """Tea tin with a lid."""
    pen.solid("M-42 -30H42V58Q42 66 34 66H-34Q-42 66 -42 58Z", look.main)
    pen.solid("M-46 -56Q-46 -62 -40 -62H40Q46 -62 46 -56V-28Q0 -22 -46 -28Z", darker(look.main, 0.18), -6, 0)
    pen.fill(box(-46, -36, 92, 5), look.accent)
    pen.fill(box(-24, -10, 48, 62, 24), CREAM)
    motif(pen, look.motif, 0, 20, 1.3, look.main)
    pen.line("M-34 60H34", look.accent, 3)


def gift_box(pen: Pen, look: Look) -> None:
    """A cardboard box in three faces: biscuits, cakes, gift packs."""
    pen.fill("M-60 -30L-10 -48L62 -34L14 -12Z", lighter(look.main, 0.3))
    pen.fill("M-60 -30L14 -12V62L-60 40Z", look.main)
    pen.fill("M62 -34L14 -12V62L62 34Z", darker(look.main, 0.22))
    pen.fill("M-60 14L14 34V50L-60 29Z", look.accent)
    pen.fill("M62 8L14 34V50L62 22Z", darker(look.accent, 0.22))
    with pen.group("translate(-23 4) skewY(14)"):
        pen.fill(oval(0, 0, 24, 24), CREAM)
        motif(pen, look.motif, 0, 0, 1, look.main)
    pen.fill("M14 -12L62 -34V-26L14 -3Z", look.accent, 0.5)


def tub(pen: Pen, look: Look) -> None:
    """A wide clear-lidded tub: cooked food, salad, pickles, cut fruit."""
    pen.solid("M-62 -4H62L50 50Q48 58 40 58H-40Q-48 58 -50 50Z", look.accent)
    pen.solid("M-60 -6C-52 -34 -30 -42 -12 -36C0 -50 30 -46 38 -34C54 -34 60 -18 60 -6Z", look.main)
    pen.dots([(-36, -16), (-16, -26), (6, -18), (24, -30), (42, -16), (-4, -34)], 5, lighter(look.main, 0.35))
    pen.dots([(-26, -24), (14, -32), (34, -22), (-44, -10)], 3.4, "#3F8F4B")
    pen.fill(box(-68, -10, 136, 12, 6), lighter(look.accent, 0.4))
    pen.fill(oval(0, 30, 20, 18), CREAM)
    motif(pen, look.motif, 0, 30, 0.8, mixed(look.main, "#3A1E10", 0.3))


def noodle_pack(pen: Pen, look: Look) -> None:
    """Dry noodles in a paper band; also vermicelli and incense-straight things."""
    for i, x in enumerate(range(-36, 37, 8)):
        pen.line(f"M{x} -62V62", (look.main, darker(look.main, 0.1))[i % 2], 8)
    pen.solid("M-44 -26H44V30H-44Z", look.accent, -6, 0)
    pen.fill(oval(0, 2, 24, 24), CREAM)
    motif(pen, look.motif, 0, 2, 1, look.accent)
    pen.line("M-42 -20H42M-42 24H42", CREAM, 2, 0.8)


def multipack(pen: Pen, look: Look) -> None:
    """Six bottles under film: water, drinks."""
    for x in (-44, -15, 15, 44):
        pen.solid(
            f"M{x - 6} -58H{x + 6}V-46Q{x + 16} -40 {x + 16} -26V58Q{x + 16} 64 {x + 10} 64H{x - 10}"
            f"Q{x - 16} 64 {x - 16} 58V-26Q{x - 16} -40 {x - 6} -46Z",
            look.main,
        )
        pen.fill(box(x - 7, -68, 14, 12, 3), look.accent)
    pen.fill(box(-62, -6, 124, 46, 6), look.accent, 0.92)
    pen.fill(oval(0, 17, 19, 19), CREAM)
    motif(pen, look.motif, 0, 17, 0.85, look.accent)
    pen.shine("M-52 -2V34M34 -2V34", 4, 0.35)


PACKAGES = {
    "bottle": (bottle, Look("#5B2E22", "#C2502A", "bean")),
    "oil_bottle": (oil_bottle, Look("#F0BE4A", "#C2502A", "peanut")),
    "sack": (sack, Look("#F3EBD8", "#2F7D4A", "wheat")),
    "pouch": (pouch, Look("#E08A2C", "#F6D38A", "corn")),
    "carton": (carton, Look("#F7F4EA", "#3C78A8", "drop")),
    "cup": (cup, Look("#FBF6EA", "#7FA8C9", "fruit")),
    "jar": (jar, Look("#E8A32C", "#9A3412", "flower")),
    "can": (can, Look("#2F7D4A", "#F3EBD8", "leaf")),
    "tin": (tin, Look("#2F6B4F", "#E0B45A", "leaf")),
    "gift_box": (gift_box, Look("#C2502A", "#F2C46A", "wheat")),
    "tub": (tub, Look("#B4533F", "#E9E2D0", "chilli")),
    "noodle_pack": (noodle_pack, Look("#F6E3B2", "#C2502A", "wheat")),
    "multipack": (multipack, Look("#CFE4EE", "#3C78A8", "mountain")),
}
