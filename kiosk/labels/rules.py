"""When a label may be sent, and what one may say about it afterwards.

A label is sent once. After the first byte that could make the printer print has left, the job is never sent again by
itself, whatever happens: a second label on the counter is worse than a question to the staff. Only a person who has
looked can ask for a further copy, which then says so in print.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import N_, Refused

QR_PATTERN = re.compile(r"LQL/([0-9A-Z.:]{1,40})/([1-9][0-9]{0,2})/([0-9A-Z.:]{1,40})")
MOST_COPIES = 99
RESTARTED, NOT_REPORTED, CANNOT_DRAW, NO_FONT = "restarted", "not_reported", "cannot_draw", "no_font"


class JobKind(StrEnum):
    """What is printed: the label of a parcel, or one page of a sale's receipt."""

    PARCEL = "parcel"
    RECEIPT = "receipt"


class JobState(StrEnum):
    """Where a print job stands."""

    QUEUED = "queued"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class JobEvent(StrEnum):
    """What can happen to a print job."""

    TAKEN = "taken"
    NOT_SENT = "not_sent"
    PRINTED = "printed"
    HELD = "held"
    LOST_SIGHT = "lost_sight"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class Proof(StrEnum):
    """How we know that a label came out.

    ``ECHO``: the printer named the job after printing it. ``IDLE``: it took every byte and said for two seconds
    afterwards that nothing is wrong and that it prints nothing; that is strong, but the printer does not name the
    job. ``SCAN``: the label itself was read. ``PERSON``: staff looked.
    """

    NONE = ""
    ECHO = "echo"
    IDLE = "idle"
    SCAN = "scan"
    PERSON = "person"


class ReprintReason(StrEnum):
    """Why somebody wants a further copy."""

    NOT_PRINTED = "not_printed"
    DAMAGED = "damaged"
    LOST = "lost"
    UNREADABLE = "unreadable"


TRANSITIONS: dict[tuple[JobState, JobEvent], JobState] = {
    (JobState.QUEUED, JobEvent.TAKEN): JobState.SENDING,
    (JobState.QUEUED, JobEvent.CANCELLED): JobState.CANCELLED,
    (JobState.SENDING, JobEvent.NOT_SENT): JobState.QUEUED,
    (JobState.SENDING, JobEvent.PRINTED): JobState.CONFIRMED,
    (JobState.SENDING, JobEvent.HELD): JobState.BLOCKED,
    (JobState.SENDING, JobEvent.LOST_SIGHT): JobState.UNKNOWN,
    (JobState.BLOCKED, JobEvent.PRINTED): JobState.CONFIRMED,
    (JobState.BLOCKED, JobEvent.LOST_SIGHT): JobState.UNKNOWN,
    (JobState.BLOCKED, JobEvent.REPLACED): JobState.REPLACED,
    # The parcel is gone or its inbound was undone: nobody needs the answer any more.
    (JobState.BLOCKED, JobEvent.CANCELLED): JobState.CANCELLED,
    (JobState.UNKNOWN, JobEvent.PRINTED): JobState.CONFIRMED,
    (JobState.UNKNOWN, JobEvent.REPLACED): JobState.REPLACED,
    (JobState.UNKNOWN, JobEvent.CANCELLED): JobState.CANCELLED,
    # The printer kept it after all, or the old label turned up: known now, though a copy was made.
    (JobState.REPLACED, JobEvent.PRINTED): JobState.CONFIRMED,
}
OPEN = frozenset({JobState.QUEUED, JobState.SENDING, JobState.BLOCKED, JobState.UNKNOWN})
NEEDS_STAFF = frozenset({JobState.BLOCKED, JobState.UNKNOWN})


def after(state: JobState, event: JobEvent) -> JobState | None:
    """The state that follows, or None where the event cannot happen in this state."""
    return TRANSITIONS.get((state, event))


def states_before(event: JobEvent) -> tuple[JobState, ...]:
    """The states in which an event can happen."""
    return tuple(state for (state, happens) in TRANSITIONS if happens is event)


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One label of one parcel, or one page of a sale's receipt. ``content`` is what it says, as JSON.

    ``parcel`` is the parcel's id, or the sale's; ``code`` the pickup code on the label, or the number of the receipt.

    ``trouble`` is a word of ``hardware.printers.status.Trouble`` or one of ours (``not_reported``, ``restarted``,
    ``cannot_draw``) with ``detail`` beside it. Times are UTC text.
    """

    number: int
    id: str
    point: str
    parcel: str
    code: str
    copy: int
    state: JobState
    content: str
    reason: str
    asked_by: str
    asked_at: str
    sent_at: str | None
    ended_at: str | None
    proof: Proof
    trouble: str
    detail: str
    kind: JobKind = JobKind.PARCEL


@dataclass(frozen=True, slots=True)
class LabelMark:
    """What a label's QR code says; on a receipt ``parcel`` is the sale."""

    job: str
    copy: int
    parcel: str


def label_text(mark: LabelMark) -> str:
    """The text of the QR code: capital letters, digits, ``/.:`` only, which QR packs 5.5 bits a character."""
    return f"LQL/{mark.job}/{mark.copy}/{mark.parcel}"


def read_label_text(text: str) -> LabelMark | None:
    """What was scanned, when it is one of our labels."""
    found = QR_PATTERN.fullmatch(text.strip().upper())
    return LabelMark(found[1], int(found[2]), found[3]) if found else None


def next_copy(copies: int) -> int:
    """The number of the next copy, when ``copies`` labels of this parcel and code exist. At most 99."""
    if copies >= MOST_COPIES:
        raise Refused("TOO_MANY_COPIES", N_("这件包裹的标签已经补打太多次。"), N_("请手写取件码贴在包裹上。"))
    return copies + 1


STATE_WORDS = {
    JobState.QUEUED: N_("等待打印"),
    JobState.SENDING: N_("正在发送"),
    JobState.CONFIRMED: N_("已打印"),
    JobState.BLOCKED: N_("打印机卡住"),
    JobState.UNKNOWN: N_("不确定"),
    JobState.CANCELLED: N_("已取消"),
    JobState.REPLACED: N_("已补打"),
}
PROOF_WORDS = {
    Proof.NONE: "",
    Proof.ECHO: N_("打印机已回报"),
    Proof.IDLE: N_("打印机已空闲，没有报错"),
    Proof.SCAN: N_("已扫到这张标签"),
    Proof.PERSON: N_("店员已看到"),
}
REASON_WORDS = {
    ReprintReason.NOT_PRINTED: N_("没有打出来"),
    ReprintReason.DAMAGED: N_("标签破损"),
    ReprintReason.LOST: N_("标签丢失"),
    ReprintReason.UNREADABLE: N_("看不清楚"),
}
OWN_TROUBLE_WORDS = {
    RESTARTED: (N_("打印程序在发送途中重新启动。"), N_("请看打印机出口；没有打出时请补打。")),
    NOT_REPORTED: (N_("已发送，这台打印机不回报结果。"), N_("请看标签是否打出，或扫一下标签上的二维码。")),
    CANNOT_DRAW: (N_("这张标签画不出来。"), N_("请修改内容后补打，或手写取件码。")),
    NO_FONT: (N_("本机没有中文字体，无法打印标签。"), N_("请安装 fonts-noto-cjk 或 fonts-wqy-zenhei。")),
}
