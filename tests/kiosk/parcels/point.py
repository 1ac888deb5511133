"""A point with shelves, staff, residents and announced parcels, on a kiosk of its own; everything through the facts."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher

from kiosk import store as kiosk_store
from kiosk.config import read_config
from kiosk.host import Kiosk, open_kiosk
from shared.kernel import passes
from shared.kernel.clock import Clock
from shared.parcels.operations import expect_parcel
from shared.parcels.rules import Content, Recipient
from shared.pickup_points.operations import open_point, set_shelf_layer, set_staff
from shared.pickup_points.rules import ShelfLayer, Staff, StaffRole
from shared.residents.facts import Joined
from shared.sync import store as sync_store
from shared.sync.signing import public_bytes

POINT, REGION, NUMBER = "JN-HL01", "jinan", 7
PINS = {"S1": "135790", "S2": "246801"}
NAMES = {"S1": "张店长", "S2": "李小梅"}
# Weak on purpose: what is tested is the counting of tries, not the cost of one.
HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass(frozen=True)
class Known:
    """A resident of the point."""

    id: str
    name: str
    tail: str


RESIDENTS = [Known(f"R.{n}", f"{family}*{given}", f"{8800 + n}") for n, (family, given) in enumerate(
    [("王", "明"), ("李", "娜"), ("赵", "强"), ("孙", "丽"), ("周", "杰"), ("吴", "霞"), ("郑", "军"), ("冯", "敏")]
)]  # fmt: skip


def waybill(n: int) -> str:
    """The waybill of the n-th announced parcel."""
    return f"LQ20261122{n:04d}"


def make_point(
    data: Path, *, clock: Clock | None = None, printer: str = "", parcels: int = 40, layers: int = 9, capacity: int = 30
) -> Kiosk:
    """An enrolled kiosk in ``data`` whose point is set up; ``parcels`` are announced, every tenth of them cold."""
    config = read_config(
        {"LINQU_DATA": str(data), "LINQU_SERVER": "http://127.0.0.1:1", "LINQU_PRINTER": printer or "virtual:/nowhere"}
    )
    kiosk = open_kiosk(config, clock)
    with kiosk.db.writing() as tx:
        sync_store.enrol_state(tx, device="K1", hardware="hw", epoch="EK1", point=POINT, region=REGION, generation=1)
        kiosk_store.set_enrolment(
            tx,
            kiosk_store.Enrolment(
                config.server,
                secrets.token_bytes(32),
                public_bytes(kiosk.device_key),
                NUMBER,
                passes.point_key(b"m" * 32, NUMBER),
                "2026-11-22T00:00:00.000Z",
            ),
        )
    journal = kiosk.journal()
    with journal.writing(POINT) as tx:
        open_point(journal, tx, POINT, number=NUMBER, name="洪楼社区自提点", region=REGION, actor="operator")
        for n in range(layers):
            shelf, layer = n // 3 + 1, n % 3 + 1
            cold = shelf == 3 and layer == 3
            made = ShelfLayer(shelf, layer, "冷柜" if cold else "", capacity, cold)
            set_shelf_layer(journal, tx, POINT, made, "operator")
        for staff, pin in PINS.items():
            role = StaffRole.LEADER if staff == "S1" else StaffRole.STAFF
            set_staff(journal, tx, POINT, Staff(staff, NAMES[staff], HASHER.hash(pin), role, True), "operator")
        for n, known in enumerate(RESIDENTS):
            journal.record(tx, Joined(known.id, 1000 + n, known.name, known.tail), point=POINT, actor="operator")
        for n in range(parcels):
            known = RESIDENTS[n % len(RESIDENTS)]
            expect_parcel(
                journal,
                tx,
                POINT,
                waybill=waybill(n),
                recipient=Recipient(known.id, known.name, known.tail),
                actor="operator",
                contents=[Content(f"G{n}", "章丘大葱" if n % 2 else "高青黑牛肉卷", 1 + n % 3)],
                cold=n % 10 == 9,
            )
    return kiosk
