"""Drawings of meat, fish, eggs, bean curd and what comes out of the steamer. Each draws one piece around (0, 0)."""

from deploy.demo.strokes import LEAF, Look, Pen, box, darker, lighter, mixed, oval


def eggs(pen: Pen, look: Look) -> None:
    """A tray of eggs; `accent` is the pulp tray."""
    for x in (-44, 0, 44):
        pen.solid(
            f"M{x} -52C{x + 22} -52 {x + 26} -14 {x + 24} 0H{x - 24}C{x - 26} -14 {x - 22} -52 {x} -52Z",
            darker(look.main, 0.1),
        )
    pen.fill(box(-72, -14, 144, 30, 8), darker(look.accent, 0.12))
    for x in (-50, -17, 17, 50):
        with pen.group(f"translate({x} 0)"):
            pen.solid("M0 -30C17 -30 23 2 21 18C18 36 -18 36 -21 18C-23 2 -17 -30 0 -30Z", look.main)
            pen.shine("M-12 2Q-11 -10 -6 -16", 4, 0.7)
    pen.solid(
        "M-76 14Q-66 26 -50 26Q-34 26 -33 16Q-28 26 -17 26Q-6 26 0 16Q6 26 17 26Q28 26 33 16Q34 26 50 26"
        "Q66 26 76 14L68 54Q66 60 58 60H-58Q-66 60 -68 54Z",
        look.accent,
        0,
        -6,
    )


def pork_belly(pen: Pen, look: Look) -> None:
    """五花肉: a slab with its layers."""
    body = "M-62 -22Q-58 -36 -44 -36L46 -42Q62 -42 64 -28L66 30Q66 44 52 44L-48 48Q-64 48 -64 34Z"
    pen.solid(body, look.main, -4, -5)
    pen.fill("M-63 -12Q-30 -22 0 -14T65 -18V-4Q30 4 0 -2T-63 4Z", look.accent)
    pen.fill("M-64 20Q-30 10 4 18T66 12V24Q34 32 2 28T-64 34Z", look.accent)
    pen.fill("M-62 -22Q-58 -36 -44 -36L46 -42Q62 -42 64 -28Q0 -22 -62 -22Z", "#F0C9A4")
    pen.line("M-40 8q16 -4 30 0M12 4q18 4 34 -2M-36 41q18 -4 34 -2M-20 -18q14 -2 22 2", lighter(look.main, 0.35), 2.4)


def steak(pen: Pen, look: Look) -> None:
    """Beef or mutton: a thick cut with marbling; `accent` is the fat."""
    body = "M-60 6C-66 -30 -30 -52 6 -46C36 -52 66 -34 64 -6C62 18 44 20 34 32C20 52 -54 50 -60 6Z"
    with pen.group("translate(3 9)"):
        pen.fill(body, darker(look.main, 0.35))
    pen.fill(body, look.accent)
    with pen.group("translate(2 1) scale(.86)"):
        pen.solid(body, look.main, -4, -4)
    pen.line(
        "M-34 -12q12 -12 26 -8M-20 10q14 8 26 -2q8 -8 20 -4M10 -30q10 2 14 10M-38 12q6 12 16 14M34 -16q8 2 10 10",
        mixed(look.main, look.accent, 0.65),
        3.4,
    )
    pen.solid(oval(30, -4, 9, 8), "#FBF3E2", -2, -2)


def ribs(pen: Pen, look: Look) -> None:
    """Spare ribs: four bones through the meat."""
    for x in (-42, -14, 14, 42):
        pen.solid(
            f"M{x - 6} -38C{x - 14} -44 {x - 8} -58 {x} -52C{x + 8} -58 {x + 14} -44 {x + 6} -38V50"
            f"C{x + 12} 58 {x + 4} 64 {x} 59C{x - 4} 64 {x - 12} 58 {x - 6} 50Z",
            "#FBF1DC",
            -3,
            -2,
        )
    pen.solid(
        "M-64 -26Q-56 -36 -42 -30Q-28 -38 -14 -30Q0 -38 14 -30Q28 -38 42 -30Q58 -36 64 -24L62 34"
        "Q54 46 42 38Q28 46 14 38Q0 46 -14 38Q-28 46 -42 38Q-56 46 -64 34Z",
        look.main,
    )
    pen.line("M-28 -24Q-32 6 -28 34M0 -24Q-4 6 0 34M28 -24Q24 6 28 34", look.accent, 5)
    pen.line("M-50 -16v20M-14 -10v24M14 6v20M48 -12v22", lighter(look.main, 0.25), 2.6)


def whole_chicken(pen: Pen, look: Look) -> None:
    """A dressed chicken; in darker colours a braised one (德州扒鸡)."""
    pen.solid("M-66 10C-66 -34 -18 -54 20 -44C58 -36 70 -2 60 24C48 52 -60 58 -66 10Z", look.main)
    pen.solid(
        "M-10 12C-8 -12 34 -16 48 4L74 -14C72 -24 84 -26 84 -17C94 -16 90 -4 80 -6L56 20C44 44 -8 42 -10 12Z",
        lighter(look.main, 0.16),
        -3,
        -5,
    )
    pen.solid(
        "M-52 2C-50 -18 -24 -20 -14 -6C-12 12 -24 24 -42 22C-50 18 -52 10 -52 2Z", lighter(look.main, 0.12), -3, -4
    )
    pen.shine("M-28 -34Q-6 -42 14 -36", 5, 0.45)
    pen.line("M-56 30Q-40 42 -20 44", look.accent, 3, 0.7)


def drumstick(pen: Pen, look: Look) -> None:
    """Chicken or duck leg."""
    with pen.group("rotate(38)"):
        pen.solid("M-7 10H7V56C16 58 14 72 4 70C0 76 -4 76 -6 70C-16 70 -16 58 -7 56Z", "#FBF1DC", -3, 0)
        pen.solid(
            "M0 -64C34 -64 46 -30 34 -4C26 14 14 24 10 36H-10C-14 24 -26 14 -34 -4C-46 -30 -34 -64 0 -64Z", look.main
        )
        pen.shine("M-26 -24Q-24 -44 -10 -50", 6)
        pen.dots([(8, -30), (18, -14), (0, -8), (10, 8), (-10, 4)], 2, look.accent)


def fish(pen: Pen, look: Look) -> None:
    """Fish on its side; `accent` the belly."""
    pen.solid("M40 0L82 -32Q72 0 82 32Z", darker(look.main, 0.12), -4, -4)
    pen.solid("M-18 -30Q4 -56 30 -42L22 -22Z", darker(look.main, 0.16), -3, -3)
    body = "M-78 2C-58 -32 -12 -42 30 -18Q44 -8 52 0Q44 8 30 18C-12 40 -60 32 -78 2Z"
    pen.solid(body, look.main, 0, -5)
    pen.fill("M-76 5C-50 20 -4 22 50 2Q44 8 30 18C-12 40 -60 32 -76 5Z", look.accent)
    pen.line("M-42 -24Q-30 0 -42 24", darker(look.main, 0.28), 3)
    pen.line(
        "M-22 -14q6 5 0 11M-4 -16q6 5 0 11M14 -12q6 5 0 11M-14 0q6 5 0 11M4 -1q6 5 0 11M24 -2q5 4 0 9",
        lighter(look.main, 0.45),
        2.2,
    )
    pen.fill("M-20 8q14 2 18 14q-14 2 -18 -14Z", darker(look.main, 0.16))
    pen.dots([(-57, -6)], 6, "#FFFFFF")
    pen.dots([(-58, -6)], 3, "#1E2A24")


def prawn(pen: Pen, look: Look) -> None:
    """Prawn, curled."""
    pen.line("M-34 -40Q-66 -58 -78 -34M-34 -36Q-72 -40 -80 -10", darker(look.main, 0.1), 2.4)
    for x in (-22, -6, 10, 24):
        pen.line(f"M{x} -14q2 18 -10 28", look.accent, 5)
    pen.solid("M22 48C10 50 2 58 -8 66L-12 50L-28 48C-12 40 4 34 20 34Z", darker(look.main, 0.08), -3, -2)
    pen.solid(
        "M-48 -26C-36 -56 14 -60 44 -34C72 -8 62 44 20 50C26 40 24 32 16 30C34 22 38 4 22 -4C6 -12 -24 -4 -48 -26Z",
        look.main,
    )
    pen.line(
        "M-6 -50Q-10 -24 -2 -8M18 -48Q10 -24 14 -8M42 -34Q26 -18 24 -2M58 -6Q42 -4 30 6M54 26Q42 20 30 18",
        lighter(look.main, 0.5),
        3.4,
    )
    pen.dots([(-32, -32)], 4.4, "#1E2A24")


def crab(pen: Pen, look: Look) -> None:
    """Crab."""
    for side in (-1, 1):
        pen.line(
            f"M{side * 40} 20l{side * 26} 6l{side * 4} 16M{side * 34} 32l{side * 22} 12l0 14M{side * 44} 6"
            f"l{side * 26} -4l{side * 8} 12",
            darker(look.main, 0.12),
            7,
        )
        pen.line(f"M{side * 38} -12Q{side * 64} -14 {side * 60} -38", look.main, 10)
        pen.fill(
            f"M{side * 60} -34C{side * 40} -46 {side * 46} -70 {side * 62} -72L{side * 60} -56L{side * 74} -66"
            f"C{side * 80} -50 {side * 74} -38 {side * 60} -34Z",
            look.main,
        )
    pen.solid("M-52 4C-50 -28 -26 -36 0 -36C26 -36 50 -28 52 4C48 34 26 42 0 42C-26 42 -48 34 -52 4Z", look.main)
    pen.line("M-20 14Q0 26 20 14", look.accent, 4)
    pen.dots([(-30, -8), (30, -8), (0, -18)], 4, lighter(look.main, 0.4))
    pen.dots([(-12, -38), (12, -38)], 6, "#1E2A24")


def clams(pen: Pen, look: Look) -> None:
    """Clams or scallops."""
    for x, y, turn in ((-26, -14, -14), (28, -6, 16), (0, 30, 0)):
        with pen.group(f"translate({x} {y}) rotate({turn})"):
            pen.solid("M0 28C-18 26 -44 10 -40 -8C-34 -34 34 -34 40 -8C44 10 18 26 0 28Z", look.main)
            pen.line(
                "M0 25V-25M-3 25Q-18 4 -18 -22M3 25Q18 4 18 -22M-6 24Q-32 8 -34 -14M6 24Q32 8 34 -14", look.accent, 2
            )
            pen.line("M-38 -2Q0 -22 38 -2M-26 12Q0 -2 26 12", lighter(look.main, 0.4), 2.4)
            pen.fill("M-9 22Q0 34 9 22Q0 18 -9 22Z", look.accent)


def tofu(pen: Pen, look: Look) -> None:
    """A block of bean curd, one piece cut off."""
    pen.fill("M-60 -22L-4 -44L58 -24L2 0Z", lighter(look.main, 0.5))
    pen.fill("M-60 -22L2 0V50L-60 26Z", look.main)
    pen.fill("M58 -24L2 0V50L58 24Z", look.accent)
    pen.line("M-30 -11V38M-29 -34L30 -12V37", darker(look.accent, 0.12), 2)
    pen.fill("M30 34L52 26L76 34L54 44Z", lighter(look.main, 0.5))
    pen.fill("M30 34L54 44V64L30 54Z", look.main)
    pen.fill("M76 34L54 44V64L76 54Z", look.accent)
    pen.dots([(-40, 6), (-14, 22), (-46, -6), (-20, 0)], 1.8, darker(look.accent, 0.1))


def sausage(pen: Pen, look: Look) -> None:
    """Two tied sausages (莱芜香肠)."""
    for shift in (-16, 18):
        with pen.group(f"translate({shift} {shift * 0.7:.0f}) rotate(-38)"):
            pen.solid(box(-58, -17, 116, 34, 17), look.main)
            pen.dots([(-36, -4), (-18, 6), (2, -6), (22, 4), (40, -5), (-4, 8)], 2.6, look.accent)
            pen.line("M-58 0l-9 -6M-58 0l-9 6M58 0l9 -6M58 0l9 6", darker(look.main, 0.3), 4)
            pen.shine("M-40 -10H20", 4, 0.35)


def mantou(pen: Pen, look: Look) -> None:
    """馒头: one steamed bun; `accent` is the mark on top."""
    pen.solid(
        "M-56 34C-66 -10 -34 -44 0 -44C34 -44 66 -10 56 34C54 46 -54 46 -56 34Z",
        look.main,
        -7,
        -6,
        darker(look.main, 0.16),
    )
    pen.shine("M-40 2Q-36 -20 -18 -28", 7, 0.9)
    pen.dots([(6, -26)], 5, look.accent)


def baozi(pen: Pen, look: Look) -> None:
    """包子: pleated to a twist."""
    pen.solid(
        "M-60 32C-68 -8 -30 -32 -8 -40Q0 -54 8 -40C30 -32 68 -8 60 32C56 48 -56 48 -60 32Z",
        look.main,
        -7,
        -5,
        darker(look.main, 0.16),
    )
    pen.line(
        "M0 -38Q-30 -26 -44 6M0 -38Q-12 -18 -16 12M0 -38Q12 -18 16 12M0 -38Q30 -26 44 6", darker(look.main, 0.2), 3
    )
    pen.dots([(0, -40)], 6, look.accent)


def dumpling(pen: Pen, look: Look) -> None:
    """水饺: a crescent with its pleats."""
    pen.solid(
        "M-64 26C-62 -16 -34 -34 0 -34C34 -34 62 -16 64 26C54 40 -54 40 -64 26Z",
        look.main,
        -5,
        -4,
        darker(look.main, 0.16),
    )
    pen.solid(
        "M-68 24C-70 -22 -38 -48 0 -48C38 -48 70 -22 68 24Q60 20 56 10Q46 8 44 -4Q32 -6 28 -16"
        "Q14 -18 8 -22Q0 -18 -8 -22Q-16 -18 -28 -16Q-32 -6 -44 -4Q-46 8 -56 10Q-60 20 -68 24Z",
        lighter(look.main, 0.45),
        -2,
        -3,
        darker(look.main, 0.12),
    )
    pen.line("M-30 22Q0 30 30 22", look.accent, 5, 0.5)


def pancakes(pen: Pen, look: Look) -> None:
    """泰安煎饼: a folded stack, thin as paper, brown at the edges."""
    for i, y in enumerate((44, 32, 20, 8, -4)):
        pen.fill(
            f"M-68 {y - 6}Q0 {y + 14} 68 {y - 6}Q66 {y + 6} 56 {y + 8}Q0 {y + 22} -56 {y + 8}Q-66 {y + 6} -68 {y - 6}Z",
            (look.accent, darker(look.main, 0.1))[i % 2],
        )
    pen.solid("M-68 -10C-60 -32 -24 -40 4 -40C36 -40 62 -30 68 -10C50 6 -50 6 -68 -10Z", look.main, 0, -4)
    pen.fill("M-68 -10C-60 -32 -24 -40 4 -40Q-24 -20 -20 2Q-52 0 -68 -10Z", lighter(look.main, 0.25))
    pen.dots([(8, -22), (28, -14), (38, -26), (14, -8), (-44, -14), (48, -10), (-26, -26)], 3, look.accent, 0.8)


def flatbread(pen: Pen, look: Look) -> None:
    """烧饼, 锅饼: round, browned, with sesame."""
    pen.solid(oval(0, 4, 62, 52), darker(look.main, 0.1), 0, -7)
    pen.fill(oval(0, -2, 50, 40), look.main)
    pen.fill(oval(0, -2, 34, 26), look.accent, 0.5)
    seeds = (
        (-30, -14),
        (-14, -26),
        (6, -24),
        (26, -14),
        (34, 4),
        (20, 18),
        (0, 24),
        (-22, 18),
        (-34, 4),
        (-10, 0),
        (10, -6),
        (8, 10),
        (-14, -12),
    )
    pen.fill("".join(oval(x, y, 3.6, 2.2) for x, y in seeds), "#FFF6DF")


def noodles(pen: Pen, look: Look) -> None:
    """A nest of noodles."""
    pen.solid(oval(0, 18, 64, 36), darker(look.main, 0.08))
    for y, wide in ((34, 52), (24, 60), (12, 58), (0, 48), (-12, 34)):
        pen.line(f"M-{wide} {y}Q0 {y + 18} {wide} {y}", look.main, 7)
        pen.line(f"M-{wide - 4} {y - 6}Q0 {y + 9} {wide - 4} {y - 6}", look.accent, 5)
    pen.line("M-30 -16Q0 -42 28 -18M-18 -14Q0 -28 18 -16", look.main, 6)


def zongzi(pen: Pen, look: Look) -> None:
    """粽子: leaf-wrapped, tied."""
    pen.solid("M0 -56Q8 -60 14 -50L64 34Q68 48 54 50H-54Q-68 48 -64 34L-14 -50Q-8 -60 0 -56Z", look.main)
    pen.line("M0 -54L-34 48M6 -54L10 50M8 -50L50 46", lighter(look.main, 0.3), 2.6)
    pen.line("M-44 6Q0 20 42 2M-54 26Q0 40 54 22", look.accent, 4.5)
    pen.line("M2 14q-14 -14 -20 0q6 8 20 0q14 -14 20 0q-6 8 -20 0", look.accent, 3.5)


def dough_sticks(pen: Pen, look: Look) -> None:
    """油条 and other fried dough."""
    for x, turn in ((-22, -8), (20, 10)):
        with pen.group(f"translate({x} 0) rotate({turn})"):
            for side in (-9, 9):
                with pen.group(f"translate({side} 0)"):
                    pen.solid(
                        "M-11 -56Q0 -72 11 -56Q16 -30 10 -6Q16 26 11 56Q0 70 -11 56Q-15 26 -9 -4Q-15 -30 -11 -56Z",
                        look.main,
                    )
            pen.line("M-12 -40l4 8M12 -24l-4 8M-10 8l4 8M12 26l-4 8", look.accent, 3)


def kelp(pen: Pen, look: Look) -> None:
    """威海海带: folded ribbons; also wood ear by colour."""
    for x, tone in ((-34, darker(look.main, 0.12)), (30, look.main), (0, lighter(look.main, 0.14))):
        with pen.group(f"translate({x} 0)"):
            pen.solid(
                "M-18 -56Q-30 -36 -18 -16T-20 24T-14 58H16Q28 40 18 22T20 -18T14 -58Z",
                tone,
            )
            pen.line("M0 -50Q-8 -20 0 4T0 50", look.accent, 3, 0.6)


def braised(pen: Pen, look: Look) -> None:
    """把子肉: a braised piece on the bone of its string, glossy."""
    pen.solid("M-58 -22Q-52 -40 -30 -38L38 -40Q60 -38 60 -16L58 24Q56 42 34 42L-36 44Q-60 42 -60 20Z", look.main)
    pen.fill("M-58 -8Q0 -22 60 -8V4Q0 -8 -59 4Z", look.accent)
    pen.line("M-10 -40Q-14 0 -8 44M12 -40Q8 0 14 44", "#E9D3A4", 4)
    pen.shine("M-44 -26H-24", 6, 0.6)
    pen.fill("M22 -22l10 -8l10 6l-8 8Z M-40 22l10 -6l8 8l-10 4Z", LEAF)


FRESH = {
    "eggs": (eggs, Look("#E9BC8D", "#A9B8A6")),
    "pork_belly": (pork_belly, Look("#D9685F", "#FBE6DA")),
    "steak": (steak, Look("#B83A3A", "#F6DCCB")),
    "ribs": (ribs, Look("#CF5F52", "#F3C9B4")),
    "whole_chicken": (whole_chicken, Look("#F2C99A", "#C98F57")),
    "drumstick": (drumstick, Look("#F0BE93", "#CF8F5E")),
    "fish": (fish, Look("#7C97A3", "#F0F1E6")),
    "prawn": (prawn, Look("#EE8A5C", "#D9663F")),
    "crab": (crab, Look("#D9613A", "#F6C79C")),
    "clams": (clams, Look("#D8BD94", "#8F7350")),
    "tofu": (tofu, Look("#F6EBCB", "#E2CF9F")),
    "sausage": (sausage, Look("#9E3B33", "#E7B79F")),
    "mantou": (mantou, Look("#F8EBCF", "#C2502A")),
    "baozi": (baozi, Look("#F8EBCF", "#E4D2AC")),
    "dumpling": (dumpling, Look("#F3DFB4", "#8CBF5A")),
    "pancakes": (pancakes, Look("#EBC583", "#C48A48")),
    "flatbread": (flatbread, Look("#DDA457", "#B97433")),
    "noodles": (noodles, Look("#F1D58F", "#FBE9BE")),
    "zongzi": (zongzi, Look("#4F8347", "#E9D3A4")),
    "dough_sticks": (dough_sticks, Look("#DFA04C", "#B4742E")),
    "kelp": (kelp, Look("#3F5B3C", "#8FA66B")),
    "braised": (braised, Look("#8E3F26", "#D98F62")),
}
