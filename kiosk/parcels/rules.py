"""What staff can do at the counter, what came of it, and what can be taken back."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import N_
from shared.pickup_points.rules import ShelfLayer


class ActionKind(StrEnum):
    """What staff did."""

    INBOUND = "inbound"
    HAND_OUT = "hand_out"
    MOVE = "move"
    EXCEPTION = "exception"
    EXCEPTION_END = "exception_end"
    LABEL_READ = "label_read"


class ActionOutcome(StrEnum):
    """How it ended; the first part are the outcomes of inbound, then those of hand-out, then our own."""

    RECEIVED = "received"
    NO_SPACE = "no_space"
    ALREADY_HERE = "already_here"
    ALREADY_COLLECTED = "already_collected"
    UNKNOWN_WAYBILL = "unknown_waybill"
    BAD_WAYBILL = "bad_waybill"
    HANDED_OUT = "handed_out"
    NOT_READY = "not_ready"
    ORDER_UNPAID = "order_unpaid"
    ORDER_CANCELLED = "order_cancelled"
    EXCEPTION = "exception"
    UNKNOWN = "unknown"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class OutcomeWords:
    """How an outcome is said, shown and heard."""

    text: str
    tone: str
    icon: str
    sound: str


OUTCOME_WORDS = {
    ActionOutcome.RECEIVED: OutcomeWords(N_("已入库"), "ok", "circle-check", "ok"),
    ActionOutcome.NO_SPACE: OutcomeWords(N_("已入库，货架已满"), "warn", "triangle-alert", "attention"),
    ActionOutcome.ALREADY_HERE: OutcomeWords(N_("重复：已经在库"), "warn", "copy", "attention"),
    ActionOutcome.ALREADY_COLLECTED: OutcomeWords(N_("已经取走"), "warn", "triangle-alert", "attention"),
    ActionOutcome.UNKNOWN_WAYBILL: OutcomeWords(N_("没有预报，请补收件人"), "warn", "user", "attention"),
    ActionOutcome.BAD_WAYBILL: OutcomeWords(N_("这不是面单号"), "alarm", "octagon-alert", "error"),
    ActionOutcome.HANDED_OUT: OutcomeWords(N_("已出库"), "ok", "circle-check", "ok"),
    ActionOutcome.NOT_READY: OutcomeWords(N_("还不能出库"), "warn", "triangle-alert", "attention"),
    ActionOutcome.ORDER_UNPAID: OutcomeWords(N_("订单未付款"), "warn", "triangle-alert", "attention"),
    ActionOutcome.ORDER_CANCELLED: OutcomeWords(N_("订单已取消"), "alarm", "octagon-alert", "error"),
    ActionOutcome.EXCEPTION: OutcomeWords(N_("包裹异常，不能出库"), "alarm", "octagon-alert", "error"),
    ActionOutcome.UNKNOWN: OutcomeWords(N_("没有这件包裹"), "alarm", "octagon-alert", "error"),
    ActionOutcome.DONE: OutcomeWords(N_("已完成"), "ok", "circle-check", "ok"),
}
KIND_WORDS = {
    ActionKind.INBOUND: N_("入库"),
    ActionKind.HAND_OUT: N_("出库"),
    ActionKind.MOVE: N_("换货架"),
    ActionKind.EXCEPTION: N_("登记异常"),
    ActionKind.EXCEPTION_END: N_("解除异常"),
    ActionKind.LABEL_READ: N_("核对标签"),
}
SUCCEEDED = frozenset({ActionOutcome.RECEIVED, ActionOutcome.NO_SPACE, ActionOutcome.HANDED_OUT, ActionOutcome.DONE})
CAN_BE_UNDONE = frozenset({ActionKind.INBOUND, ActionKind.HAND_OUT, ActionKind.EXCEPTION})


class ExceptionReason(StrEnum):
    """Why a parcel cannot go out as it is."""

    DAMAGED = "damaged"
    SHORT = "short"
    LABEL_UNREADABLE = "label_unreadable"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    OTHER = "other"


EXCEPTION_WORDS = {
    ExceptionReason.DAMAGED: N_("外包装破损"),
    ExceptionReason.SHORT: N_("少件"),
    ExceptionReason.LABEL_UNREADABLE: N_("面单看不清"),
    ExceptionReason.NOT_FOUND: N_("货架上找不到"),
    ExceptionReason.REFUSED: N_("居民拒收"),
    ExceptionReason.OTHER: N_("其他原因"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing done at the counter. ``nonce`` names the press of the button; ``parcels`` are ids; times are UTC text,
    ``at_ms`` is the machine's monotonic clock."""

    number: int
    nonce: str
    kind: ActionKind
    outcome: ActionOutcome
    waybill: str
    parcels: tuple[str, ...]
    staff: str
    staff_name: str
    at: str
    at_ms: int
    note: str = ""
    undone_at: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether something was changed by it."""
        return self.outcome in SUCCEEDED

    @property
    def can_be_undone(self) -> bool:
        """Whether a way back is offered; the parcel's own rules have the last word."""
        return self.succeeded and self.kind in CAN_BE_UNDONE and self.undone_at is None and bool(self.parcels)


@dataclass(frozen=True, slots=True)
class Space:
    """A layer and how much room is left on it."""

    layer: ShelfLayer
    used: int

    @property
    def free(self) -> int:
        """Parcels that still fit."""
        return max(0, self.layer.capacity - self.used)

    @property
    def code(self) -> str:
        """``3-2``: the front of every pickup code on it."""
        return f"{self.layer.shelf}-{self.layer.layer}"


def read_place(text: str) -> tuple[int, int] | None:
    """``3-2`` → (3, 2); None for anything else."""
    shelf, _, layer = text.partition("-")
    if len(shelf) == len(layer) == 1 and (shelf + layer).isascii() and (shelf + layer).isdigit():
        return int(shelf), int(layer)
    return None
