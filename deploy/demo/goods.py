"""The goods of the demo neighbourhood: what a Jinan community group buy sells in a week, read from goods.csv.

Brands are invented. Bar codes are made up: loose goods carry an in-store number (200 to 299, as GS1 leaves free for a
shop's own use), branded goods one that begins with 690; both end in a correct EAN-13 check digit.
"""

import csv
import zlib
from dataclasses import dataclass
from pathlib import Path

_LIST = Path(__file__).with_name("goods.csv")
_CODES = {
    "蔬菜": "SC",
    "水果": "SG",
    "菌菇": "JG",
    "肉禽蛋": "RQ",
    "水产": "SH",
    "豆制品": "DZ",
    "主食面点": "ZS",
    "乳品冷饮": "RP",
    "粮油调味": "LY",
    "零食干货": "LS",
    "茶饮": "CY",
    "鲁味熟食": "SS",
    "日用清洁": "RY",
    "家居": "JJ",
}


@dataclass(frozen=True)
class Good:
    """One good. `price_fen` is in fen; `temperature` is "normal" or "cold"; the last six fields say how it is drawn."""

    sku: str
    slug: str
    name: str
    brand: str
    category: str
    spec: str
    price_fen: int
    origin: str
    barcode: str
    temperature: str
    drawing: str
    pieces: int
    setting: str
    motif: str
    main: str
    accent: str

    @property
    def picture(self) -> str:
        """The picture's file name inside static/goods."""
        return f"{self.slug}.svg"


def ean13_check_digit(twelve: str) -> str:
    """The last digit of an EAN-13 (GS1 General Specifications 7.9: weights 1 and 3 from the left)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return str(-total % 10)


def fen(yuan: str) -> int:
    """ "12.80" as 1280. The list always gives two decimals."""
    whole, cents = yuan.split(".")
    return int(whole) * 100 + int(cents)


def _barcode(slug: str, branded: bool) -> str:
    digits = f"{zlib.crc32(slug.encode()) % 10**9:09d}"
    twelve = f"690{digits}" if branded else f"2{digits[:2]}{digits}"
    return twelve + ean13_check_digit(twelve)


def all_goods() -> tuple[Good, ...]:
    """Every good in the order of the list; the number in a sku counts within its category."""
    counts = dict.fromkeys(_CODES, 0)
    goods = []
    with _LIST.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            category = row["category"]
            counts[category] += 1
            goods.append(
                Good(
                    sku=f"{_CODES[category]}{counts[category]:03d}",
                    slug=row["slug"],
                    name=row["name"],
                    brand=row["brand"],
                    category=category,
                    spec=row["spec"],
                    price_fen=fen(row["price"]),
                    origin=row["origin"],
                    barcode=_barcode(row["slug"], branded=bool(row["brand"])),
                    temperature=row["temperature"],
                    drawing=row["drawing"],
                    pieces=int(row["pieces"]),
                    setting=row["setting"],
                    motif=row["motif"],
                    main=row["main"],
                    accent=row["accent"],
                )
            )
    return tuple(goods)
