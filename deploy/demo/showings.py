"""What can be held up to a kiosk's camera, good and bad."""

import random
from dataclasses import dataclass
from enum import StrEnum

from deploy.demo import books
from deploy.demo.lobby import UNSEEN, Answer, Lobby
from deploy.demo.town import DemoKiosk, Town
from shared.kernel.errors import N_, BadInput
from shared.residents import store as residents
from shared.residents.rules import ResidentDetail
from shared.web.i18n import words

LONG_DIGITS, HUGE_DIGITS = 600, 4096
HARDNESS = (("0.1", N_("拿得稳")), ("0.35", N_("随手一举")), ("0.6", N_("又远又晃")))
_HARDNESS_VALUES = {value for value, _ in HARDNESS}


class ShowingKind(StrEnum):
    """Everything the panel can hold up."""

    VALID = "valid"
    FORGED = "forged"
    EXPIRED = "expired"
    FOREIGN = "foreign"
    GOODS = "goods"
    LONG = "long"
    HUGE = "huge"


KIND_WORDS = {
    ShowingKind.VALID: N_("取件凭证"),
    ShowingKind.FORGED: N_("改过一位的凭证"),
    ShowingKind.EXPIRED: N_("过期的凭证"),
    ShowingKind.FOREIGN: N_("别的自提点的凭证"),
    ShowingKind.GOODS: N_("商品条码当凭证"),
    ShowingKind.LONG: N_("600 位的二维码"),
    ShowingKind.HUGE: N_("4 KB 的二维码"),
}


PASSES = {ShowingKind.VALID, ShowingKind.FORGED, ShowingKind.EXPIRED, ShowingKind.FOREIGN}


@dataclass(frozen=True)
class Said:
    """What was held up, in words, whose pass it was, and what the kiosk's screen answered."""

    kind: ShowingKind
    resident: str
    what: str
    whose: str
    answer: Answer

    @property
    def seen(self) -> bool:
        """Whether the kiosk showed a result."""
        return self.answer.outcome != UNSEEN


def hardness_of(text: str) -> float:
    """How badly it is held; the middle for anything unknown."""
    return float(text) if text in _HARDNESS_VALUES else float(HARDNESS[1][0])


def hold(town: Town, kiosk: DemoKiosk, kind: ShowingKind, resident: str, hardness: float) -> Said:
    """Hold it up. ``resident`` names whose pass; empty takes somebody. Raises ``BadInput`` when there is nobody."""
    who = _who(town, kiosk, resident)
    text = _text(town, kiosk, kind, who.phone)
    # a fresh lobby has no visit of its own, so it ends nobody's who stands before the real screen
    lobby = Lobby(kiosk.url, kiosk.camera)
    answer = lobby.present(text, hardness, random.randrange(1, 1 << 20), tries=1)  # noqa: S311 - how a hand trembles
    return Said(kind, who.id, words(KIND_WORDS[kind], {}), who.name if kind in PASSES else "", answer)


def _who(town: Town, kiosk: DemoKiosk, resident: str) -> ResidentDetail:
    wanted = resident or next(iter(books.to_collect(kiosk)), "")
    if not wanted:
        here = residents.residents(town.books.db, kiosk.point.code, limit=1)
        wanted = here[0].id if here else ""
    who = residents.detail(town.books.db, wanted)
    if who is None:
        raise BadInput("RESIDENT_UNKNOWN", N_("没有这位居民。"), N_("请从名单中选择。"))
    return who


def _text(town: Town, kiosk: DemoKiosk, kind: ShowingKind, phone: str) -> str:
    code = kiosk.point.code
    match kind:
        case ShowingKind.FORGED:
            return books.forged(books.pass_for(town.books, code, phone))
        case ShowingKind.EXPIRED:
            return books.pass_for(town.books, code, phone, books.PASS_OLD)
        case ShowingKind.FOREIGN:
            other = next(one.point.code for one in town.kiosks if one.point.code != code)
            return books.pass_for(town.books, other, phone)
        case ShowingKind.GOODS:
            return town.neighbourhood.goods[0].barcode
        case ShowingKind.LONG:
            return "7" * LONG_DIGITS
        case ShowingKind.HUGE:
            return "7" * HUGE_DIGITS
        case _:
            return books.pass_for(town.books, code, phone)
