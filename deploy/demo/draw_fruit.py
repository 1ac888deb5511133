"""Drawings of fruit and nuts. Each draws one piece around (0, 0)."""

from deploy.demo.strokes import LEAF, LEAF_LIGHT, STEM, Look, Pen, darker, leaf, oval


def apple(pen: Pen, look: Look) -> None:
    """Apple; `accent` is the blush."""
    body = "M0 -34C14 -52 62 -48 60 -2C58 36 30 60 12 58Q0 53 -12 58C-30 60 -58 36 -60 -2C-62 -48 -14 -52 0 -34Z"
    pen.solid(body, look.main)
    pen.line("M24 -30Q44 -16 42 14M8 -26Q26 -4 22 30", look.accent, 3, 0.6)
    pen.fill("M-14 -36Q0 -22 14 -36Q0 -30 -14 -36Z", darker(look.main, 0.35))
    pen.line("M0 -32Q0 -50 8 -60", STEM, 5)
    leaf(pen, 4, -46, -18, 40)
    pen.shine("M-44 -4Q-46 -24 -30 -32", 8)


def pear(pen: Pen, look: Look) -> None:
    """莱阳梨: broad at the bottom, freckled."""
    pen.solid(
        "M0 -52C20 -52 24 -34 28 -18C36 0 58 10 56 34C54 56 26 62 0 62C-26 62 -54 56 -56 34C-58 10 -36 0 -28 -18"
        "C-24 -34 -20 -52 0 -52Z",
        look.main,
    )
    pen.dots(
        [(-24, 22), (-6, 38), (14, 18), (28, 36), (4, 4), (-30, 42), (8, -20), (-10, -8), (30, 12)], 1.8, look.accent
    )
    pen.line("M0 -50Q0 -64 8 -72", STEM, 5)
    leaf(pen, 4, -58, 12, 34)
    pen.shine("M-40 32Q-40 16 -28 6", 7)


def peach(pen: Pen, look: Look) -> None:
    """肥城桃: heart-shaped with a blush."""
    pen.solid("M0 -42C30 -58 66 -34 60 6C56 38 26 54 2 62C-24 56 -56 38 -60 6C-66 -34 -30 -58 0 -42Z", look.main)
    pen.fill("M2 60C26 52 56 38 60 6C62 -14 54 -34 38 -42C46 -4 32 38 2 60Z", look.accent, 0.55)
    pen.line("M0 -42C-16 -14 -14 24 2 60", darker(look.accent, 0.12), 3)
    leaf(pen, 0, -44, -150, 44)
    leaf(pen, 0, -44, -20, 44, LEAF_LIGHT)
    pen.shine("M-46 -4Q-46 -22 -34 -30", 7)


def persimmon(pen: Pen, look: Look) -> None:
    """柿子: low, square-shouldered, with a four-leaved calyx."""
    pen.solid("M0 -38C44 -46 66 -22 64 10C62 44 34 58 0 58C-34 58 -62 44 -64 10C-66 -22 -44 -46 0 -38Z", look.main)
    pen.solid(
        "M0 -28L-18 -16L-20 -30L-42 -34L-22 -44Q-10 -48 -4 -50L0 -58L6 -50Q14 -48 24 -44L42 -34L20 -30L18 -16Z",
        look.accent,
        -3,
        -3,
    )
    pen.shine("M-48 8Q-48 -10 -38 -18", 7)


def grapes(pen: Pen, look: Look) -> None:
    """大泽山葡萄: one bunch."""
    pen.line("M0 -40Q-2 -58 8 -68", STEM, 6)
    leaf(pen, 2, -50, -8, 46)
    rows = (
        ((-36, -30), (-12, -34), (12, -34), (36, -30)),
        ((-26, -10), (0, -12), (26, -10)),
        ((-14, 12), (14, 12), (-36, 8), (36, 8)),
        ((-20, 32), (4, 34), (24, 30)),
        ((-6, 54),),
    )
    pen.fill("M-40 -38H40L30 20L0 58L-30 20Z", darker(look.main, 0.4))
    for row in rows:
        spots = [(float(x), float(y)) for x, y in row]
        pen.dots(spots, 15, darker(look.main, 0.25))
        pen.dots([(x - 2, y - 2) for x, y in spots], 12.6, look.main)
        pen.dots([(x - 6, y - 6) for x, y in spots], 3.4, look.accent, 0.8)


def watermelon(pen: Pen, look: Look) -> None:
    """Watermelon behind its own wedge; `accent` is the flesh."""
    pen.solid(oval(-8, -8, 58, 54), look.main)
    pen.line("M-34 -54Q-54 -8 -34 38M-8 -62Q-16 -8 -8 46M18 -56Q34 -8 20 40", darker(look.main, 0.45), 7)
    pen.solid("M-26 22L66 4C70 40 46 66 16 62C-6 60 -20 44 -26 22Z", darker(look.main, 0.2), 0, -3)
    pen.fill("M-22 22L63 6C64 36 43 58 17 56C-2 54 -16 42 -22 22Z", "#F3F0D2")
    pen.fill("M-15 21L58 8C57 32 39 50 18 49C2 48 -9 37 -15 21Z", look.accent)
    pen.fill("".join(oval(x, y, 2.4, 3.8) for x, y in ((6, 27), (24, 23), (42, 20), (14, 38), (32, 34))), "#3A1E10")


def melon(pen: Pen, look: Look) -> None:
    """Sweet melon with ribs."""
    pen.solid(oval(0, 6, 60, 52), look.main)
    pen.line("M-30 -38Q-50 6 -30 50M0 -46V58M30 -38Q50 6 30 50", look.accent, 4)
    pen.line("M0 -46Q2 -58 12 -62", STEM, 6)
    pen.shine("M-46 4Q-46 -10 -38 -20", 7)


def strawberry(pen: Pen, look: Look) -> None:
    """Strawberry."""
    pen.solid("M0 -34C24 -46 54 -34 52 -6C48 28 20 56 0 64C-20 56 -48 28 -52 -6C-54 -34 -24 -46 0 -34Z", look.main)
    seeds = (
        (-28, -10),
        (-8, -14),
        (12, -14),
        (30, -8),
        (-20, 10),
        (0, 8),
        (20, 10),
        (-10, 30),
        (10, 30),
        (0, 48),
        (-36, 6),
        (38, 6),
    )
    pen.fill("".join(oval(x, y, 2.2, 3.4) for x, y in seeds), look.accent)
    pen.solid(
        "M0 -26L-12 -18L-18 -30L-38 -26L-28 -40L-40 -50Q-16 -54 -4 -48L0 -64L8 -48Q22 -54 40 -50"
        "L28 -40L38 -26L18 -30L12 -18Z",
        LEAF,
        -2,
        -4,
    )


def orange(pen: Pen, look: Look) -> None:
    """Orange, mandarin or lemon, with a half beside it."""
    pen.solid(oval(-10, -6, 52, 50), look.main)
    pen.dots(
        [(-34, 0), (-22, 18), (-4, 24), (-36, -22), (-16, -34), (8, -30), (-2, 4), (20, -12)],
        1.7,
        darker(look.main, 0.2),
    )
    pen.fill("M-10 -50l5 -7l4 7l8 0l-6 5l2 7l-8 -3l-8 3l2 -7l-6 -5Z", LEAF)
    leaf(pen, -6, -50, -14, 36)
    pen.solid(oval(34, 30, 35, 32), look.main, -3, -3)
    pen.fill(oval(34, 30, 30, 27), "#FFF3D6")
    pen.fill(oval(34, 30, 26, 23.5), look.accent)
    pen.line("M34 7V53M8 30H60M16 13L52 47M52 13L16 47", "#FFF3D6", 2.6)


def jujube(pen: Pen, look: Look) -> None:
    """乐陵金丝小枣: a small oval fruit; also apricot and plum by colour."""
    pen.solid(oval(0, 6, 43, 52), look.main)
    pen.fill("M-12 -43Q0 -34 12 -43Q0 -38 -12 -43Z", darker(look.main, 0.4))
    pen.line("M0 -41Q0 -54 8 -60", STEM, 5)
    leaf(pen, 3, -50, 6, 36, look.accent)
    pen.line("M14 -18Q24 6 14 34", darker(look.main, 0.25), 3, 0.7)
    pen.shine("M-28 12Q-30 -8 -20 -22", 7)


def cherries(pen: Pen, look: Look) -> None:
    """烟台大樱桃: a pair."""
    pen.line("M-26 14Q-20 -34 14 -62M30 20Q30 -30 14 -62", LEAF, 4.5)
    leaf(pen, 14, -60, 14, 44)
    for x, y in ((-28, 30), (32, 36)):
        with pen.group(f"translate({x} {y})"):
            pen.solid(
                "M0 -22C16 -34 34 -18 31 4C28 24 12 30 0 28C-12 30 -28 24 -31 4C-34 -18 -16 -34 0 -22Z", look.main
            )
            pen.shine("M-19 2Q-19 -10 -11 -14", 6)


def bananas(pen: Pen, look: Look) -> None:
    """A hand of bananas."""
    for turn, tone in ((30, darker(look.main, 0.14)), (10, darker(look.main, 0.06)), (-10, look.main)):
        with pen.group(f"rotate({turn} 30 -50)"):
            pen.solid("M26 -56C36 -14 18 30 -42 44Q-52 46 -54 38Q-54 32 -44 28C-10 14 6 -14 12 -52Z", tone)
            pen.fill("M-50 44Q-56 42 -54 36l5 -3l3 9Z", look.accent)
    pen.solid("M8 -48Q10 -64 20 -72L34 -68Q38 -58 34 -46Z", look.accent, -4, 0)


def kiwi(pen: Pen, look: Look) -> None:
    """Kiwi with a cut half."""
    pen.solid("M-64 -6C-62 -40 -20 -52 8 -40C34 -30 40 2 24 20C4 40 -62 34 -64 -6Z", look.main)
    pen.line("M-44 -14l6 2M-28 -26l6 2M-40 6l6 2M-14 -32l6 2", darker(look.main, 0.3), 2.4)
    pen.solid(oval(26, 20, 40, 37), look.main, -4, -3)
    pen.fill(oval(25, 19, 34, 31), look.accent)
    pen.fill(oval(25, 19, 12, 10), "#F4F3D4")
    seeds = ((25, 3), (35, 6), (42, 13), (43, 24), (36, 32), (25, 35), (14, 32), (7, 24), (8, 13), (15, 6))
    pen.fill("".join(oval(x, y, 1.8, 2.8) for x, y in seeds), "#2A2A1C")


def pomegranate(pen: Pen, look: Look) -> None:
    """峄城石榴: crowned, a window of seeds."""
    pen.solid(
        "M-12 -40L-20 -66L-6 -56L0 -68L8 -56L22 -64L14 -40C50 -38 64 -8 58 18C52 48 26 60 0 60"
        "C-28 60 -56 46 -60 14C-62 -12 -46 -38 -12 -40Z",
        look.main,
    )
    pen.fill("M-4 -14C22 -22 44 -8 44 14C42 36 18 44 0 36C-16 26 -18 -6 -4 -14Z", "#FFF0D6")
    pen.dots([(2, 0), (18, -4), (32, 4), (-2, 16), (13, 12), (28, 20), (8, 28), (22, 32)], 7, look.accent)
    pen.dots([(0, -2), (16, -6), (30, 2), (-4, 14), (11, 10), (26, 18)], 2, "#FFFFFF", 0.7)


def hawthorn(pen: Pen, look: Look) -> None:
    """山楂: small, red, freckled, on a sprig."""
    pen.line("M-30 0Q-20 -40 6 -62M6 12Q8 -30 6 -62M40 0Q30 -40 6 -62", LEAF, 4)
    leaf(pen, 6, -58, -160, 40)
    leaf(pen, 6, -58, -10, 40, LEAF_LIGHT)
    for x, y in ((-34, 16), (40, 16), (4, 36)):
        pen.solid(oval(x, y, 27, 26), look.main)
        pen.dots([(x - 10, y + 4), (x + 4, y + 10), (x + 12, y - 4), (x - 2, y - 6)], 1.7, look.accent)
        pen.fill(f"M{x - 7} {y + 22}l3 -7l4 5l4 -5l3 7Z", darker(look.main, 0.4))


def blueberries(pen: Pen, look: Look) -> None:
    """A small heap of berries."""
    for x, y in ((-26, -18), (24, -22), (0, -40), (-44, 22), (44, 20), (-16, 30), (16, 32), (0, 0)):
        pen.solid(oval(x, y, 23, 22), look.main, -5, -4)
        pen.fill(f"M{x} {y - 13}l3 5l6 0l-4 5l2 6l-7 -3l-7 3l2 -6l-4 -5l6 0Z", darker(look.main, 0.35))
    leaf(pen, 20, -46, -24, 40)


def peanuts(pen: Pen, look: Look) -> None:
    """Peanuts in the shell, one opened."""
    for x, y, turn in ((-22, -26, -30), (26, -8, 18), (-10, 34, -8)):
        with pen.group(f"translate({x} {y}) rotate({turn})"):
            pen.solid(
                "M-46 0C-46 -24 -18 -26 -4 -15C10 -26 46 -24 46 0C46 24 10 26 -4 15C-18 26 -46 24 -46 0Z", look.main
            )
            pen.line("M-34 -8h12M-36 4h14M10 -10h14M8 2h18M12 12h12M-30 13h8", darker(look.main, 0.2), 2.4)
    pen.solid(oval(46, 44, 17, 12), look.accent, -3, -3)
    pen.solid(oval(50, 20, 14, 11), look.accent, -3, -3)


def walnut(pen: Pen, look: Look) -> None:
    """Walnut or chestnut: `accent` the seams."""
    pen.solid("M0 -50C36 -52 60 -24 56 10C52 44 24 56 0 56C-24 56 -52 44 -56 10C-60 -24 -36 -52 0 -50Z", look.main)
    pen.line("M0 -50Q-10 0 0 56", look.accent, 4)
    pen.line(
        "M-18 -38q-14 12 -6 26q-18 6 -8 24q-8 10 6 24M20 -38q14 12 4 26q18 8 8 24q6 12 -6 22M-40 -14"
        "q8 6 4 16M42 -12q-8 6 -4 16",
        look.accent,
        2.6,
    )


FRUIT = {
    "apple": (apple, Look("#D4402F", "#F0A24A")),
    "pear": (pear, Look("#E3C65A", "#A8883A")),
    "peach": (peach, Look("#F6B79A", "#E2566A")),
    "persimmon": (persimmon, Look("#E8742A", "#5E8A3C")),
    "grapes": (grapes, Look("#6B3F82", "#D7BCE2")),
    "watermelon": (watermelon, Look("#5BA350", "#E5484D")),
    "melon": (melon, Look("#F0CF5B", "#FFF3CF")),
    "strawberry": (strawberry, Look("#DD3A40", "#FCE3A1")),
    "orange": (orange, Look("#F08C2A", "#F9A94A")),
    "jujube": (jujube, Look("#9E2F24", LEAF_LIGHT)),
    "cherries": (cherries, Look("#B81F35", LEAF)),
    "bananas": (bananas, Look("#F4CB45", "#8A6A2C")),
    "kiwi": (kiwi, Look("#94703F", "#9CC653")),
    "pomegranate": (pomegranate, Look("#C93F45", "#B01C37")),
    "hawthorn": (hawthorn, Look("#C2281F", "#F4C98E")),
    "blueberries": (blueberries, Look("#4B5F9E", "#8FA1D6")),
    "peanuts": (peanuts, Look("#DDB276", "#B3543E")),
    "walnut": (walnut, Look("#B98850", "#7A5230")),
}
