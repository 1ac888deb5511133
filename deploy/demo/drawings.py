"""Draws the picture of every good of the demo: `python -m deploy.demo.drawings` writes static/goods/<slug>.svg.

The pictures are drawn by rule from the goods list, so the same list gives the same bytes. They hold no text, no script
and nothing from elsewhere.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from deploy.demo.draw_fresh import FRESH
from deploy.demo.draw_fruit import FRUIT
from deploy.demo.draw_household import HOUSEHOLD
from deploy.demo.draw_packages import PACKAGES
from deploy.demo.draw_vegetables import VEGETABLES
from deploy.demo.goods import Good, all_goods
from deploy.demo.settings import SETTINGS
from deploy.demo.strokes import Look, Pen, mixed, number, oval

Drawing = Callable[[Pen, Look], None]
DRAWINGS: dict[str, tuple[Drawing, Look]] = {**VEGETABLES, **FRUIT, **FRESH, **PACKAGES, **HOUSEHOLD}
PICTURES = Path(__file__).resolve().parents[2] / "static" / "goods"
MAX_BYTES = 6000

GROUNDS = {
    "蔬菜": "#E9F0DF",
    "水果": "#FBE6D6",
    "菌菇": "#F3E9D8",
    "肉禽蛋": "#F9E6DF",
    "水产": "#E1ECEE",
    "豆制品": "#EFEBD9",
    "主食面点": "#F8EBCF",
    "乳品冷饮": "#E4ECF2",
    "粮油调味": "#F7EAD0",
    "零食干货": "#F9E7D3",
    "茶饮": "#E6EEE0",
    "鲁味熟食": "#F8E3D6",
    "日用清洁": "#E3EEEA",
    "家居": "#EFEAE0",
}
# Where a drawing meets the ground and how wide it stands there (units from its middle), when it is not as (63, 52).
FOOTPRINTS: dict[str, tuple[int, int]] = {
    "apple": (58, 40),
    "aubergine": (57, 46),
    "bag_roll": (62, 60),
    "bananas": (56, 46),
    "batteries": (60, 62),
    "bell_pepper": (60, 44),
    "bottle": (66, 34),
    "braised": (44, 60),
    "broccoli": (63, 30),
    "bulb": (64, 30),
    "can": (65, 40),
    "carrot": (66, 46),
    "cherries": (65, 58),
    "chilli": (52, 50),
    "cucumber": (62, 56),
    "cup": (64, 40),
    "dumpling": (38, 62),
    "edamame": (61, 58),
    "eggs": (60, 68),
    "enoki": (64, 32),
    "fish": (31, 62),
    "flask": (66, 34),
    "flatbread": (56, 54),
    "garlic": (57, 46),
    "ginger": (50, 60),
    "gift_box": (60, 60),
    "grapes": (67, 34),
    "jar": (66, 48),
    "jujube": (57, 34),
    "kelp": (59, 56),
    "lotus_root": (64, 52),
    "mantou": (44, 58),
    "baozi": (45, 60),
    "mushroom": (60, 40),
    "napa_cabbage": (66, 42),
    "noodles": (54, 58),
    "oil_bottle": (66, 50),
    "pan": (52, 44),
    "pancakes": (64, 58),
    "peanuts": (55, 60),
    "pear": (61, 42),
    "pork_belly": (47, 62),
    "potato": (49, 52),
    "pumpkin": (56, 56),
    "sack": (66, 56),
    "sausage": (58, 58),
    "soap": (46, 62),
    "sponge": (50, 58),
    "spring_onion": (76, 44),
    "steak": (52, 58),
    "sweet_potato": (62, 56),
    "tissues": (56, 70),
    "toothbrushes": (58, 54),
    "towels": (58, 64),
    "tub": (58, 50),
    "tube": (46, 58),
    "umbrella": (66, 30),
    "walnut": (56, 44),
    "whole_chicken": (46, 62),
    "winter_melon": (49, 58),
    "zongzi": (50, 62),
}
# where each piece stands: x, y, size, turn; the last one is in front
ARRANGEMENTS: dict[int, tuple[tuple[float, float, float, float], ...]] = {
    1: ((100, 100, 1, 0),),
    2: ((126, 86, 0.72, 10), (78, 108, 0.8, -8)),
    3: ((70, 86, 0.6, -12), (132, 84, 0.6, 12), (101, 116, 0.66, 0)),
    4: ((73, 86, 0.54, -8), (129, 84, 0.54, 10), (69, 122, 0.56, 6), (132, 122, 0.56, -6)),
    5: ((64, 84, 0.48, -14), (136, 84, 0.48, 14), (100, 72, 0.5, 2), (76, 122, 0.52, -4), (126, 122, 0.52, 6)),
}


def compose(good: Good) -> str:
    """The whole picture of one good as SVG text."""
    draw, usual = DRAWINGS[good.drawing]
    look = Look(good.main or usual.main, good.accent or usual.accent, good.motif or usual.motif)
    pen = Pen(f"{good.slug}-")
    ground = GROUNDS[good.category]
    pen.fill("M0 0H200V200H0Z", ground)
    pen.fill(oval(100, 96, 82, 82), mixed(ground, "#FFFFFF", 0.55))
    setting = SETTINGS[good.setting]
    floor, width = _ground_under(good) if not good.setting else (setting.floor, setting.shadow)
    pen.fill(oval(100, floor, width, 7.5), mixed(ground, "#6B4426", 0.24))
    setting.behind(pen)
    _place(pen, draw, look, good.pieces, setting.lift)
    setting.front(pen)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
        f'<g stroke-linecap="round" stroke-linejoin="round">{pen.markup()}</g></svg>\n'
    )


def _ground_under(good: Good) -> tuple[float, float]:
    """Height and half width of the shadow of a good that stands by itself."""
    sits, wide = FOOTPRINTS.get(good.drawing, (63, 52))
    places = ARRANGEMENTS[good.pieces]
    floor = max(y + size * sits for _, y, size, _ in places) - 2
    return floor, max(abs(x - 100) + size * wide for x, _, size, _ in places) + 4


def _place(pen: Pen, draw: Drawing, look: Look, pieces: int, lift: float) -> None:
    name = pen.name()
    for index, (x, y, size, turn) in enumerate(ARRANGEMENTS[pieces]):
        move = f"translate({number(x)} {number(y - lift)}) rotate({number(turn)}) scale({size:g})"
        if index == 0:
            with pen.group(move), pen.group(name=name):
                draw(pen, look)
        else:
            pen.raw(f'<use href="#{name}" transform="{move}"/>')


def write_pictures(folder: Path, goods: Iterable[Good]) -> int:
    """Writes one file for each good, removes pictures no good has any more, and returns how many were written."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"{good.slug}.svg": compose(good) for good in goods}
    for old in folder.glob("*.svg"):
        if old.name not in wanted:
            old.unlink()
    for file_name, text in wanted.items():
        (folder / file_name).write_text(text, encoding="utf-8", newline="\n")
    return len(wanted)


if __name__ == "__main__":
    print(f"{write_pictures(PICTURES, all_goods())} pictures in {PICTURES}")
