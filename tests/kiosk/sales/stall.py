"""A centre and a point with goods on sale: real rounds bring the offers and the rights to the counter."""

from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk.app import make_app
from kiosk.host import Kiosk
from shared.allotments.operations import set_offer
from shared.allotments.rules import Offer
from shared.catalogue.operations import set_product
from shared.catalogue.rules import Product
from shared.kernel.clock import utc_text
from shared.pickup_points.operations import set_staff
from shared.pickup_points.rules import Staff, StaffRole
from tests.allotments.stand import REGION, START, Post, Town
from tests.kiosk.parcels.counter import TOKEN

PINS = {"S1": "135790", "S2": "246801"}
NAMES = {"S1": "张店长", "S2": "李小梅"}
HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
# sku (and picture), name, spec, category, price in fen, total
GOODS = [
    ("zhangqiu-spring-onion", "章丘大葱", "5斤/捆", "蔬菜", 1280, 400),
    ("baby-cabbage", "娃娃菜", "3棵/袋", "蔬菜", 590, 300),
    ("carrot", "胡萝卜", "500克", "蔬菜", 350, 300),
    ("crisp-lotus-root", "北园脆藕", "约2斤", "蔬菜", 1190, 200),
    ("cherry-tomato", "圣女果", "1斤/盒", "水果", 990, 300),
    ("feicheng-peach", "肥城桃", "4只/盒", "水果", 2580, 120),
    ("blueberry", "蓝莓", "125克/盒", "水果", 1590, 150),
    ("eggs-30", "鲜鸡蛋", "30枚", "粮油蛋奶", 2190, 240),
    ("corn-oil", "玉米油", "5升", "粮油蛋奶", 6980, 80),
    ("dezhou-chicken", "德州扒鸡", "500克", "熟食", 3980, 90),
    ("facial-tissue", "抽纸", "6包/提", "日用", 1290, 200),
    ("batteries", "五号电池", "8粒", "日用", 1880, 60),
]


def barcode(n: int) -> str:
    """The EAN-13 of the n-th product."""
    body = f"6901234{n:05d}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10
    return f"{body}{check}"


def offer_id(n: int) -> str:
    """The offer of the n-th product."""
    return f"O.{n}"


class Shop(Town):
    """A centre with goods on sale and one point that sells them."""

    def __init__(self, folder: Path, goods: int = len(GOODS), database_url: str = "") -> None:
        super().__init__(folder, database_url)
        with self.centre.journal.writing(REGION) as tx:
            for n, (sku, name, spec, category, price, _) in enumerate(GOODS[:goods]):
                made = Product(sku, name, "", category, spec, price, "", barcode(n), picture=f"{sku}.svg")
                set_product(self.centre.journal, tx, REGION, made, "op")
        for n in range(goods):
            self.put_on_sale(n)
        self.counter = self.post("HL01")
        with self.centre.journal.writing(self.counter.point) as tx:
            for staff, pin in PINS.items():
                role = StaffRole.LEADER if staff == "S1" else StaffRole.STAFF
                member = Staff(staff, NAMES[staff], HASHER.hash(pin), role, True)
                set_staff(self.centre.journal, tx, self.counter.point, member, "op")
        self.counter.settle()

    def put_on_sale(self, n: int, total: int = 0, cutoff_at: str | None = None, opens_at: str = "") -> None:
        """Make or change the offer of the n-th product."""
        sku, _, _, _, price, default = GOODS[n]
        made = Offer(offer_id(n), sku, price, total or default, opens_at or utc_text(START), cutoff_at)
        with self.centre.journal.writing(REGION) as tx:
            set_offer(self.centre.journal, tx, REGION, made, "op")

    def hands(self, staff: str = "S1", app: Flask | None = None) -> "Hands":
        """Somebody signed in at the counter."""
        return Hands(self.counter, app or make_app(self.counter.kiosk), staff)


class Hands:
    """One member of staff at one browser without a screen."""

    def __init__(self, post: Post, app: Flask, staff: str) -> None:
        self.post_, self.app = post, app
        self.client: FlaskClient = app.test_client()
        self._token = self._read_token(f"/staff/session?staff={staff}")
        assert self.post("/staff/session", staff=staff, pin=PINS[staff]).status_code == 303
        self._token = self._read_token("/sale")

    @property
    def kiosk(self) -> Kiosk:
        """The kiosk they stand at."""
        return self.post_.kiosk

    def _read_token(self, path: str) -> str:
        found = TOKEN.search(self.client.get(path).text)
        assert found is not None
        return found[1]

    def get(self, path: str) -> str:
        """A page."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def post(self, path: str, **form: object) -> TestResponse:
        """Press a button."""
        return self.client.post(path, data={"csrf_token": self._token, **form})

    def put(self, n: int, change: int = 1) -> str:
        """Tap the n-th product."""
        return self.post("/sale/basket", offer=offer_id(n), change=change).text

    def scan(self, text: str) -> TestResponse:
        """Scan something at the sale screen."""
        return self.post("/sale/scans", scan=text)

    def pay(self, total_fen: int, cash: str, nonce: str = "press-000001") -> TestResponse:
        """Take cash and finish."""
        return self.post("/sales", nonce=nonce, total=total_fen, cash=cash)

    def sell(self, *goods: int, nonce: str = "press-000001") -> str:
        """Sell one of each of these products; the sale's id."""
        for n in goods:
            self.put(n)
        answer = self.pay(sum(GOODS[n][4] for n in goods), "1000", nonce)
        assert answer.status_code == 303, answer.text
        return answer.location.split("/")[-1].partition("?")[0]
