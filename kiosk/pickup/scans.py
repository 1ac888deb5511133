"""What comes through the door: one scan, judged and routed. Also hints for the hand that holds the phone."""

from typing import Literal

import msgspec
from flask_babel import gettext

from kiosk.host import Kiosk
from kiosk.pickup import operations
from kiosk.pickup.board import ScanBoard
from kiosk.pickup.rules import PickupOutcome, PickupResult, Shown, what_is
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import SCAN_NONCE_CHARS, SCAN_STALE_SECONDS

HINTS = {"closer": N_("请再靠近一点"), "hold_still": N_("请拿稳手机")}
STALE, TESTED, HINTED, TO_SALE = "STALE", "TESTED", "HINTED", "TO_SALE"


class Scan(msgspec.Struct, frozen=True):
    """What a reader says. ``kind``: a text was read, it was too long, two different codes were in one frame, or one
    was seen and not readable (``hint`` then says why). ``age_s``: seconds since the frame was taken.
    """

    nonce: str
    kind: Literal["read", "too_long", "conflict", "unreadable"] = "read"
    text: str = ""
    symbology: str = ""
    hint: str = ""
    age_s: float = 0.0


_decoder = msgspec.json.Decoder(Scan)


def read(body: bytes) -> Scan:
    """A scan as the worker posts it. Raises :class:`BadInput` for anything else."""
    try:
        scan = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadInput("SCAN_UNREADABLE", N_("识读程序送来的内容无法识别。")) from error
    if not 0 < len(scan.nonce) <= SCAN_NONCE_CHARS:
        raise BadInput("SCAN_NONCE", N_("识读程序送来的内容缺少编号。"))
    return scan


def take(kiosk: Kiosk, board: ScanBoard, scan: Scan) -> str:
    """Route a scan and tell every screen; the outcome's code. One that comes too late hands nothing out.

    Goods go into the basket while staff are selling; otherwise a resident is told that goods are no pickup pass.

    Nobody may stand before the screen any more when a scan was held up on its way.
    """
    if scan.kind == "unreadable":
        board.hint(scan.hint if scan.hint in HINTS else "hold_still")
        return HINTED
    if not 0 <= scan.age_s <= SCAN_STALE_SECONDS:
        return STALE
    if board.testing() and board.take_test(_verdict(kiosk, scan), scan.symbology):
        return TESTED
    if scan.kind == "read" and board.goods.listening() and what_is(scan.text, scan.symbology) is Shown.GOODS_BARCODE:
        board.goods.hear(scan.nonce, scan.text)
        return TO_SALE
    payload = f"{scan.kind}:{scan.text}"
    id, _ = board.scan(scan.nonce, payload, lambda: _collect(kiosk, scan))  # noqa: A001 - the domain's word
    result = board.result(id)
    return result.outcome.value if result else STALE


def _collect(kiosk: Kiosk, scan: Scan) -> PickupResult:
    if scan.kind == "conflict":
        return PickupResult(PickupOutcome.TWO_PASSES)
    if scan.kind == "too_long":
        return PickupResult(PickupOutcome.NOT_A_PASS)
    return operations.collect_by_pass(kiosk, scan.text, scan.symbology)


def _verdict(kiosk: Kiosk, scan: Scan) -> str:
    """What the devices page says about a code that was only tried: never the code itself."""
    if scan.kind != "read":
        return scan.kind
    kind = what_is(scan.text, scan.symbology)
    return operations.check_pass(kiosk, scan.text).verdict.value if kind is Shown.PASS else kind.value


def hint_words(hint: str) -> str:
    """A hint in the language of the screen."""
    return gettext(HINTS[hint]) if hint in HINTS else ""
