"""Drawings of what a household needs beside food. Each draws one piece around (0, 0)."""

from deploy.demo.motifs import motif
from deploy.demo.strokes import CREAM, STEM, Look, Pen, box, darker, lighter, oval


def tissues(pen: Pen, look: Look) -> None:
    """A soft pack with one sheet out."""
    pen.fill("M-26 -20C-34 -44 -20 -58 -8 -48C0 -70 20 -62 18 -50C34 -54 34 -34 24 -20Z", "#FFFFFF")
    pen.line("M-8 -46Q-6 -34 -10 -24M16 -46Q10 -36 12 -24", "#D9DDD6", 2.4)
    pen.solid("M-66 -16Q-68 -26 -58 -26H58Q68 -26 66 -16L68 46Q68 56 58 56H-58Q-68 56 -68 46Z", look.main)
    pen.fill("M-40 -20Q0 -8 40 -20Q0 -30 -40 -20Z", darker(look.main, 0.3))
    pen.fill("M-68 30Q-40 14 -10 28T68 24V46Q68 56 58 56H-58Q-68 56 -68 46Z", look.accent)
    pen.fill(oval(0, 16, 22, 22), CREAM)
    motif(pen, look.motif, 0, 16, 0.95, look.accent)


def paper_rolls(pen: Pen, look: Look) -> None:
    """Rolls of paper, stacked."""
    for x, y in ((-32, 30), (32, 30), (0, -26)):
        pen.solid(
            f"M{x - 30} {y - 16}H{x + 30}V{y + 24}Q{x} {y + 38} {x - 30} {y + 24}Z",
            look.main,
            -6,
            0,
            darker(look.main, 0.14),
        )
        pen.fill(oval(x, y - 16, 30, 12), lighter(look.main, 0.7))
        pen.fill(oval(x, y - 16, 10, 4.5), look.accent)
        pen.line(f"M{x - 24} {y + 8}q6 4 12 5M{x + 6} {y + 14}q8 -1 14 -4", look.accent, 2.4, 0.6)


def jug(pen: Pen, look: Look) -> None:
    """Detergent with a handle."""
    pen.solid("M-20 -46H14C42 -46 50 -24 50 0V54Q50 66 38 66H-34Q-46 66 -46 54V-4C-46 -26 -34 -34 -20 -46Z", look.main)
    pen.fill("M16 -30C32 -30 36 -18 36 -2Q36 6 30 6Q24 6 24 -4Q24 -14 12 -18Q6 -30 16 -30Z", darker(look.main, 0.35))
    pen.solid(box(-24, -70, 34, 28, 6), look.accent, -6, 0)
    pen.fill(oval(-4, 32, 31, 25), CREAM)
    motif(pen, look.motif, -4, 32, 1.05, look.main)
    pen.shine("M-36 6V-4Q-34 -16 -26 -22", 5)


def pump(pen: Pen, look: Look) -> None:
    """Pump bottle: hand wash, shampoo."""
    pen.line("M0 -44V-62M-20 -66H10", look.accent, 9)
    pen.line("M-20 -66v8", look.accent, 6)
    pen.solid(box(-14, -48, 28, 14, 3), look.accent, -4, 0)
    pen.solid("M-22 -34H22Q36 -30 36 -14V54Q36 66 24 66H-24Q-36 66 -36 54V-14Q-36 -30 -22 -34Z", look.main)
    pen.fill(box(-25, -8, 50, 56, 12), CREAM)
    motif(pen, look.motif, 0, 20, 1.15, look.accent)
    pen.shine("M-30 -8V20", 4, 0.5)


def spray(pen: Pen, look: Look) -> None:
    """Trigger spray."""
    pen.solid("M-34 -70H20Q30 -70 30 -60L26 -46H-8V-52H-34Z", look.accent)
    pen.line("M-12 -50Q-18 -38 -26 -34", look.accent, 7)
    pen.solid("M-4 -46H24V-34C24 -20 42 -16 42 6V56Q42 66 32 66H-22Q-32 66 -32 56V6C-32 -16 -4 -20 -4 -34Z", look.main)
    pen.fill(oval(5, 26, 26, 26), CREAM)
    motif(pen, look.motif, 5, 26, 1.05, look.accent)
    pen.dots([(-46, -66), (-54, -56), (-56, -70), (-44, -56)], 3, look.accent, 0.7)


def tube(pen: Pen, look: Look) -> None:
    """Toothpaste or cream."""
    with pen.group("rotate(-30)"):
        pen.solid("M-70 -26H-58L36 -22Q46 -22 46 -12V12Q46 22 36 22L-58 26H-70Z", look.main)
        pen.line("M-64 -22V22", darker(look.main, 0.2), 3)
        pen.fill("M-48 -24L-12 -23L-30 25L-56 26Z", look.accent)
        pen.solid(box(46, -13, 24, 26, 5), look.accent, -4, -3)
        motif(pen, look.motif, 12, 0, 0.85, look.accent)


def toothbrushes(pen: Pen, look: Look) -> None:
    """Two brushes, crossed."""
    for turn, colour in ((34, look.accent), (-34, look.main)):
        with pen.group(f"rotate({turn})"):
            pen.line("M0 -60Q-4 -20 0 10T0 68", colour, 11)
            pen.line("M-1 20V56", lighter(colour, 0.4), 4)
            for y in range(-66, -34, 7):
                pen.line(f"M6 {y}h14", ("#FFFFFF", lighter(colour, 0.45))[(y // 7) % 2], 6)


def towels(pen: Pen, look: Look) -> None:
    """Folded towels."""
    for y, colour in ((40, look.accent), (8, look.main), (-24, lighter(look.main, 0.35))):
        pen.solid(f"M-60 {y - 18}H54Q64 {y - 18} 64 {y}Q64 {y + 18} 54 {y + 18}H-60Z", colour, 0, -7)
        pen.line(f"M-60 {y}H40", darker(colour, 0.14), 2.6)
        pen.line(f"M-40 {y - 17}V{y + 15}M-33 {y - 17}V{y + 15}", CREAM, 3, 0.8)


def bag_roll(pen: Pen, look: Look) -> None:
    """Bin bags or cling film on a roll."""
    pen.solid("M-50 -30H44V32H-50Z", look.main, 0, -10)
    pen.solid("M30 14H58L50 62L38 56L28 64L16 56L4 62L10 14Z", lighter(look.main, 0.1), -4, -4)
    pen.fill(oval(-50, 1, 16, 31), darker(look.main, 0.25))
    pen.fill(oval(-50, 1, 10, 20), look.accent)
    pen.fill(oval(-50, 1, 5, 10), darker(look.main, 0.5))
    pen.fill(oval(44, 1, 14, 31), look.main)
    pen.fill(box(-26, -30, 40, 52, 2), look.accent)
    pen.fill(oval(-6, -6, 15, 15), CREAM)
    motif(pen, look.motif, -6, -6, 0.7, look.accent)


def soft_pack(pen: Pen, look: Look) -> None:
    """Nappies, pads, wipes: a pressed pack with a handle."""
    pen.line("M-18 -48Q0 -74 18 -48", look.accent, 8)
    pen.solid(
        "M-56 -40Q-54 -50 -44 -50H44Q54 -50 56 -40Q62 6 56 54Q54 64 44 64H-44Q-54 64 -56 54Q-62 6 -56 -40Z", look.main
    )
    pen.fill("M-59 20Q-30 2 0 18T59 12Q60 34 56 54Q54 64 44 64H-44Q-54 64 -56 54Q-59 38 -59 20Z", look.accent)
    pen.fill(oval(0, 4, 30, 30), CREAM)
    motif(pen, look.motif, 0, 4, 1.25, look.accent)


def batteries(pen: Pen, look: Look) -> None:
    """Three cells."""
    for x in (-40, 0, 40):
        pen.fill(box(x - 7, -62, 14, 12, 3), "#B9C0B8")
        pen.solid(box(x - 17, -52, 34, 112, 6), look.main, -6, 0)
        pen.fill(box(x - 17, -46, 34, 34), look.accent)
        motif(pen, look.motif, x, 22, 0.8, look.accent)


def bulb(pen: Pen, look: Look) -> None:
    """LED bulb, lit."""
    pen.line("M0 -72V-80M-50 -50l-7 -6M50 -50l7 -6M-66 -8h-9M66 -8h9", look.main, 5)
    pen.solid("M0 -62C32 -62 50 -38 48 -14C46 8 24 14 22 34H-22C-24 14 -46 8 -48 -14C-50 -38 -32 -62 0 -62Z", look.main)
    pen.fill("M-24 30H24L20 46H-20Z", look.accent)
    pen.solid(box(-16, 44, 32, 20, 5), "#A9B0A8", -4, 0)
    pen.line("M-16 51H16M-16 58H16", "#7F8880", 2.4)
    pen.shine("M-32 -18Q-30 -38 -14 -46", 7, 0.7)


def soap(pen: Pen, look: Look) -> None:
    """Soap on its paper."""
    pen.fill("M-68 26L-20 6L70 22L24 50Z", look.accent)
    pen.solid("M-52 -6Q-52 -34 -22 -36H26Q56 -34 56 -6V8Q56 32 26 34H-22Q-52 32 -52 8Z", look.main)
    pen.fill(oval(1, -8, 36, 18), lighter(look.main, 0.3))
    motif(pen, look.motif, 1, -8, 0.75, darker(look.main, 0.2))
    for x, y, r in ((-48, -44, 10), (-28, -58, 7), (52, -48, 12), (34, -62, 6)):
        pen.fill(oval(x, y, r, r), "#FFFFFF", 0.8)


def sponge(pen: Pen, look: Look) -> None:
    """Sponges and cloths."""
    for y, tone in ((28, look.main), (-18, lighter(look.main, 0.2))):
        pen.fill(f"M-58 {y - 10}L-30 {y - 28}H64L40 {y - 10}Z", look.accent)
        pen.fill(f"M-58 {y - 10}H40V{y + 22}H-58Z", tone)
        pen.fill(f"M40 {y - 10}L64 {y - 28}V{y + 2}L40 {y + 22}Z", darker(tone, 0.16))
        pen.fill(f"M-58 {y - 10}H40V{y - 2}H-58Z", look.accent)
        pen.dots([(-42, y + 6), (-20, y + 14), (0, y + 5), (22, y + 13)], 3.4, darker(tone, 0.14))


def flask(pen: Pen, look: Look) -> None:
    """Thermos or mug with a lid."""
    pen.solid("M-30 -40H30V54Q30 66 18 66H-18Q-30 66 -30 54Z", look.main)
    pen.fill("M-30 -22H30V-12H-30Z", look.accent)
    pen.solid("M-26 -72Q-26 -78 -20 -78H20Q26 -78 26 -72V-40H-26Z", look.accent, -6, 0)
    motif(pen, look.motif, 0, 20, 1.2, CREAM)
    pen.shine("M-20 -2V40", 5, 0.4)


def umbrella(pen: Pen, look: Look) -> None:
    """Umbrella, open."""
    pen.line("M0 -8V50Q0 64 12 64Q22 64 22 52", STEM, 6)
    pen.solid(
        "M-70 4C-66 -40 -34 -60 0 -60C34 -60 66 -40 70 4Q58 -8 46 4Q34 -8 23 4Q12 -8 0 4Q-12 -8 -23 4"
        "Q-34 -8 -46 4Q-58 -8 -70 4Z",
        look.main,
    )
    pen.fill("M-23 4C-22 -30 -12 -52 0 -60C12 -52 22 -30 23 4Q12 -8 0 4Q-12 -8 -23 4Z", look.accent)
    pen.line("M0 -60V-70", STEM, 5)


def pan(pen: Pen, look: Look) -> None:
    """A wok with its handle."""
    pen.line("M44 -8L84 -34", look.accent, 11)
    pen.solid("M-66 -12H54C54 34 24 52 -6 52C-36 52 -66 34 -66 -12Z", look.main)
    pen.fill(oval(-6, -12, 60, 17), darker(look.main, 0.45))
    pen.fill(oval(-6, -9, 50, 12), lighter(look.main, 0.12))
    pen.shine("M-52 8Q-46 30 -28 38", 5, 0.35)


def slippers(pen: Pen, look: Look) -> None:
    """A pair of slippers."""
    for x, turn in ((-28, -8), (28, 8)):
        with pen.group(f"translate({x} 0) rotate({turn})"):
            pen.solid(
                "M-22 -34C-24 -66 24 -66 22 -34C22 -10 18 10 18 38C18 66 -18 66 -18 38C-18 10 -22 -10 -22 -34Z",
                look.main,
            )
            pen.fill(
                "M-14 -34C-16 -54 16 -54 14 -34C14 -10 11 10 11 36C11 54 -11 54 -11 36C-11 10 -14 -10 -14 -34Z",
                lighter(look.main, 0.35),
            )
            pen.solid("M-25 -8C-30 -44 30 -44 25 -8Q0 -20 -25 -8Z", look.accent, -4, -3)


HOUSEHOLD = {
    "tissues": (tissues, Look("#DCEBDD", "#2F7D4A", "leaf")),
    "paper_rolls": (paper_rolls, Look("#F7F1E4", "#C9B58C")),
    "jug": (jug, Look("#3C78A8", "#F2C46A", "wave")),
    "pump": (pump, Look("#BFD9C4", "#2F7D4A", "flower")),
    "spray": (spray, Look("#F2D27A", "#C2502A", "star")),
    "tube": (tube, Look("#F7F4EA", "#2F8F83", "leaf")),
    "toothbrushes": (toothbrushes, Look("#2F7D4A", "#E08A2C")),
    "towels": (towels, Look("#E3A27E", "#7FA98B")),
    "bag_roll": (bag_roll, Look("#4F5F57", "#E0B45A", "leaf")),
    "soft_pack": (soft_pack, Look("#F6E3DC", "#7FA8C9", "moon")),
    "batteries": (batteries, Look("#2F3B35", "#E0A83C", "bolt")),
    "bulb": (bulb, Look("#F8D35E", "#8D978F")),
    "soap": (soap, Look("#E9C98F", "#C2502A", "flower")),
    "sponge": (sponge, Look("#F2C44F", "#4E9350")),
    "flask": (flask, Look("#2F6B4F", "#E0B45A", "mountain")),
    "umbrella": (umbrella, Look("#C2502A", "#E0803C")),
    "pan": (pan, Look("#4A4F4C", STEM)),
    "slippers": (slippers, Look("#C9A27A", "#7A5A3A")),
}
