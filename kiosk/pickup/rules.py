"""What a resident at the kiosk can be told, and what a scan is."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.kernel.clock import utc_text
from shared.kernel.errors import N_
from shared.kernel.limits import (
    COLLECTED_SHOWN_HOURS,
    RESULT_MESSAGE_SECONDS,
    RESULT_PARCEL_SECONDS,
    RESULT_SECONDS,
    RESULT_SECONDS_MAX,
    SCAN_TEXT_BYTES,
)
from shared.kernel.passes import PassVerdict, looks_like_pass
from shared.orders.rules import OrderState
from shared.parcels.rules import Parcel, ParcelState

CODE_DIGITS = 6
TAIL_DIGITS = 4


class PickupOutcome(StrEnum):
    """Everything that coming to the kiosk can end in. The value is the code on the screen."""

    HANDED_OUT = "HANDED_OUT"
    ALREADY_COLLECTED = "ALREADY_COLLECTED"
    NOT_ARRIVED = "NOT_ARRIVED"
    NOT_READY = "NOT_READY"
    NOTHING_HERE = "NOTHING_HERE"
    NOT_SYNCED = "NOT_SYNCED"
    UNPAID = "UNPAID"
    CANCELLED = "CANCELLED"
    EXCEPTION = "EXCEPTION"
    RETURNED = "RETURNED"
    WRONG_POINT = "WRONG_POINT"
    FORGED = "FORGED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    NOT_A_PASS = "NOT_A_PASS"  # noqa: S105 - an outcome
    PARCEL_LABEL = "PARCEL_LABEL"
    GOODS_BARCODE = "GOODS_BARCODE"
    TWO_PASSES = "TWO_PASSES"
    UNKNOWN_CODE = "UNKNOWN_CODE"
    LOCKED = "LOCKED"
    NOT_DONE = "NOT_DONE"


@dataclass(frozen=True, slots=True)
class Words:
    """Message ids of one outcome: what it is, why, what to do now; and how it looks and sounds."""

    title: str
    text: str
    next_step: str
    tone: str
    sound: str
    icon: str


_FIND_STAFF = N_("请找店员。")

WORDS: dict[PickupOutcome, Words] = {
    PickupOutcome.HANDED_OUT: Words(
        N_("请取 %(count)s 件"),
        N_("按下面的取件码到货架上拿。"),
        "",
        "ok",
        "ok",
        "circle-check",
    ),
    PickupOutcome.ALREADY_COLLECTED: Words(
        N_("这些已经取走了"),
        N_("%(time)s 在本点取走 %(count)s 件。"),
        N_("没有拿到？请找店员查取件记录。"),
        "info",
        "attention",
        "package-check",
    ),
    PickupOutcome.NOT_ARRIVED: Words(
        N_("您的包裹还没到"),
        N_("有 %(count)s 件还在路上。"),
        N_("请收到到货通知后再来。"),
        "info",
        "attention",
        "truck",
    ),
    PickupOutcome.NOT_READY: Words(
        N_("已经到店，还没上架"),
        N_("有 %(count)s 件刚到，正等着上货架。"),
        N_("请稍等几分钟再试，或请店员帮您找。"),
        "info",
        "attention",
        "clock",
    ),
    PickupOutcome.NOTHING_HERE: Words(
        N_("这里没有您的包裹"),
        N_("凭证有效，本点现在没有您可以取的包裹。"),
        N_("请核对到货通知上的自提点。"),
        "info",
        "attention",
        "package-search",
    ),
    PickupOutcome.NOT_SYNCED: Words(
        N_("凭证有效，资料还没到"),
        N_("本机还没有收到您的资料，可能是网络不通。"),
        N_("请找店员按手机尾号查找包裹。"),
        "warn",
        "attention",
        "cloud-off",
    ),
    PickupOutcome.UNPAID: Words(
        N_("订单还没有付款"),
        N_("付款以后才能取货，货给您留着。"),
        N_("请在手机上付款，再来扫一次。"),
        "warn",
        "attention",
        "credit-card",
    ),
    PickupOutcome.CANCELLED: Words(
        N_("订单已经取消"),
        N_("取消的订单不能再取货。"),
        N_("如果不是您取消的，请找店员。"),
        "warn",
        "attention",
        "ban",
    ),
    PickupOutcome.EXCEPTION: Words(
        N_("包裹需要店员处理"),
        N_("有 %(count)s 件登记为异常，例如破损或少件。"),
        N_("请找店员当面处理。"),
        "warn",
        "attention",
        "package-x",
    ),
    PickupOutcome.RETURNED: Words(
        N_("包裹已经退回"),
        N_("有 %(count)s 件因超过保管时间等原因已退回。"),
        N_("请找店员问清去向。"),
        "warn",
        "attention",
        "undo-2",
    ),
    PickupOutcome.WRONG_POINT: Words(
        N_("这是别的自提点的凭证"),
        N_("凭证属于 %(number)s 号自提点，这里是 %(here)s 号。"),
        N_("请到下单时选的自提点去取。"),
        "warn",
        "error",
        "map-pin",
    ),
    PickupOutcome.FORGED: Words(
        N_("这张凭证核对不上"),
        N_("它可能被改过，或是没有截完整。"),
        N_("请打开手机里的原凭证再扫一次。"),
        "alarm",
        "error",
        "shield",
    ),
    PickupOutcome.EXPIRED: Words(
        N_("这张凭证过期了"),
        N_("凭证到 %(day)s 为止有效。"),
        N_("请在手机上重新打开取件凭证。"),
        "warn",
        "error",
        "clock-alert",
    ),
    PickupOutcome.REVOKED: Words(
        N_("这张凭证已经作废"),
        N_("它的主人收回了这张凭证。"),
        N_("请向包裹的主人要一张新的。"),
        "alarm",
        "error",
        "ban",
    ),
    PickupOutcome.NOT_A_PASS: Words(
        N_("这不是取件凭证"),
        N_("刚才看到的码不是取件用的。"),
        N_("请打开手机里的取件凭证，把二维码对准镜头。"),
        "warn",
        "error",
        "qr-code",
    ),
    PickupOutcome.PARCEL_LABEL: Words(
        N_("这是包裹上的面单"),
        N_("取件要看您手机里的取件凭证。"),
        N_("拿错了包裹？请交给店员。"),
        "info",
        "attention",
        "package",
    ),
    PickupOutcome.GOODS_BARCODE: Words(
        N_("这是商品条码"),
        N_("取件要看您手机里的取件凭证。"),
        N_("请打开手机里的取件凭证，把二维码对准镜头。"),
        "info",
        "attention",
        "scan-barcode",
    ),
    PickupOutcome.TWO_PASSES: Words(
        N_("同时看到两个码"),
        N_("分不清要取谁的包裹，所以一件也没有出库。"),
        N_("请一次只出示一个。"),
        "warn",
        "error",
        "users",
    ),
    PickupOutcome.UNKNOWN_CODE: Words(
        N_("取件码或手机尾号不对"),
        N_("还可以再试 %(left)s 次。"),
        N_("请对照短信逐位输入，或扫取件凭证。"),
        "warn",
        "error",
        "keyboard",
    ),
    PickupOutcome.LOCKED: Words(
        N_("输入取件码先停一停"),
        N_("连续输错太多次，约 %(minutes)s 分钟后可以再输。"),
        N_("现在可以扫取件凭证，或找店员。"),
        "alarm",
        "error",
        "lock",
    ),
    PickupOutcome.NOT_DONE: Words(
        N_("这次没有办成"),
        "",
        _FIND_STAFF,
        "alarm",
        "error",
        "octagon-alert",
    ),
}

OF_VERDICT = {
    PassVerdict.FORGED: PickupOutcome.FORGED,
    PassVerdict.EXPIRED: PickupOutcome.EXPIRED,
    PassVerdict.REVOKED: PickupOutcome.REVOKED,
    PassVerdict.WRONG_POINT: PickupOutcome.WRONG_POINT,
    PassVerdict.NOT_A_PASS: PickupOutcome.NOT_A_PASS,
}


@dataclass(frozen=True, slots=True)
class PickupResult:
    """One visit's end. ``handed`` lies on the shelf to be taken now (or was taken, when already collected).

    ``waiting`` is the resident's and not to be had yet; ``more`` could be handed out as well if the resident wants it
    (after a pickup code, which names one parcel only). ``params`` fill the words; ``refusal`` replaces them.
    """

    outcome: PickupOutcome
    handed: tuple[Parcel, ...] = ()
    waiting: tuple[Parcel, ...] = ()
    more: tuple[Parcel, ...] = ()
    resident: str = ""
    params: dict[str, object] = field(default_factory=dict)
    refusal: tuple[str, str, str] | None = None

    @property
    def words(self) -> Words:
        """What to say about it."""
        words = WORDS[self.outcome]
        if self.refusal is None:
            return words
        return replace(words, text=self.refusal[1], next_step=self.refusal[2] or words.next_step)

    @property
    def code(self) -> str:
        """What to tell staff on the phone."""
        return self.refusal[0] if self.refusal is not None else self.outcome.value

    @property
    def seconds(self) -> int:
        """How long the screen stays before it is wiped: 8 s for what one remembers, longer for more to read."""
        if self.outcome is not PickupOutcome.HANDED_OUT:
            return RESULT_MESSAGE_SECONDS
        beyond = len(self.handed) + len(self.waiting) + len(self.more) - 3
        return min(RESULT_SECONDS + RESULT_PARCEL_SECONDS * max(0, beyond), RESULT_SECONDS_MAX)


class Shown(StrEnum):
    """What was held before the camera, as far as its form tells."""

    PASS = "pass"  # noqa: S105 - a kind of code
    PARCEL_LABEL = "parcel_label"
    GOODS_BARCODE = "goods_barcode"
    OTHER = "other"


TO_BE_HAD = frozenset({ParcelState.READY, ParcelState.OVERDUE})
HELD = (ParcelState.EXPECTED, ParcelState.ARRIVED, ParcelState.READY, ParcelState.OVERDUE, ParcelState.EXCEPTION)
PAST = (ParcelState.COLLECTED, ParcelState.RETURNED)

OF_SHOWN = {
    Shown.PARCEL_LABEL: PickupOutcome.PARCEL_LABEL,
    Shown.GOODS_BARCODE: PickupOutcome.GOODS_BARCODE,
    Shown.OTHER: PickupOutcome.NOT_A_PASS,
}

_GOODS = re.compile(r"\d{8}|\d{12,13}")
_GOODS_SYMBOLOGIES = {"EAN13", "EAN8", "UPCA"}
_LABEL = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9.\-/#:]{7,39}", re.IGNORECASE)


def what_is(text: str, symbology: str = "") -> Shown:
    """Judge a scan by its form alone. A form that only resembles a label costs nothing: nobody is handed anything."""
    if len(text.encode("utf-8", "surrogatepass")) > SCAN_TEXT_BYTES:
        return Shown.OTHER
    if looks_like_pass(text):
        return Shown.PASS
    if symbology in _GOODS_SYMBOLOGIES or (_GOODS.fullmatch(text) and check_digit_fits(text)):
        return Shown.GOODS_BARCODE
    return Shown.PARCEL_LABEL if _LABEL.fullmatch(text) else Shown.OTHER


def check_digit_fits(digits: str) -> bool:
    """Whether EAN-8, UPC-A or EAN-13 digits end in the check digit that GS1's General Specifications 7.9 ask for."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return digits.isascii() and weighted % 10 == 0


def spoken(code: str) -> str:
    """A pickup code digit by digit, with a pause at each dash, so that 0457 is not read as a number."""
    return ", ".join(" ".join(part) for part in code.split("-"))


# --- nothing to hand out: why -------------------------------------------------------------------------------------


def why_nothing(
    held: Sequence[Parcel], past: Sequence[Parcel], orders: Collection[OrderState], now: datetime
) -> tuple[PickupOutcome, list[Parcel]]:
    """Why a resident gets nothing now, and the parcels concerned. ``past``: what was collected or returned.

    What needs staff comes first, then what was taken within the hour (the same pass shown twice), then what is on its
    way. A clock that jumped back makes everything collected seem recent, which is still true.
    """
    for state, outcome in (
        (ParcelState.EXCEPTION, PickupOutcome.EXCEPTION),
        (ParcelState.ARRIVED, PickupOutcome.NOT_READY),
    ):
        concerned = [parcel for parcel in held if parcel.state is state]
        if concerned:
            return outcome, concerned
    just = collected_since(past, now - timedelta(hours=1))
    if just:
        return PickupOutcome.ALREADY_COLLECTED, just
    expected = [parcel for parcel in held if parcel.state is ParcelState.EXPECTED]
    if OrderState.PLACED in orders and not expected:
        return PickupOutcome.UNPAID, []
    if expected or OrderState.PAID in orders:
        return PickupOutcome.NOT_ARRIVED, expected
    return _why_nothing_more(past, orders, now)


def _why_nothing_more(
    past: Sequence[Parcel], orders: Collection[OrderState], now: datetime
) -> tuple[PickupOutcome, list[Parcel]]:
    lately = collected_since(past, now - timedelta(hours=COLLECTED_SHOWN_HOURS))
    if lately:
        return PickupOutcome.ALREADY_COLLECTED, lately
    returned = [parcel for parcel in past if parcel.state is ParcelState.RETURNED]
    if returned:
        return PickupOutcome.RETURNED, returned
    if not past and (OrderState.CANCELLED in orders or OrderState.REFUNDED in orders):
        return PickupOutcome.CANCELLED, []
    return PickupOutcome.NOTHING_HERE, []


def collected_since(past: Sequence[Parcel], since: datetime) -> list[Parcel]:
    """The parcels of the latest hand-out after ``since``; empty when there was none."""
    collected = [p for p in past if p.state is ParcelState.COLLECTED and (p.collected_at or "") >= utc_text(since)]
    latest = max(collected, key=lambda parcel: parcel.collected_at or "", default=None)
    return [parcel for parcel in collected if latest and parcel.collected_fact == latest.collected_fact]
