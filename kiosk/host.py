"""The kiosk as its pages and workers see it: settings, database, clock, keys, who and where it is."""

import contextlib
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import current_app

from kiosk import store
from kiosk.ballast import Ballast
from kiosk.config import Config
from kiosk.guard import open_guard
from kiosk.house import kiosk_house
from kiosk.log_mark import LogMark, read_header
from kiosk.machine import hardware_enrolled_as
from kiosk.watermark import MarkedJournal, Watermark, find_loss
from shared.allotments.guard import GuardFile
from shared.allotments.riding import KioskRider
from shared.db import SqliteDatabase, open_sqlite
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import N_, Refused
from shared.kernel.ids import IdMaker
from shared.pickup_points import store as pickup_points
from shared.pickup_points.rules import PickupPoint
from shared.sync import House, KioskJournal
from shared.sync import store as sync_store
from shared.sync.rebuild import migrate_house
from shared.sync.signing import keep_hex_secret, load_or_make_key, public_bytes

DATABASE_FILE = "kiosk.db"
DEVICE_KEY = "device.key"
NEXT_KEY = "device.key.next"


class NotEnrolled(Refused):
    """The kiosk belongs to no point yet."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "NOT_ENROLLED",
            N_("本机还没有登记到自提点。"),
            N_("请在运营后台生成登记码，并在本机输入。"),
        )


class ForeignDatabase(Refused):
    """The database belongs to another device."""

    status = 503

    def __init__(self, device: str) -> None:
        super().__init__(
            "DATABASE_FOREIGN",
            N_("这个数据库属于另一台设备（%(device)s），本机不使用它。"),
            N_("请把原来的存储卡放回那台设备，或清空数据目录后重新登记。"),
            device=device,
        )


@dataclass
class Kiosk:
    """One kiosk process. Threads share it."""

    config: Config
    db: SqliteDatabase
    clock: Clock
    house: House
    device_key: Ed25519PrivateKey
    secret: bytes
    hardware: str
    ballast: Ballast
    watermark: Watermark
    guard: GuardFile
    _journal: KioskJournal | None = field(default=None, repr=False)

    def state(self) -> sync_store.SyncState | None:
        """Identity and sync progress; None before enrolment."""
        return sync_store.sync_state(self.db)

    @property
    def point_code(self) -> str:
        """The code of the point this kiosk belongs to. Raises :class:`NotEnrolled`."""
        return self.enrolled_state().point

    def enrolled_state(self) -> sync_store.SyncState:
        """Identity and sync progress. Raises :class:`NotEnrolled`."""
        state = self.state()
        if state is None:
            raise NotEnrolled
        return state

    def enrolment(self) -> store.Enrolment:
        """What enrolment gave. Raises :class:`NotEnrolled`."""
        enrolled = store.enrolment(self.db)
        if enrolled is None:
            raise NotEnrolled
        return enrolled

    def journal(self) -> KioskJournal:
        """Where this process records facts. Raises :class:`NotEnrolled`."""
        if self._journal is None:
            ids = IdMaker.at_start(self.enrolled_state().device)
            self._journal = MarkedJournal(self.db, self.clock, ids, self.house, watermark=self.watermark)
        return self._journal

    def point(self) -> PickupPoint | None:
        """The point as it came down from the centre; None until the first round is done."""
        state = self.state()
        return pickup_points.point(self.db, state.point) if state else None

    def next_device_key(self) -> Ed25519PrivateKey:
        """The key to enrol with anew, on the disk before it is used: the present one is another machine's too."""
        return load_or_make_key(self.config.data / NEXT_KEY)

    def take_enrolled_key(self) -> None:
        """Sign with the key this kiosk was enrolled with last. Raises :class:`ForeignDatabase` when it isn't here."""
        enrolled = store.enrolment(self.db)
        if enrolled is None or enrolled.device_key == public_bytes(self.device_key):
            return
        following = self.config.data / NEXT_KEY
        if following.exists() and public_bytes(load_or_make_key(following)) == enrolled.device_key:
            with contextlib.suppress(FileNotFoundError):
                # of several processes that hear of it at once, another one was quicker
                following.replace(self.config.data / DEVICE_KEY)
        self.device_key = load_or_make_key(self.config.data / DEVICE_KEY)
        if enrolled.device_key != public_bytes(self.device_key):
            raise ForeignDatabase(self.enrolled_state().device)

    def derived_secret(self, purpose: str) -> str:
        """A secret of this machine for one purpose (sessions, worker token), as hexadecimal text."""
        return hmac.new(self.secret, purpose.encode(), hashlib.sha256).hexdigest()


def open_kiosk(config: Config, clock: Clock | None = None) -> Kiosk:
    """Open (or begin) a kiosk in its data directory.

    Raises ``DatabaseUnreadable`` for a damaged file or a wrong key, :class:`ForeignDatabase` for another device's.
    """
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # encrypts the database; on the same card as the data it delays a thief, no more
    secret = bytes.fromhex(keep_hex_secret(config.data / "db.key"))
    device_key = load_or_make_key(config.data / DEVICE_KEY)
    ballast, watermark = Ballast(config.data), Watermark(config.data)
    ballast.make_room()
    log_mark, log_header = LogMark(config.data), read_header(config.data / DATABASE_FILE)
    db = open_sqlite(config.data / DATABASE_FILE, key=secret.hex(), authoritative=False)
    log_cut = log_mark.was_cut(log_header, db)
    db.before_writing, db.after_writing = ballast.make_room, partial(log_mark.note, db)
    house = kiosk_house()
    if migrate_house(db, house):
        # a new column or table may want what an older version of this program passed over
        with db.writing() as tx:
            sync_store.forget_cursors(tx)
    state = sync_store.sync_state(db)
    hardware = hardware_enrolled_as(state.hardware if state else "", config.hardware)
    guard = open_guard(config.data, secret, hardware)
    house.rider = KioskRider(guard)
    clock = clock or SystemClock()
    kiosk = Kiosk(config, db, clock, house, device_key, secret, hardware, ballast, watermark, guard)
    kiosk.take_enrolled_key()
    find_loss(db, clock, watermark, log_cut=log_cut)
    return kiosk


def current_kiosk() -> Kiosk:
    """The kiosk of the running request."""
    return cast(Kiosk, current_app.extensions["linqu_kiosk"])
