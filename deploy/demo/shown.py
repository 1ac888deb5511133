"""What the panel shows of a point, read from the books and the devices' own words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.demo import books
from deploy.demo.town import DemoKiosk, Town
from hardware.virtual.mailbox import Mailbox
from hardware.virtual.remote import labels, printer_state
from kiosk import workers
from kiosk.scan.rules import PICTURE
from kiosk.sync.badge import link
from shared.kernel.errors import N_
from shared.parcels.rules import Parcel
from shared.residents import store as residents
from shared.web.frame import Link

LABELS_SHOWN = 4
CAMERA_WORDS = {
    "covered": N_("镜头被盖住"),
    "frozen": N_("画面卡住"),
    "starting": N_("正在启动"),
    "missing": N_("找不到摄像头"),
}
CAMERA_SILENT = N_("没有画面")


@dataclass(frozen=True)
class Person:
    """Somebody with something to collect: whole name and phone number, as only the centre knows them."""

    id: str
    name: str
    phone: str
    parcels: tuple[Parcel, ...]


def people_with_parcels(town: Town, kiosk: DemoKiosk, search: str, limit: int) -> tuple[list[Person], int]:
    """Residents who could collect now, those with most first, and how many there are; ``search`` looks in name, phone
    and pickup codes."""
    people = []
    for resident, parcels in books.to_collect(kiosk).items():
        detail = residents.detail(town.books.db, resident)
        if detail is None:
            continue
        found = Person(resident, detail.name, detail.phone, tuple(parcels))
        codes = [parcel.pickup_code for parcel in parcels]
        if not search or any(search in text for text in (found.name, found.phone, *codes)):
            people.append(found)
    people.sort(key=lambda person: (-len(person.parcels), person.parcels[0].pickup_code))
    return people[:limit], len(people)


@dataclass(frozen=True)
class Delivery:
    """One parcel that will come: what is on its slip. ``goods`` is empty for a courier's."""

    waybill: str
    name: str
    phone: str
    goods: str
    cold: bool
    courier: bool


@dataclass(frozen=True)
class Stock:
    """Parcels on their way to a point: some of them, and how many there are."""

    shown: tuple[Delivery, ...]
    own: int
    courier: int


def deliveries(town: Town, kiosk: DemoKiosk, search: str, limit: int) -> Stock:
    """What is announced and not here yet, and couriers' parcels that nobody announced."""
    own = [
        Delivery(
            parcel.waybill,
            parcel.name_masked,
            parcel.phone_tail,
            "、".join(f"{one.name} ×{one.quantity}" for one in parcel.contents),
            parcel.cold,
            courier=False,
        )
        for parcel in books.expected(kiosk, books.MOST_ROWS)
    ]
    known = books.known_waybills(kiosk)
    courier = [
        Delivery(one.waybill, one.name, one.phone, "", cold=False, courier=True)
        for one in town.neighbourhood.courier_parcels
        if one.point == kiosk.point.code and one.waybill not in known
    ]
    fitting = [one for one in (*courier[: limit // 4], *own, *courier[limit // 4 :]) if _fits(one, search)]
    return Stock(tuple(fitting[:limit]), len(own), len(courier))


def _fits(delivery: Delivery, search: str) -> bool:
    return any(search.upper() in text for text in (delivery.waybill, delivery.name, delivery.phone, delivery.goods))


@dataclass(frozen=True)
class PointState:
    """The devices of a point as they are now. ``camera`` is the scan process's word, ``told`` what we told the camera;
    ``picture`` changes when there is a new one and is empty when there is none."""

    network: bool
    link: Link
    waiting: int
    camera: str
    told: str
    held_up: int
    picture: str
    printer: dict[str, Any]
    printer_word: str
    labels: tuple[str, ...]
    labels_open: int

    @property
    def camera_words(self) -> str:
        """Message id of what is wrong with the camera."""
        return CAMERA_WORDS.get(self.camera, CAMERA_SILENT)


def point_state(kiosk: DemoKiosk) -> PointState:
    """Look at everything once."""
    states = workers.states(kiosk.books.db, kiosk.books.clock)
    picture = Path(kiosk.environ["LINQU_DATA"]) / PICTURE
    told = kiosk.camera / "told"
    return PointState(
        network=kiosk.cable.whole,
        link=link(kiosk.books),
        waiting=kiosk.waiting(),
        camera=states["scan"].state if "scan" in states else "silent",
        told=told.read_text(encoding="ascii") if told.is_file() else "normal",
        held_up=sum("show" in command for _, command in Mailbox(kiosk.camera).waiting()),
        picture=str(picture.stat().st_mtime_ns) if picture.is_file() else "",
        printer=printer_state(kiosk.printer),
        printer_word=states["print"].state if "print" in states else "silent",
        labels=tuple(path.name for path in reversed(labels(kiosk.printer)[-LABELS_SHOWN:])),
        labels_open=books.labels_open(kiosk),
    )
