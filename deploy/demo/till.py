"""Selling: staff at the sale screen of a kiosk, over its real pages; and phones that order at the centre meanwhile."""

import re
import threading
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, field

import requests

from deploy.demo.browser import Browser, PageSurprise, form_with
from deploy.demo.counter import sign_in
from deploy.demo.neighbourhood import Resident, StaffMember

ANSWER_SECONDS = 30.0
_MONEY = re.compile(r"¥([0-9]+)\.([0-9]{2})")
_FREE = re.compile(r"可售 ([0-9]+)")
_RECEIPT = re.compile(r"小票 (\S+)")
CASH_FEN = 100_000


@dataclass(frozen=True)
class Sold:
    """One sale as the screen showed it: the number on the receipt, how many units, what they cost."""

    number: str
    units: int
    total_fen: int


class Till:
    """One member of staff who sells at one kiosk."""

    def __init__(self, url: str, staff: StaffMember) -> None:
        self._browser = Browser(url)
        self._staff = staff

    def sign_in(self) -> None:
        """Choose the name, type the PIN. Raises :class:`PageSurprise` when the sale screen does not open."""
        page = sign_in(self._browser, self._staff, "/sale")
        if page.first(attribute="data-put") is None:
            raise PageSurprise(f"nothing on sale: {page.text[:300]}")

    def free(self, offer: str) -> int:
        """What the screen says may be sold of an offer."""
        key = next((one for one in self._browser.open("/sale").every("button", attribute="data-put")
                    if one.attributes["data-put"] == offer), None)  # fmt: skip
        found = _FREE.search(key.text) if key else None
        if found is None:
            raise PageSurprise(f"{offer} is not on the sale screen")
        return int(found[1])

    def put(self, offer: str, units: int = 1) -> str:
        """Put so many into the basket; what the screen says."""
        return self._browser.press("/sale/basket", offer=offer, change=str(units)).text

    def pay(self, units: int) -> Sold:
        """Take cash for what is in the basket, and read the change off the screen."""
        page = self._browser.open("/sale/payment")
        page = self._browser.send(form_with(page, "cash"), cash=str(CASH_FEN // 100))
        shown = page.first(css_class="sold-figure")
        change, number = _MONEY.search(shown.text if shown else ""), _RECEIPT.search(page.text)
        if change is None or number is None:
            raise PageSurprise(f"no sale: {page.text[:300]}")
        return Sold(number[1], units, CASH_FEN - int(change[1]) * 100 - int(change[2]))


@dataclass
class Phones:
    """Phones that order through a channel, one unit an order. ``said`` counts the answers by code; "" is an order."""

    url: str
    key: str
    said: Tally[tuple[str, str]] = field(default_factory=Tally)
    _count: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def order(self, number: str, offer: str, buyer: Resident) -> None:
        """One order for the point of a resident."""
        body = {
            "point": buyer.point,
            "buyer": {"name": buyer.name, "phone": buyer.phone},
            "lines": [{"offer": offer, "quantity": 1}],
        }
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": f"demo-{number}"}
        answer = requests.post(f"{self.url}/v1/shop/orders", json=body, headers=headers, timeout=ANSWER_SECONDS)
        with self._count:
            self.said[offer, "" if answer.status_code in (200, 201) else str(answer.json()["code"])] += 1

    def placed(self, offers: Sequence[str]) -> int:
        """How many orders were placed for these offers."""
        return sum(self.said[offer, ""] for offer in offers)
