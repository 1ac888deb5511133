"""Drawings of vegetables. Each draws one piece around (0, 0)."""

from deploy.demo.strokes import CREAM, LEAF, LEAF_LIGHT, STEM, Look, Pen, box, darker, leaf, lighter, oval


def spring_onion(pen: Pen, look: Look) -> None:
    """章丘大葱: taller than anything else on the counter, white for two thirds, tied with a band."""
    for x, lean in ((-27, -9), (27, 9), (-9, -3), (10, 3)):
        with pen.group(f"translate({x} 0) rotate({lean})"):
            pen.line("M0 -14Q-12 -40 -20 -70", darker(look.accent, 0.1), 9)
            pen.line("M0 -14Q10 -40 14 -74", look.accent, 9)
            pen.line("M0 -10Q0 -44 -4 -80", lighter(look.accent, 0.18), 9)
            pen.line("M0 -16L0 58", look.main, 16)
            pen.line("M0 -22L0 -6", lighter(look.accent, 0.4), 15)
            pen.line("M5.5 -6L5.5 58", darker(look.main, 0.14), 4)
            pen.line("M-4 66l-4 10M0 66v12M4 66l4 9", "#B99C6B", 2)
    pen.fill(box(-38, 14, 76, 13, 6), "#C2502A")
    pen.fill(box(-38, 22, 76, 5, 2.5), "#9A3412")


def leafy_bunch(pen: Pen, look: Look) -> None:
    """Spinach, rape, pak choi: broad leaves on pale stalks, tied together."""
    for turn, size in ((-48, 0.9), (48, 0.9), (-26, 1), (26, 1), (0, 1.08)):
        with pen.group(f"translate(0 46) rotate({turn}) scale({size})"):
            pen.line("M0 6Q2 -20 0 -50", lighter(look.accent, 0.1), 9)
            pen.solid("M0 -30C-26 -38 -30 -72 0 -104C30 -72 26 -38 0 -30Z", look.main)
            pen.line("M0 -34V-88M0 -52l-11 -9M0 -52l11 -9M0 -68l-9 -8M0 -68l9 -8", lighter(look.main, 0.35), 2)
    pen.solid("M-15 34Q0 28 15 34L10 66Q0 74 -10 66Z", look.accent)
    pen.fill(box(-17, 34, 34, 9, 4), "#C2502A")


def chives(pen: Pen, look: Look) -> None:
    """Garlic chives, garlic shoots, bean stalks: a sheaf of thin blades."""
    for i, x in enumerate((-30, -21, -12, -4, 4, 12, 21, 30)):
        tone = (darker(look.main, 0.15), look.main, lighter(look.main, 0.2))[i % 3]
        pen.line(f"M{x * 0.45:.0f} 66Q{x * 0.3:.0f} 10 {x * 1.7:.0f} {-62 + abs(x) // 2}", tone, 7.5)
        pen.line(f"M{x * 0.45:.0f} 66L{x * 0.41:.0f} 46", look.accent, 7.5)
    pen.fill(box(-19, 18, 38, 10, 5), "#C2502A")
    pen.fill(box(-19, 24, 38, 4, 2), "#9A3412")


def celery(pen: Pen, look: Look) -> None:
    """Celery and coriander: pale stalks with small frilled heads."""
    for x, top in ((-40, -34), (40, -34), (-21, -50), (21, -50), (0, -58)):
        pen.line(f"M{x * 0.3:.0f} 62Q{x * 0.4:.0f} 10 {x} {top}", look.accent, 10)
        pen.line(f"M{x * 0.3 + 3:.0f} 62Q{x * 0.4 + 3:.0f} 10 {x + 2} {top + 8}", darker(look.accent, 0.12), 2.5)
        spots: list[tuple[float, float]] = [(x - 11, top + 3), (x + 11, top + 3), (x, top - 9)]
        pen.dots(spots, 12.5, look.main)
        pen.dots([(x - 13, top), (x + 8, top), (x - 2, top - 12)], 6, lighter(look.main, 0.25))
    pen.fill(box(-18, 34, 36, 10, 5), "#E0A83C")


def napa_cabbage(pen: Pen, look: Look) -> None:
    """胶州大白菜: a white barrel with a frilled green top."""
    pen.solid(
        "M-46 -6C-66 -34 -50 -62 -30 -58C-24 -76 0 -78 6 -66C26 -78 44 -62 42 -50C62 -42 58 -20 46 -4Z", look.main
    )
    pen.solid("M-44 -14C-56 30 -38 66 0 66C38 66 56 30 44 -14C30 -2 16 -18 0 -6C-16 -18 -30 -2 -44 -14Z", look.accent)
    pen.solid("M-30 -40C-12 -52 14 -52 30 -38C32 -10 20 20 0 24C-22 18 -32 -12 -30 -40Z", lighter(look.main, 0.3))
    pen.solid("M-12 -34Q0 -40 12 -34C20 10 18 44 10 62Q0 66 -10 62C-18 44 -20 10 -12 -34Z", CREAM)
    pen.line("M0 -30V56M-22 -4Q-26 30 -18 54M22 -4Q26 30 18 54", darker(look.accent, 0.14), 2)
    pen.line("M0 -26l-13 -12M0 -26l13 -12M0 -12l-16 -10M0 -12l16 -10", CREAM, 2.5)


def round_cabbage(pen: Pen, look: Look) -> None:
    """Head cabbage and lettuce."""
    pen.solid(
        "M-64 18C-74 -16 -46 -30 -40 -28C-34 -62 36 -62 42 -28C60 -28 72 0 62 22C56 54 24 64 0 62"
        "C-28 64 -58 50 -64 18Z",
        look.main,
    )
    pen.solid("M-44 6C-46 -36 -20 -54 2 -52C28 -54 46 -30 42 8C40 36 18 50 0 50C-22 50 -42 36 -44 6Z", look.accent)
    pen.line(
        "M0 50C-4 20 0 -10 2 -48M-2 28Q-22 18 -32 -4M-2 28Q22 20 32 -2M0 2Q-14 -8 -20 -28M0 2Q16 -6 22 -26",
        lighter(look.accent, 0.55),
        3,
    )
    pen.line("M-56 22Q-36 56 -6 56M58 22Q40 56 12 56", lighter(look.main, 0.3), 3)


def broccoli(pen: Pen, look: Look) -> None:
    """Broccoli and cauliflower: `main` the head, `accent` the stalk."""
    pen.solid("M-16 4H16L12 58Q0 66 -12 58Z", look.accent)
    pen.line("M-14 14L-34 -4M14 14L34 -4", look.accent, 12)
    pen.solid(
        "M-58 4A22 22 0 0 1 -54 -34A24 24 0 0 1 -16 -56A26 26 0 0 1 28 -54A24 24 0 0 1 58 -24A20 20 0 0 1 50 12"
        "A20 20 0 0 1 18 16A22 22 0 0 1 -20 18A22 22 0 0 1 -58 4Z",
        look.main,
    )
    tone = lighter(look.main, 0.25)
    pen.dots([(-36, -22), (-8, -38), (22, -36), (40, -14), (-16, -8), (12, -6), (-42, 0), (34, 6)], 8, tone)
    pen.dots([(-26, -34), (8, -22), (-30, -8), (28, -22), (0, 6)], 4, darker(look.main, 0.12))


def potato(pen: Pen, look: Look) -> None:
    """Potato; with other colours taro or a purple sweet potato."""
    pen.solid("M-58 12C-64 -22 -34 -46 2 -44C40 -44 66 -22 62 10C58 42 26 50 -4 48C-34 50 -54 38 -58 12Z", look.main)
    pen.line("M-30 -14q5 4 10 1M10 -22q5 4 10 1M30 12q5 4 10 0M-14 22q5 4 10 0M-42 14q4 3 8 0", look.accent, 3)
    pen.dots([(-8, -4), (24, -4), (10, 30), (-34, 2)], 1.8, look.accent)
    pen.shine("M-40 -18Q-26 -34 -6 -34", 5, 0.35)


def sweet_potato(pen: Pen, look: Look) -> None:
    """Sweet potato, one cut open."""
    pen.solid("M-70 14C-52 -30 -10 -46 24 -36C48 -30 60 -20 72 -22C66 10 34 40 -8 38C-36 38 -52 28 -70 14Z", look.main)
    pen.line("M-30 -4q8 3 14 0M8 -20q8 3 14 0M-4 18q8 3 14 0M34 0q6 3 10 0", darker(look.main, 0.25), 2.5)
    with pen.group("translate(6 42) rotate(-8)"):
        pen.solid(oval(0, 0, 36, 25), look.main)
        pen.fill(oval(-3, -3, 30, 20), look.accent)
        pen.fill(oval(-3, -3, 16, 9), lighter(look.accent, 0.3))


def tomato(pen: Pen, look: Look) -> None:
    """Tomato; small ones by arrangement."""
    pen.solid("M0 -38C24 -52 66 -38 62 6C58 44 30 58 0 58C-30 58 -58 44 -62 6C-66 -38 -24 -52 0 -38Z", look.main)
    pen.solid(
        "M0 -36L-10 -20L-20 -26L-34 -18L-30 -34L-44 -44Q-24 -46 -12 -46L-4 -60H6L10 -46Q26 -46 42 -46"
        "L30 -34L36 -20L20 -26L10 -18Z",
        look.accent,
        -2,
        -4,
    )
    pen.shine("M-46 2Q-46 -16 -34 -24", 7)


def cucumber(pen: Pen, look: Look) -> None:
    """Cucumber, luffa or bitter gourd lying across, with two slices."""
    with pen.group("rotate(-32)"):
        pen.solid("M-74 -4C-70 -26 -40 -22 0 -24C40 -26 66 -22 74 -4C70 18 40 20 0 22C-40 24 -68 18 -74 -4Z", look.main)
        pen.line("M-56 -8Q0 -16 58 -8M-52 6Q0 0 50 6", lighter(look.main, 0.3), 2.5)
        pen.dots(
            [(-44, -14), (-20, 0), (8, -16), (34, 2), (50, -12), (-30, 12), (18, 12)], 2.4, darker(look.main, 0.25)
        )
        pen.fill("M72 -8l12 -8l-4 12Z", "#E9B83A")
    for x, y in ((14, 44), (44, 36)):
        pen.solid(oval(x, y, 21, 20), look.main)
        pen.fill(oval(x - 1, y - 1, 17, 16), look.accent)
        pen.dots([(x - 6, y - 5), (x + 5, y - 6), (x - 7, y + 4), (x + 5, y + 5)], 2.4, lighter(look.main, 0.45))


def aubergine(pen: Pen, look: Look) -> None:
    """Long aubergine, leaning."""
    with pen.group("rotate(38)"):
        pen.solid("M-14 -40C-24 -10 -40 12 -36 44C-32 74 32 74 36 44C40 12 24 -10 14 -40Z", look.main)
        pen.shine("M-22 8Q-28 28 -24 46", 6, 0.35)
        pen.solid(
            "M0 -52C-20 -50 -24 -34 -22 -20L-10 -28L0 -16L10 -28L22 -20C24 -34 20 -50 0 -52Z", look.accent, -4, -3
        )
        pen.line("M0 -50Q0 -66 10 -72", look.accent, 8)


def bell_pepper(pen: Pen, look: Look) -> None:
    """Bell pepper."""
    pen.solid(
        "M0 -34C14 -48 58 -46 58 -6C58 28 44 60 26 60Q14 60 0 54Q-14 60 -26 60C-44 60 -58 28 -58 -6"
        "C-58 -46 -14 -48 0 -34Z",
        look.main,
    )
    pen.line("M-18 -38C-28 -6 -24 34 -12 54M18 -38C28 -6 24 34 12 54", darker(look.main, 0.16), 3)
    pen.solid("M-22 -38Q0 -48 22 -38Q12 -28 0 -30Q-12 -28 -22 -38Z", look.accent, 0, -3)
    pen.line("M0 -38Q0 -54 12 -62", look.accent, 9)
    pen.shine("M-44 -8Q-44 -22 -34 -28", 7)


def chilli(pen: Pen, look: Look) -> None:
    """A long pepper, curved."""
    pen.solid("M-44 -46C-20 -60 4 -40 16 -14C28 12 44 38 64 50C30 56 -10 40 -30 8C-42 -10 -56 -34 -44 -46Z", look.main)
    pen.shine("M-34 -30Q-26 0 -6 18", 5, 0.4)
    pen.solid("M-54 -36Q-50 -58 -28 -56Q-26 -44 -36 -44Q-44 -32 -54 -36Z", look.accent, -2, -3)
    pen.line("M-46 -52Q-54 -64 -50 -72", look.accent, 7)


def garlic(pen: Pen, look: Look) -> None:
    """金乡大蒜: a bulb, with a loose clove."""
    pen.solid("M-4 -62H6C6 -40 16 -32 34 -20C60 -4 56 52 2 54C-54 52 -58 -4 -32 -20C-14 -32 -4 -40 -4 -62Z", look.main)
    pen.line(
        "M1 -36C-22 -14 -26 28 -8 52M1 -36C24 -14 28 28 10 52M-30 -16C-46 6 -40 34 -28 44M32 -16C48 6 42 34 30 44",
        look.accent,
        2.4,
    )
    pen.line("M-8 55h20", "#B99C6B", 5)
    with pen.group("translate(48 44) rotate(24)"):
        pen.solid("M0 -24C18 -8 20 18 4 20C-16 22 -18 -2 0 -24Z", lighter(look.main, 0.3))
        pen.line("M0 -18Q8 2 4 16", look.accent, 2)


def ginger(pen: Pen, look: Look) -> None:
    """莱芜生姜: knobs and rings."""
    pen.solid(
        "M-66 20C-70 -2 -48 -10 -38 -6C-48 -34 -22 -50 -8 -34C0 -24 0 -16 2 -12C10 -26 14 -50 34 -46"
        "C52 -42 44 -20 38 -10C58 -16 72 0 62 16C52 32 30 26 24 24C26 46 2 54 -8 40C-12 34 -12 30 -14 26"
        "C-26 38 -60 42 -66 20Z",
        look.main,
    )
    pen.line(
        "M-46 4q4 12 -2 24M-30 -22q10 -2 18 2M22 -30q10 0 18 6M44 -2q8 8 6 18M-8 32q10 0 20 -6"
        "M-14 2q6 8 4 16M12 -4q8 6 8 14",
        look.accent,
        2.6,
    )
    pen.solid(oval(-62, 18, 7, 11), lighter("#F2D27A", 0.2), -2, -2)


def lotus_root(pen: Pen, look: Look) -> None:
    """北园白莲藕: two links and a slice that shows the holes."""
    with pen.group("translate(-4 -16) rotate(-22)"):
        pen.solid("M-8 -22C-30 -34 -66 -28 -68 0C-66 28 -30 34 -8 22Z", look.main)
        pen.solid("M-8 -20C20 -34 62 -28 66 0C62 28 20 34 -8 20Q-14 0 -8 -20Z", look.main)
        pen.line("M-10 -22Q-16 0 -10 22", darker(look.main, 0.4), 4)
        pen.dots([(-46, -6), (-30, 10), (20, -10), (40, 8), (6, 8)], 1.8, darker(look.main, 0.3))
    pen.solid(oval(22, 32, 37, 33), look.main)
    pen.fill(oval(20, 30, 31, 28), look.accent)
    pen.fill(
        "".join(oval(20 + x, 30 + y, 5.6, 7) for x, y in ((0, -17), (15, -9), (16, 8), (0, 17), (-16, 8), (-15, -9))),
        darker(look.main, 0.35),
    )
    pen.dots([(20, 30)], 4, darker(look.main, 0.35))


def mushroom(pen: Pen, look: Look) -> None:
    """Shiitake and button mushrooms."""
    pen.solid("M-16 4H16C12 24 18 44 20 54Q0 64 -20 54C-18 44 -12 24 -16 4Z", look.accent)
    pen.solid("M-60 6C-62 -32 -34 -52 0 -52C34 -52 62 -32 60 6C40 18 -40 18 -60 6Z", look.main)
    pen.fill("M-56 8Q0 26 56 8Q40 18 0 18Q-40 18 -56 8Z", lighter(look.accent, 0.2))
    pen.dots([(-28, -20), (14, -32), (32, -12), (-4, -10)], 6, lighter(look.main, 0.35), 0.8)


def enoki(pen: Pen, look: Look) -> None:
    """Enoki and bean sprouts: many thin stalks with small heads."""
    for i, x in enumerate((-38, -29, -20, -11, -3, 6, 14, 23, 32, 40)):
        top = -46 + (i * 17) % 22 - (10 - abs(x) // 4)
        pen.line(f"M{x * 0.55:.0f} 58Q{x * 0.6:.0f} 0 {x} {top}", (look.main, darker(look.main, 0.08))[i % 2], 6)
        pen.fill(oval(x, top, 8, 6.5), (look.accent, lighter(look.accent, 0.3))[i % 2])
    pen.solid("M-27 34Q0 26 27 34L24 60Q0 68 -24 60Z", darker(look.main, 0.1))


def carrot(pen: Pen, look: Look) -> None:
    """Carrot; with other colours radish: `accent` is the foliage."""
    with pen.group("rotate(30)"):
        for bend in (-26, 24, 0):
            pen.line(f"M0 -36Q{bend} -50 {bend * 1.2:.0f} -76", look.accent, 9)
        pen.dots([(-31, -76), (29, -76), (0, -82), (-20, -66), (18, -66)], 8, lighter(look.accent, 0.15))
        pen.solid("M-26 -28C-20 -44 20 -44 26 -28C26 10 12 50 0 76C-12 50 -26 10 -26 -28Z", look.main)
        pen.line("M-22 -14h14M8 0h12M-14 18h10M2 34h8M-24 -26h6", darker(look.main, 0.2), 3)


def radish(pen: Pen, look: Look) -> None:
    """潍坊青萝卜: green to the shoulder, pale below, with a round slice."""
    with pen.group("translate(-12 -4) rotate(24)"):
        for bend in (-24, 22, 0):
            pen.line(f"M0 -46Q{bend // 2} -60 {bend} -74", LEAF, 9)
        pen.solid(
            "M-28 -36C-22 -52 22 -52 28 -36C34 0 26 50 8 64Q2 74 0 82Q-2 74 -8 64C-26 50 -34 0 -28 -36Z", look.main
        )
        pen.fill("M-27 38C-22 52 -14 60 -8 64Q-2 74 0 82Q2 74 8 64C14 60 22 52 27 38Q0 48 -27 38Z", CREAM)
        pen.shine("M-18 -24Q-22 0 -18 20", 5, 0.4)
    pen.solid(oval(38, 42, 26, 24), look.main)
    pen.fill(oval(37, 41, 21, 19), look.accent)
    pen.line(
        "M37 30v-4M37 52v4M26 41h-4M48 41h4M29 33l-3 -3M45 49l3 3M45 33l3 -3M29 49l-3 3", lighter(look.accent, 0.5), 2.4
    )


def pumpkin(pen: Pen, look: Look) -> None:
    """Pumpkin."""
    pen.solid(oval(0, 10, 68, 46), look.main)
    pen.fill(oval(0, 10, 44, 46), lighter(look.main, 0.14))
    pen.fill(oval(0, 10, 19, 46), lighter(look.main, 0.28))
    pen.line("M-44 -22C-66 0 -60 34 -42 46M44 -22C66 0 60 34 42 46", darker(look.main, 0.16), 2.5)
    pen.solid("M-12 -30Q-8 -46 -14 -58L8 -60Q6 -44 14 -30Z", look.accent, -5, -2)
    leaf(pen, 12, -38, -12, 34)


def onion(pen: Pen, look: Look) -> None:
    """Onion."""
    pen.solid(
        "M-4 -62Q0 -66 6 -60C6 -42 14 -38 30 -30C66 -8 58 54 0 56C-58 54 -66 -8 -30 -30C-14 -38 -6 -42 -4 -62Z",
        look.main,
    )
    pen.line("M0 -42C-30 -18 -34 26 -12 54M0 -42C30 -18 34 26 12 54M0 -40V54", look.accent, 2.4)
    pen.line("M-10 58l-4 6M0 58v8M10 58l4 6", "#B99C6B", 2.5)
    pen.shine("M-44 2Q-42 -10 -32 -18", 6)


def corn(pen: Pen, look: Look) -> None:
    """Corn in its husk."""
    with pen.group("rotate(24)"):
        pen.solid("M0 -72C24 -66 28 -10 22 40H-22C-28 -10 -24 -66 0 -72Z", look.main)
        rows = [(x, y) for y in range(-54, 36, 11) for x in (-13, 0, 13)]
        pen.dots([(float(x), float(y)) for x, y in rows], 4.6, lighter(look.main, 0.4))
        pen.solid("M-30 -20C-10 0 -4 40 0 74C-30 66 -40 20 -30 -20Z", look.accent)
        pen.solid("M30 -26C10 0 4 40 0 74C32 66 42 20 30 -26Z", darker(look.accent, 0.08))
        pen.line("M-22 6Q-10 36 -4 62M24 2Q12 36 6 60", lighter(look.accent, 0.35), 2.2)


def long_beans(pen: Pen, look: Look) -> None:
    """Long beans or pea pods side by side."""
    for i, x in enumerate((-36, -18, 0, 18, 36)):
        pen.line(f"M{x - 10} -58Q{x - 26} 0 {x + 6} {58 - i % 2 * 8}", (look.main, darker(look.main, 0.14))[i % 2], 13)
        pen.line(f"M{x - 13} -40Q{x - 22} 0 {x - 4} 36", look.accent, 2.6, 0.7)
        pen.line(f"M{x - 10} -60l4 -9", STEM, 4)


def yam(pen: Pen, look: Look) -> None:
    """陈集山药: straight rods, one cut."""
    for x, length in ((-30, 64), (-4, 72), (22, 60)):
        with pen.group(f"translate({x} 0) rotate(16)"):
            pen.solid(box(-12, -length, 24, 2 * length - 6, 12), look.main)
            pen.dots([(-4, -38), (4, -18), (-3, 6), (5, 26), (-5, 42), (3, -50)], 1.7, darker(look.main, 0.35))
    for x, y in ((32, 46), (54, 38)):
        pen.solid(oval(x, y, 17, 15), look.main, -3, -3)
        pen.fill(oval(x - 1, y - 1, 13, 11.5), look.accent)


def winter_melon(pen: Pen, look: Look) -> None:
    """Winter melon or courgette, with a cut face."""
    pen.solid("M-40 -40C-8 -54 50 -50 66 -4C70 36 24 54 -40 44Z", look.main)
    pen.dots([(10, -30), (34, -14), (24, 20), (46, 14), (0, 34)], 3, lighter(look.main, 0.4), 0.7)
    pen.solid(oval(-38, 2, 28, 43), darker(look.main, 0.08), -4, 0)
    pen.fill(oval(-40, 2, 23, 37), look.accent)
    pen.fill(oval(-40, 2, 11, 21), darker(look.accent, 0.1))
    pen.dots([(-44, -8), (-36, -4), (-43, 8), (-36, 12)], 2.6, "#D9B36A")


def edamame(pen: Pen, look: Look) -> None:
    """Pods with visible beans: edamame, peas, peanuts by colour."""
    for x, y, turn in ((-14, -30, -24), (14, 4, -8), (-10, 40, -18)):
        with pen.group(f"translate({x} {y}) rotate({turn})"):
            pen.solid(
                "M-56 4C-46 -20 -26 -20 -14 -14Q0 -20 14 -14C34 -20 50 -14 58 0C44 18 26 18 14 13Q0 19 -14 13"
                "C-30 19 -48 16 -56 4Z",
                look.main,
            )
            pen.dots([(-29, -2), (1, -2), (30, -2)], 9, look.accent)


VEGETABLES = {
    "spring_onion": (spring_onion, Look("#FBF7E8", "#4E9350")),
    "leafy_bunch": (leafy_bunch, Look(LEAF, "#CFE3A4")),
    "chives": (chives, Look("#3F8F4B", "#E9F0C8")),
    "celery": (celery, Look("#4B9A4C", "#B7D88A")),
    "napa_cabbage": (napa_cabbage, Look("#8CBF5A", "#F3F0D2")),
    "round_cabbage": (round_cabbage, Look("#78B159", "#A9D07E")),
    "broccoli": (broccoli, Look("#3E8A45", "#A9CF7C")),
    "potato": (potato, Look("#D9AE6A", "#A87B3E")),
    "sweet_potato": (sweet_potato, Look("#B4533F", "#F2A544")),
    "tomato": (tomato, Look("#DC4532", LEAF)),
    "cucumber": (cucumber, Look("#3F8B45", "#DDECB4")),
    "aubergine": (aubergine, Look("#5B3573", LEAF)),
    "bell_pepper": (bell_pepper, Look("#D8402F", LEAF)),
    "chilli": (chilli, Look("#CF3527", LEAF)),
    "garlic": (garlic, Look("#F6EFE6", "#B98DA8")),
    "ginger": (ginger, Look("#DDB16A", "#A9793B")),
    "lotus_root": (lotus_root, Look("#E2C6A0", "#FBF1E0")),
    "mushroom": (mushroom, Look("#96653F", "#F3E4CB")),
    "enoki": (enoki, Look("#F6E6C2", "#DDB871")),
    "carrot": (carrot, Look("#EC7F2E", LEAF_LIGHT)),
    "radish": (radish, Look("#7DB356", "#CFE5A6")),
    "pumpkin": (pumpkin, Look("#E08A2C", "#7A6A34")),
    "onion": (onion, Look("#A8436B", "#E9B5C6")),
    "corn": (corn, Look("#F2B632", LEAF_LIGHT)),
    "long_beans": (long_beans, Look("#5FA24E", "#B9DD92")),
    "yam": (yam, Look("#C39B6D", "#FDF6E8")),
    "winter_melon": (winter_melon, Look("#4F8F5B", "#F2F3DC")),
    "edamame": (edamame, Look("#79AF4C", "#A9D375")),
}
