"""A centre with goods on sale and a channel that sells them over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from waitress import wasyncore
from waitress.server import create_server

from shared.allotments.operations import set_offer
from shared.allotments.rules import Offer
from shared.catalogue.operations import set_product
from shared.catalogue.rules import Product
from shared.kernel.clock import utc_text
from sync_server.app import make_app
from sync_server.host import Centre
from sync_server.shop import channels
from tests.sync_server.opening import REGION

POINT, OTHER_POINT = "JN-HL01", "JN-YZ01"
BUYER = {"name": "王小明", "phone": "13812341234"}
PRICE = 1280


def put_on_sale(
    centre: Centre, total: int, offer: str = "O1", *, opens: float = -1, cutoff: float | None = None
) -> None:
    """Offer a product; times in hours from now."""
    now = centre.clock.now()
    ends = None if cutoff is None else utc_text(now + timedelta(hours=cutoff))
    made = Offer(offer, "leek", PRICE, total, utc_text(now + timedelta(hours=opens)), ends)
    with centre.journal.writing(REGION) as tx:
        leek = Product("leek", "章丘大葱", "", "蔬菜", "5斤/捆", PRICE, picture="zhangqiu-spring-onion.svg")
        set_product(centre.journal, tx, REGION, leek, "op")
        set_offer(centre.journal, tx, REGION, made, "op")


def order(quantity: int = 1, offer: str = "O1", point: str = POINT, **changes: Any) -> dict[str, Any]:
    """What a channel posts."""
    return {"point": point, "buyer": BUYER, "lines": [{"offer": offer, "quantity": quantity}], **changes}


@dataclass
class Shop:
    """A channel's view of the centre."""

    address: str
    key: str

    def headers(self, request: str = "") -> dict[str, str]:
        found = {"Authorization": f"Bearer {self.key}"}
        return found | ({"Idempotency-Key": request} if request else {})

    def offers(self, point: str = POINT) -> requests.Response:
        return requests.get(
            f"{self.address}/v1/shop/offers", params={"point": point}, headers=self.headers(), timeout=30
        )

    def place(self, request: str, wanted: dict[str, Any]) -> requests.Response:
        return requests.post(f"{self.address}/v1/shop/orders", json=wanted, headers=self.headers(request), timeout=60)

    def look(self, order_id: str, method: str = "GET") -> requests.Response:
        return requests.request(method, f"{self.address}/v1/shop/orders/{order_id}", headers=self.headers(), timeout=30)


@contextmanager
def shop_at(centre: Centre, threads: int = 16) -> Iterator[Shop]:
    """The centre behind waitress, and a channel that was let in."""
    server = create_server(make_app(centre), host="127.0.0.1", port=0, threads=threads)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _, key = channels.add_channel(centre.db, centre.clock, "小程序", "op")
    yield Shop(f"http://127.0.0.1:{server.effective_port}", key)
    server.task_dispatcher.shutdown()
    left = dict(server._map)
    server.trigger.pull_trigger(server._map.clear)
    thread.join(5)
    wasyncore.close_all(left, ignore_all=True)
