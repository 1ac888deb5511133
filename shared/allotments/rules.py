"""Who may sell how much: bounded counters, so that an offer is never oversold, with or without network.

Each holder (a device at a point, or a server installation that sells by phone) has four counters of each offer, and
each only grows: granted (the centre writes it), sold, returned, undone (the holder writes them). Two reports of the
same counters merge by the maximum of each, so that a report lost, repeated or late changes nothing. A holder may sell
``granted - sold - returned + undone``; the centre gives out no more than the total less what all holders hold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from math import ceil
from typing import NamedTuple

from shared.kernel.errors import N_, Refused
from shared.kernel.limits import (
    ALLOTMENT_FIRST_SHARE,
    ALLOTMENT_OFFLINE_DAYS,
    ALLOTMENT_SAFETY_UNITS,
    ALLOTMENT_SCARCE_SHARE,
    OFFER_UNITS_MAX,
    PRICE_FEN_MAX,
    QUANTITY_MAX,
)


class Counters(NamedTuple):
    """What one holder was granted of an offer, and what it has sold (or reserved), returned and undone."""

    granted: int = 0
    sold: int = 0
    returned: int = 0
    undone: int = 0

    @property
    def right(self) -> int:
        """Units that may still be sold; below zero after a crash or a restore made the holder count too much."""
        return self.granted - self.sold - self.returned + self.undone

    @property
    def gone(self) -> int:
        """Units that residents have."""
        return self.sold - self.undone

    @property
    def held(self) -> int:
        """Units that no one else may sell. What is gone was held, whatever the grants say: used implies granted."""
        return max(self.granted - self.returned, self.gone)

    def merged(self, other: "Counters") -> "Counters":
        """Both reports together."""
        return Counters(*map(max, self, other))

    def selling(self, units: int) -> "Counters":
        """After a sale."""
        return self._replace(sold=self.sold + units)

    def undoing(self, units: int) -> "Counters":
        """After a sale was taken back."""
        return self._replace(undone=self.undone + units)

    def returning(self, units: int) -> "Counters":
        """After units were given back to the pool."""
        return self._replace(returned=self.returned + units)


NOTHING = Counters()


def first_of_life(told: Counters) -> Counters:
    """What the centre believes of a holder's first report after the centre was restored: the holder's word.

    A grant that only the centre remembers is void, because the holder never got it; what was used was granted.
    """
    return told._replace(granted=max(told.granted, told.sold + told.returned - told.undone))


def signed_off(counters: Counters, gone: int) -> Counters:
    """The counters once a person has found that ``gone`` units in all were sold: the rest goes back to the pool."""
    granted = max(counters.granted, gone)
    return Counters(
        granted, max(counters.sold, gone + counters.undone), max(counters.returned, granted - gone), counters.undone
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """Units of a product for sale in a region. Times are UTC text; ``cutoff_at`` None: until it is taken down."""

    id: str
    sku: str
    price_fen: int
    total: int
    opens_at: str
    cutoff_at: str | None = None
    active: bool = True

    def open_at(self, moment: str) -> bool:
        """Whether it is on sale at a moment (UTC text)."""
        return self.active and self.opens_at <= moment and not self.over_at(moment)

    def over_at(self, moment: str) -> bool:
        """Whether nothing of it will be sold any more."""
        return not self.active or (self.cutoff_at is not None and self.cutoff_at <= moment)


def check_offer(offer: Offer, committed: int) -> None:
    """Raise ``Refused`` OFFER_PRICE, OFFER_TIMES, OFFER_TOTAL; a total is never lowered below what holders hold."""
    if not offer.sku or not 0 <= offer.price_fen <= PRICE_FEN_MAX:
        raise Refused("OFFER_PRICE", N_("报价缺少商品，或价格超出范围。"), N_("请改正商品和价格。"))
    if offer.cutoff_at is not None and offer.cutoff_at <= offer.opens_at:
        raise Refused("OFFER_TIMES", N_("截单时间早于开售时间。"), N_("请改正时间。"))
    if not 0 <= offer.total <= OFFER_UNITS_MAX:
        raise Refused("OFFER_TOTAL", N_("总量超出范围。"), N_("请改为 0 到 %(most)s。"), most=OFFER_UNITS_MAX)
    if offer.total < committed:
        raise Refused(
            "OFFER_TOTAL",
            N_("总量不能低于已占用的 %(committed)s 件：已售出，或已分配给自提点。"),
            N_("请先收回自提点的配额，或把总量定为 %(committed)s 以上。"),
            committed=committed,
        )


def check_sale(offer: Offer | None, quantity: int, moment: str) -> Offer:
    """The offer, if it is on sale at ``moment``. Raises ``Refused`` OFFER_UNKNOWN, SALE_QUANTITY, OFFER_CLOSED."""
    if offer is None:
        raise Refused("OFFER_UNKNOWN", N_("没有这个在售商品。"), N_("请刷新商品列表。"))
    if not 0 < quantity <= QUANTITY_MAX:
        raise Refused("SALE_QUANTITY", N_("数量超出范围。"), N_("请改正数量。"))
    if not offer.open_at(moment):
        raise Refused("OFFER_CLOSED", N_("该商品还没有开售，或已截单。"), N_("请选择其他商品。"))
    return offer


def check_right(right: int, quantity: int) -> None:
    """Raise ``Refused`` SALE_NONE_LEFT or SALE_TOO_FEW when this point may not sell so many by itself."""
    if right <= 0:
        raise Refused("SALE_NONE_LEFT", N_("可售 0，联网后可再分配。"), N_("可以先登记需求，联网后自动申请配额。"))
    if right < quantity:
        raise Refused(
            "SALE_TOO_FEW",
            N_("可售 %(right)s，不够 %(quantity)s 件；联网后可再分配。"),
            N_("请减少数量，或先登记需求。"),
            right=right,
            quantity=quantity,
        )


def check_pool(free: int, quantity: int) -> None:
    """Raise ``Refused`` SALE_NONE_LEFT or SALE_TOO_FEW when the pool does not hold so many."""
    if free <= 0:
        raise Refused("SALE_NONE_LEFT", N_("可售 0：余量已分配到各自提点。"), N_("请到自提点购买，或稍后再试。"))
    if free < quantity:
        raise Refused(
            "SALE_TOO_FEW",
            N_("可售 %(right)s，不够 %(quantity)s 件。"),
            N_("请减少数量。"),
            right=free,
            quantity=quantity,
        )


class Frozen(StrEnum):
    """Why a kiosk sells nothing until it has made one round."""

    NO_GUARD = "no_guard"
    FOREIGN = "foreign"
    OLD_DATABASE = "old_database"


FROZEN_WORDS = {
    Frozen.NO_GUARD: N_("本机缺少额度护卫文件，不能确认已经卖出多少。"),
    Frozen.FOREIGN: N_("额度护卫文件属于另一台设备，本机没有它的配额。"),
    Frozen.OLD_DATABASE: N_("本机数据库比额度护卫文件旧，可能来自备份。"),
}


def refuse_frozen(why: Frozen) -> Refused:
    """The refusal of every sale while a kiosk is frozen."""
    return Refused("SALE_FROZEN", FROZEN_WORDS[why], N_("请联网同步一次，之后自动恢复销售。"))


class Verdict(IntEnum):
    """What the centre thinks of the lot of rights that a device told."""

    GOOD = 0
    RETIRED = 1
    """Give back what is left, and begin a new lot."""
    TELL_ALL = 2
    """Tell everything with the next round."""


class HolderState(StrEnum):
    """How the centre regards a holder's rights."""

    LIVE = "live"
    LOST = "lost"
    DEAD = "dead"
    CLOSED = "closed"


HOLDER_STATE_NAMES = {
    HolderState.LIVE: N_("使用中"),
    HolderState.LOST: N_("护卫丢失，风险额度"),
    HolderState.DEAD: N_("设备失联，风险额度"),
    HolderState.CLOSED: N_("已清点核销"),
}
AT_RISK = (HolderState.LOST, HolderState.DEAD)


@dataclass(frozen=True, slots=True)
class RightRow:
    """A kiosk's counters of one offer, and what of them the centre has heard. ``low``: ask when the right is below."""

    lot: str
    offer: str
    counters: Counters
    heard: tuple[int, int, int]
    low: int
    short: int
    asked_at: str

    @property
    def unheard(self) -> bool:
        """Whether the centre does not know it all."""
        return self.heard != self.counters[1:]


@dataclass(frozen=True, slots=True)
class Pool:
    """An offer at the centre. ``held``: units that holders have or sold; ``generation``: in which it was last whole.

    ``serial`` rises whenever units leave the pool, so that an older copy of the database is told by it. ``sharers``:
    devices of the region when the offer was last set. ``waits_for``: one of those whose word was missing when somebody
    looked. ``recalled_at``: when holders were last asked to give back.
    """

    offer: str
    region: str
    total: int
    held: int
    opens_at: str
    cutoff_at: str | None
    active: bool
    generation: int
    serial: int = 0
    sharers: int = 1
    waits_for: str = ""
    recalled_at: str = ""

    @property
    def free(self) -> int:
        """Units that may be granted or sold by phone; below zero when more came to light than the total."""
        return self.total - self.held


@dataclass(frozen=True, slots=True)
class Share:
    """What one lot of a device (or server installation) holds of an offer, as the centre has heard.

    ``by_hand``: given by an operator because the goods lie there; it is not recalled before the cut-off.
    ``signed_gone``: units that a person found gone when this share was written off.
    """

    offer: str
    device: str
    lot: str
    point: str
    counters: Counters
    state: HolderState
    by_hand: bool
    signed_gone: int | None
    first_at: str
    heard_at: str


class Holder(NamedTuple):
    """A lot of rights: whose it is, on which hardware, and the last generation in which all of it was told."""

    region: str
    device: str
    lot: str
    point: str
    hardware: str
    generation: int
    state: HolderState
    heard_at: str


class Supply(NamedTuple):
    """What decides a grant: the pool, how many devices share it, and how the offer sells at this point."""

    total: int
    free: int
    devices: int
    per_day: float | None
    days_left: float | None

    @property
    def target(self) -> int:
        """Units a point should have to itself: what it sells over the days it may be offline, and some to be safe.

        Where nothing is known yet, a small equal share, so that the first to ask does not take all.
        """
        if self.per_day is None:
            return max(1, ceil(self.total / (ALLOTMENT_FIRST_SHARE * max(1, self.devices))))
        days = ALLOTMENT_OFFLINE_DAYS if self.days_left is None else min(ALLOTMENT_OFFLINE_DAYS, self.days_left)
        return ceil(self.per_day * days) + ALLOTMENT_SAFETY_UNITS

    @property
    def scarce(self) -> bool:
        """Whether the pool would not give every device its target."""
        return self.free < self.target * max(1, self.devices)


def grant_units(supply: Supply, right: int, short: int) -> int:
    """Units to grant who has ``right`` and had to refuse ``short``: small and often where the pool is scarce."""
    if supply.free <= 0:
        return 0
    wanted = max(supply.target, short) - right
    if supply.scarce:
        wanted = min(wanted, max(1, supply.free // (ALLOTMENT_SCARCE_SHARE * max(1, supply.devices)), short - right))
    return max(0, min(wanted, supply.free))


def low_mark(supply: Supply) -> int:
    """Below this right a kiosk asks for more with its next round."""
    return max(1, ceil(supply.target / 2))


def keep_units(supply: Supply, right: int) -> int | None:
    """Units a holder may keep where others lack some: what it sells, and as much again; None when it has no more."""
    keep = 2 * supply.target
    return keep if right > keep else None


def mean_per_day(days: Mapping[str, int], since_days: int) -> float | None:
    """Sales a day over the last ``since_days`` days (at least 1); None when nothing was ever sold or told."""
    if not days or since_days < 1:
        return None
    return sum(days.values()) / since_days


def committed(rows: Iterable[Counters]) -> int:
    """Units of an offer that somebody holds; the pool is the total less these."""
    return sum(row.held for row in rows)
