"""What the resident's screens show of a result: words in the reader's language, shelves, what waits and why."""

from dataclasses import dataclass

from flask_babel import gettext as _

from kiosk import workers
from kiosk.host import Kiosk
from kiosk.pickup.rules import TO_BE_HAD, PickupOutcome, PickupResult, spoken
from shared.kernel.errors import N_
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState
from shared.pickup_points import store as pickup_points
from shared.web.i18n import words
from shared.web.render import local_time

CAMERA_WORKS = {"ok", "starting"}

WAITING = {
    ParcelState.EXPECTED: ("idle", "truck", N_("在路上")),
    ParcelState.ARRIVED: ("info", "clock", N_("等待上架")),
    ParcelState.EXCEPTION: ("warn", "package-x", N_("请找店员")),
    ParcelState.RETURNED: ("warn", "undo-2", N_("已退回")),
}
HELD_BACK = ("warn", "credit-card", N_("订单未付款或已取消"))


@dataclass(frozen=True, slots=True)
class Said:
    """A result in words: title, cause, next step, code, tone, sound and icon; ``speech`` is said aloud."""

    title: str
    text: str
    next_step: str
    code: str
    tone: str
    sound: str
    icon: str
    speech: str


def shown(result: PickupResult) -> Said:
    """A result in the language of this request."""
    params = dict(result.params)
    if "at" in params:
        params["time"] = local_time(str(params["at"])) or _("早些时候")
    if "expires" in params:
        params["day"] = local_time(str(params["expires"]))
    said = result.words
    title = words(said.title, params)
    codes = [spoken(parcel.pickup_code) for parcel in result.handed if parcel.pickup_code]
    handed_out = result.outcome is PickupOutcome.HANDED_OUT
    return Said(
        title,
        words(said.text, params),
        words(said.next_step, params),
        result.code,
        said.tone,
        said.sound,
        said.icon,
        ". ".join([title, *codes]) if handed_out else title,
    )


def waiting_pill(parcel: Parcel) -> tuple[str, str, str]:
    """Why a parcel is not handed out now: tone, icon, words."""
    tone, icon, text = HELD_BACK if parcel.state in TO_BE_HAD else WAITING[parcel.state]
    return tone, icon, _(text)


def code_size(result: PickupResult) -> str:
    """Codes are the largest type there is room for beside what else must be said: huge, large, row (two columns)."""
    if result.outcome is not PickupOutcome.HANDED_OUT:
        return "row"
    lines = len(result.handed) + (1 if result.waiting else 0) + (1 if result.more else 0)
    return "huge" if lines <= 2 else "large" if lines <= 3 else "row" if len(result.handed) <= 12 else "small"


def goods_of(parcel: Parcel) -> str:
    """What is inside, in a line; nothing for a courier's parcel."""
    return "、".join(f"{one.name} ×{one.quantity}" for one in parcel.contents)


def shelves_of(kiosk: Kiosk, result: PickupResult) -> dict[str, object]:
    """The point's shelves for the map, and those to go to; empty when there is nothing to fetch."""
    here = sorted({str(parcel.shelf) for parcel in result.handed if parcel.shelf is not None})
    if result.outcome is not PickupOutcome.HANDED_OUT or not here:
        return {}
    point = kiosk.point_code
    taken = parcels.occupancy(kiosk.db, point)
    shelves: dict[int, dict[str, object]] = {}
    for layer in pickup_points.shelf_layers(kiosk.db, point):
        shelf = shelves.setdefault(
            layer.shelf, {"code": str(layer.shelf), "name": "", "used": 0, "room": 0, "cold": layer.cold}
        )
        shelf["name"] = _("冷柜") if layer.cold else _("货架")
        shelf["used"] = int(str(shelf["used"])) + taken.get(layer.place, 0)
        shelf["room"] = int(str(shelf["room"])) + layer.capacity
    return {"shelves": [shelves[number] for number in sorted(shelves)], "here": here}


def camera_trouble(kiosk: Kiosk) -> bool:
    """True while the camera cannot read a pass, so that the screen offers the code first."""
    if not kiosk.config.camera:
        return True
    state = workers.states(kiosk.db, kiosk.clock).get("scan")
    return state is not None and state.state not in CAMERA_WORKS


FOR_TEMPLATES = {"waiting_pill": waiting_pill, "code_size": code_size, "goods_of": goods_of}
"""What the templates of this room call."""
