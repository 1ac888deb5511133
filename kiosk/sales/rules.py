"""What a basket comes to, how cash is counted, and what a search means on a screen without a keyboard."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.allotments.rules import Frozen, Offer
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import QUANTITY_MAX, SALE_CASH_FEN_MAX, SALE_LINES_MAX
from shared.kernel.money import parse_yuan
from shared.orders.rules import OrderLine

NOTES_FEN = (1_000, 2_000, 5_000, 10_000)
"""The banknotes that a hand gives most often: 10, 20, 50 and 100 yuan."""


class OnSale(StrEnum):
    """Whether a product can go into the basket, and if not, why."""

    YES = "yes"
    NONE_LEFT = "none_left"
    NOT_OPEN = "not_open"
    CLOSED = "closed"
    FROZEN = "frozen"


ON_SALE_WORDS = {
    OnSale.YES: "",
    OnSale.NONE_LEFT: N_("联网后可再分配"),
    OnSale.NOT_OPEN: N_("还没有开售"),
    OnSale.CLOSED: N_("已截单"),
    OnSale.FROZEN: N_("暂停销售"),
}


FROZEN_STEPS = {
    Frozen.NO_GUARD: N_("接通网络，等右上角显示在线；与中心核对一次后自动恢复。取件和入库不受影响。"),
    Frozen.FOREIGN: N_("存储卡可能来自另一台设备：请联系运营重新登记本机。取件和入库不受影响。"),
    Frozen.OLD_DATABASE: N_("接通网络，等右上角显示在线；与中心核对一次后自动恢复。取件和入库不受影响。"),
}


@dataclass(frozen=True, slots=True)
class Good:
    """A product as it is offered here. ``free`` is what this point may sell by itself, ``in_basket`` what is chosen."""

    offer: str
    sku: str
    name: str
    spec: str
    category: str
    barcode: str
    picture: str
    price_fen: int
    free: int
    on_sale: OnSale
    in_basket: int = 0

    @property
    def slug(self) -> str:
        """Its id as part of an element's id."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.offer)


@dataclass(frozen=True, slots=True)
class CounterSale:
    """A sale at this counter. Times are UTC text; ``number`` is what the receipt says, ``device`` where it was sold."""

    id: str
    number: str
    device: str
    lines: tuple[OrderLine, ...]
    total_fen: int
    cash_fen: int
    staff: str
    at: str
    undone_at: str | None = None

    @property
    def change_fen(self) -> int:
        """What goes back to the resident."""
        return max(0, self.cash_fen - self.total_fen)

    @property
    def units(self) -> int:
        """How many things were sold."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What the drawer should hold of a day's sales: those that stand, and those taken back."""

    sales: int
    units: int
    cash_fen: int
    undone: int
    undone_fen: int


def day_totals(sales: Iterable[CounterSale]) -> DayTotals:
    """Add up a day."""
    all_of_it = list(sales)
    stand = [sale for sale in all_of_it if sale.undone_at is None]
    back = [sale for sale in all_of_it if sale.undone_at is not None]
    return DayTotals(
        len(stand),
        sum(sale.units for sale in stand),
        sum(sale.total_fen for sale in stand),
        len(back),
        sum(sale.total_fen for sale in back),
    )


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A product in the basket."""

    good: Good
    quantity: int

    @property
    def amount_fen(self) -> int:
        """What the line comes to."""
        return self.quantity * self.good.price_fen

    @property
    def too_many(self) -> bool:
        """Whether there is less left than is in the basket: somebody else sold meanwhile."""
        return self.good.on_sale is not OnSale.YES or self.quantity > self.good.free


@dataclass(frozen=True, slots=True)
class Basket:
    """What one member of staff is about to sell."""

    lines: tuple[BasketLine, ...] = ()

    @property
    def total_fen(self) -> int:
        """What it comes to."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def units(self) -> int:
        """How many things it holds."""
        return sum(line.quantity for line in self.lines)

    @property
    def sellable(self) -> bool:
        """Whether all of it can be sold now."""
        return bool(self.lines) and not any(line.too_many for line in self.lines)


def judged(offer: Offer, right: int, frozen: Frozen | None, moment: str) -> OnSale:
    """Whether a product can be sold at a moment (UTC text) by a point with a right to so many."""
    if frozen is not None:
        return OnSale.FROZEN
    if offer.over_at(moment):
        return OnSale.CLOSED
    if not offer.open_at(moment):
        return OnSale.NOT_OPEN
    return OnSale.YES if right > 0 else OnSale.NONE_LEFT


def changed_quantity(good: Good, held: int, change: int, kinds: int) -> int:
    """How many of a product the basket holds after a tap. Raises ``Refused`` when there is not enough of it.

    Taking out is never refused. ``kinds`` is how many other products the basket holds.
    """
    wanted = max(0, min(held + change, QUANTITY_MAX))
    if change <= 0:
        return wanted
    if good.on_sale is not OnSale.YES:
        raise _not_for_sale(good)
    if wanted > good.free:
        raise Refused(
            "SALE_TOO_FEW",
            N_("%(name)s 可售 %(free)s，已经都在购物车里。"),
            N_("联网后可再分配；急用请减少数量，或请居民用手机下单。"),
            name=good.name,
            free=good.free,
        )
    if not held and kinds >= SALE_LINES_MAX:
        raise Refused("SALE_LINES", N_("一单最多 %(count)s 种商品。"), N_("请先收款，再开一单。"), count=SALE_LINES_MAX)
    return wanted


def _not_for_sale(good: Good) -> Refused:
    match good.on_sale:
        case OnSale.NOT_OPEN:
            return Refused("OFFER_CLOSED", N_("%(name)s 还没有开售。"), N_("请选择其他商品。"), name=good.name)
        case OnSale.CLOSED:
            return Refused("OFFER_CLOSED", N_("%(name)s 已截单。"), N_("请选择其他商品。"), name=good.name)
        case OnSale.FROZEN:
            return Refused(
                "SALE_FROZEN", N_("本机暂停销售 %(name)s。"), N_("请联网同步一次，之后自动恢复。"), name=good.name
            )
        case _:
            return Refused(
                "SALE_NONE_LEFT",
                N_("%(name)s 可售 0，联网后可再分配。"),
                N_("本机已记下需求，联网后自动申请；急用请居民用手机下单。"),
                name=good.name,
            )


def read_cash(text: str, total_fen: int) -> int:
    """The cash that staff took, in fen. Raises ``BadInput`` or ``Refused`` CASH_SHORT."""
    try:
        cash = parse_yuan(text)
    except ValueError:
        raise BadInput("CASH", N_("没有看懂实收金额。"), N_("请重新输入。")) from None
    if cash > SALE_CASH_FEN_MAX:
        raise BadInput("CASH", N_("实收金额太大。"), N_("请重新输入。"))
    if cash < total_fen:
        raise Refused("CASH_SHORT", N_("实收少于应收。"), N_("请核对收到的现金。"))
    return cash


def fits_search(good: Good, text: str, initials: str) -> bool:
    """Whether a product is meant: by a part of its name, its code or barcode, or the first letters of its pinyin."""
    wanted = unicodedata.normalize("NFKC", text).casefold().strip()
    if not wanted:
        return True
    named = f"{good.name} {good.spec} {good.category}".casefold()
    return (
        wanted in named
        or good.sku.casefold().startswith(wanted)
        or good.barcode.startswith(wanted)
        or wanted in initials
    )


def categories_of(goods: Sequence[Good]) -> list[str]:
    """The categories on sale, each once, in the order of the goods."""
    return list(dict.fromkeys(good.category for good in goods if good.category))
