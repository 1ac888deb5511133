"""A real kiosk at a point in Jinan: encrypted file, shelves, staff, residents, parcels; enrolled as enrolment would."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask

from kiosk import store
from kiosk.app import make_app
from kiosk.config import Config
from kiosk.host import Kiosk, open_kiosk
from shared.kernel import passes
from shared.kernel.clock import Clock, ManualClock, utc_text
from shared.orders import facts as order_facts
from shared.orders.rules import OrderLine
from shared.parcels import facts as parcel_facts
from shared.parcels import store as parcels
from shared.parcels.operations import mark_exception, receive_parcel, return_parcel
from shared.parcels.rules import Content, Parcel
from shared.pickup_points import facts as point_facts
from shared.residents import facts as resident_facts
from shared.residents.rules import Resident
from shared.sync import store as sync_store
from shared.sync.signing import public_bytes

POINT, NUMBER, REGION = "JN-HL01", 7, "jinan"
MASTER = bytes(range(32))
START = datetime(2026, 11, 22, 3, tzinfo=UTC)
PIN = "246810"
STAFF = "S1"


def settings(data: Path, port: int = 8000, camera: str = "virtual:none", language: str = "zh_Hans_CN") -> Config:
    """A kiosk's settings with its data in ``data``."""
    return Config(
        data=data,
        server="http://127.0.0.1:1",
        host="127.0.0.1",
        port=port,
        camera=camera,
        scanner="",
        printer="",
        certificates="",
        language=language,
        timezone="Asia/Shanghai",
        demo=False,
    )


@dataclass
class Scene:
    """The kiosk, and verbs that put things into it the way the centre and the staff do."""

    kiosk: Kiosk
    _number: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def open(cls, config: Config, clock: Clock | None = None) -> "Scene":
        """A kiosk with a point, six shelf layers and one member of staff."""
        scene = cls(open_kiosk(config, clock or ManualClock(START)))
        scene._enrol()
        layers = [(1, 1, False), (1, 2, False), (2, 1, False), (3, 1, False), (3, 2, False), (9, 1, True)]
        hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)
        scene.record(
            point_facts.Opened(NUMBER, "洪楼社区自提点", "洪家楼南路 1 号", REGION, "053112345678", "08:00-21:00"),
            *(point_facts.ShelfLayerSet(s, n, f"{s} 架 {n} 层", 40, cold) for s, n, cold in layers),
            point_facts.StaffSet(STAFF, "张店长", hashed, "leader", True),
        )
        return scene

    def _enrol(self) -> None:
        now = utc_text(self.kiosk.clock.now())
        with self.kiosk.db.writing() as tx:
            sync_store.enrol_state(tx, device="K1", hardware="hw", epoch="E1", point=POINT, region=REGION, generation=1)
            sync_store.set_progress(tx, generation=1, acked_seq=0, durable_seq=0, next_s=30, contact=now, tried=now)
            key, own = passes.point_key(MASTER, NUMBER), public_bytes(self.kiosk.device_key)
            store.set_enrolment(tx, store.Enrolment("http://127.0.0.1:1", bytes(32), own, NUMBER, key, now))

    def record(self, *payloads: object) -> None:
        """Record facts as they would come from anywhere."""
        journal = self.kiosk.journal()
        with journal.writing(POINT) as tx:
            for payload in payloads:
                journal.record(tx, payload, point=POINT, actor="test")  # type: ignore[arg-type]  # all are Structs

    def app(self) -> Flask:
        """The kiosk's whole web app."""
        app = make_app(self.kiosk)
        app.config["WTF_CSRF_ENABLED"] = False
        return app

    def resident(self, name: str = "王*明", tail: str = "8899") -> Resident:
        """A resident who is known here."""
        number = next(self._number)
        joined = Resident(f"R{number}", 1000 + number, name, tail)
        self.record(resident_facts.Joined(joined.id, joined.number, name, tail))
        return joined

    def order(self, resident: Resident, *, paid: bool = True, sku: str = "zq-scallion", name: str = "章丘大葱") -> str:
        """An order of two units."""
        number = next(self._number)
        order = f"O{number}"
        lines = (OrderLine(sku, name, 2, 590),)
        placed = order_facts.Placed(order, f"N{number}", resident.id, lines, 1180, paid, utc_text(START))
        self.record(placed)
        return order

    def parcel(
        self,
        resident: Resident,
        *,
        order: str = "",
        cold: bool = False,
        place: tuple[int, int] | None = None,
        goods: Sequence[Content] = (),
    ) -> Parcel:
        """A parcel that was announced, has arrived and lies on a shelf."""
        expected = self.expected(resident, order=order, cold=cold, goods=goods)
        got = receive_parcel(self.kiosk.journal(), POINT, expected.waybill, STAFF, place=place)
        assert got.parcel is not None
        return got.parcel

    def expected(
        self, resident: Resident, *, order: str = "", cold: bool = False, goods: Sequence[Content] = ()
    ) -> Parcel:
        """A parcel that is on its way."""
        number = next(self._number)
        waybill = f"LQ{number:08d}" if goods or order else f"SF{number:012d}"
        self.record(
            parcel_facts.Expected(
                f"P{number}", waybill, "OWN" if goods or order else "SF", resident.id, order, resident.name_masked,
                resident.phone_tail, cold, tuple(goods),
            )
        )  # fmt: skip
        found = parcels.parcel(self.kiosk.db, POINT, f"P{number}")
        assert found is not None
        return found

    def unplaced(self, resident: Resident) -> Parcel:
        """A parcel that arrived and found no place on a shelf."""
        expected = self.expected(resident)
        self.record(
            parcel_facts.Inbound(
                expected.id, expected.waybill, "SF", resident.id, "", resident.name_masked, resident.phone_tail,
                None, None, "", False, (),
            )
        )  # fmt: skip
        return self.now(expected)

    def broken(self, resident: Resident) -> Parcel:
        """A parcel with an exception."""
        return mark_exception(self.kiosk.journal(), POINT, self.parcel(resident).id, "外箱破损", STAFF)

    def returned(self, resident: Resident) -> Parcel:
        """A parcel that left again."""
        return return_parcel(self.kiosk.journal(), POINT, self.parcel(resident).id, "超期", STAFF)

    def now(self, parcel: Parcel) -> Parcel:
        """The parcel as it is now."""
        found = parcels.parcel(self.kiosk.db, POINT, parcel.id)
        assert found is not None
        return found

    def pass_of(self, resident: Resident, hours: float = 48, point: int = NUMBER) -> str:
        """A pass as the centre issues it."""
        expires = self.kiosk.clock.now() + timedelta(hours=hours)
        return passes.issue(passes.point_key(MASTER, point), point, resident.number, expires)
