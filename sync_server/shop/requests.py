"""What channels send and get: JSON in and out, read strictly."""

import hashlib
from typing import Annotated

import msgspec

from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import QUANTITY_MAX, SHOP_ORDER_LINES

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)]


class WantedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one offer."""

    offer: Text
    quantity: Quantity


class Buyer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who orders: name and mobile number. Both stay at the centre; a point sees them masked."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    phone: Annotated[str, msgspec.Meta(min_length=11, max_length=30)]


class OrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /v1/shop/orders``. ``paid``: the channel has taken the money."""

    point: Text
    buyer: Buyer
    lines: Annotated[list[WantedLine], msgspec.Meta(min_length=1, max_length=SHOP_ORDER_LINES)]
    paid: bool = True


class OfferAnswer(msgspec.Struct, frozen=True):
    """One offer. ``state``: open, not_open, closed, sold_out, frozen; ``available`` units can be ordered now."""

    id: str
    sku: str
    name: str
    spec: str
    category: str
    picture: str
    price_fen: int
    available: int
    state: str
    opens_at: str
    cutoff_at: str | None


class OffersAnswer(msgspec.Struct, frozen=True):
    """``GET /v1/shop/offers``; ``at`` is the centre's time, by which cut-offs are judged."""

    point: str
    at: str
    offers: list[OfferAnswer]


class LineAnswer(msgspec.Struct, frozen=True):
    """One line of an order."""

    sku: str
    name: str
    quantity: int
    price_fen: int


class OrderAnswer(msgspec.Struct, frozen=True):
    """An order as a channel sees it. ``state``: placed, paid, ready, collected, cancelled, refunded."""

    id: str
    number: str
    point: str
    state: str
    total_fen: int
    placed_at: str
    collected_at: str | None
    lines: list[LineAnswer]


_decode = msgspec.json.Decoder(OrderRequest).decode


def read_order(body: bytes) -> OrderRequest:
    """An order as a channel sends it. Raises ``BadInput`` ORDER_UNREADABLE that names the field."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            "ORDER_UNREADABLE", N_("读不懂这份订单：%(why)s"), N_("请按接口说明改正 JSON。"), why=str(error)[:200]
        ) from error


def digest(wanted: OrderRequest) -> str:
    """Tells whether two requests ask for the same."""
    return hashlib.blake2b(msgspec.json.encode(wanted), digest_size=16).hexdigest()
