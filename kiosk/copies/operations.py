"""Copy the database, onto a stick or to a file, and put it back."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import store as kiosk_store
from kiosk.carry import store as carry_store
from kiosk.config import Config
from kiosk.copies import store
from kiosk.copies.rules import ROTATION, Plan, StickCopy, StickState, is_old, next_slot, slot_name
from kiosk.erasure import store as erasure
from kiosk.host import DATABASE_FILE, DEVICE_KEY, ForeignDatabase, Kiosk
from kiosk.house import kiosk_house
from kiosk.log_mark import FILE as LOG_MARK
from kiosk.watermark import FILE as NEWEST_MARK
from shared.db import DatabaseUnreadable, SqliteDatabase, copies, open_sqlite
from shared.db.migrations import schema_version
from shared.kernel.clock import Clock, utc_text
from shared.kernel.errors import N_, Refused
from shared.sync import House, carry
from shared.sync import store as sync_store
from shared.sync.rebuild import migrate_house
from shared.sync.signing import keep_hex_secret, load_or_make_key, public_bytes
from shared.sync.tables import MIGRATIONS as GROUND

KEYS_NAME = "linqu-{device}.keys"
MARKS = (NEWEST_MARK, LOG_MARK)
"""Files that say how far the database had come: true of the replaced one only."""


def back_up(kiosk: Kiosk, file: Path) -> int:
    """Write a copy of this moment to ``file``, and the sealed keys beside it; its bytes.

    Raises ``FileExistsError`` rather than write over a copy, ``OSError``, ``CopyDamaged``.
    """
    if file.exists():
        raise FileExistsError(file)
    size = copies.write_copy(kiosk.db, file)
    if kiosk.state() is not None:
        leave_keys(kiosk, file.parent)
    return size


# --- the stick ----------------------------------------------------------------------------------------------------


def stick_plan(config: Config) -> Plan:
    """How often the stick gets a copy."""
    return Plan(config.copy_hours, config.copy_facts)


def stick_place(config: Config) -> StickState:
    """Whether the stick is there: ``OK``, ``OFF``, ``MISSING`` or ``SAME_DISK``.

    A stick that is not plugged in leaves an empty folder on the card itself: the disk is what counts, not the folder.
    """
    if config.copy is None:
        return StickState.OFF
    try:
        there = config.copy.stat()
    except OSError:
        return StickState.MISSING
    if not config.copy.is_dir():
        return StickState.MISSING
    same = there.st_dev == config.data.stat().st_dev and not config.copy_same_disk
    if same:
        # an empty folder is where the stick would be mounted; one with files in it was chosen by mistake
        return StickState.SAME_DISK if any(config.copy.iterdir()) else StickState.MISSING
    return StickState.OK


def copy_to_stick(kiosk: Kiosk) -> StickCopy:
    """Write the older of the two copies on the stick anew. Raises ``OSError``, ``CopyDamaged``."""
    folder = kiosk.config.copy
    assert folder is not None  # noqa: S101 - asked after stick_place said OK
    device = kiosk.enrolled_state().device
    name = slot_name(device, next_slot(device, store.stick_copy(kiosk.db)))
    head = sync_store.kiosk_head(kiosk.db)
    size = copies.write_copy(kiosk.db, folder / name)
    leave_keys(kiosk, folder)
    made = StickCopy(kiosk.clock.now(), head.seq, name, size)
    with kiosk.db.writing() as tx:
        store.set_stick_copy(tx, made)
    return made


def leave_keys(kiosk: Kiosk, folder: Path) -> None:
    """Leave this kiosk's keys beside its copies, sealed to the centre: with the card gone, nothing else opens them."""
    centre, device = carry_store.centre_key(kiosk.db), kiosk.enrolled_state().device
    file = folder / KEYS_NAME.format(device=device)
    if centre is None or file.exists():
        return
    keys = carry.KioskKeys(device=device, db_key=kiosk.secret, device_key=(kiosk.config.data / DEVICE_KEY).read_bytes())
    copies.write_file(file, carry.close_keys(keys, centre))


def names_the_erased(kiosk: Kiosk) -> bool:
    """Whether somebody was erased here since the newest copy was made."""
    done_at, last = erasure.last_done(kiosk.db), store.stick_copy(kiosk.db)
    return done_at is not None and last is not None and utc_text(last.at) <= done_at


def copy_without_the_erased(kiosk: Kiosk) -> bool:
    """If the copies name somebody erased: make one without them and drop the other; whether that was done."""
    folder = kiosk.config.copy
    if folder is None or not names_the_erased(kiosk):
        return False
    made = copy_to_stick(kiosk)
    device = kiosk.enrolled_state().device
    for slot in range(ROTATION):
        if slot_name(device, slot) != made.file:
            (folder / slot_name(device, slot)).unlink(missing_ok=True)
    copies.on_disk(folder)
    return True


def stick_state(kiosk: Kiosk, now: datetime) -> StickState:
    """How the copies on the stick are right now; looks at the stick without writing to it."""
    try:
        return _looked_at(kiosk, now)
    except OSError:
        # a dying stick answers some questions and not others: no page and no round may fail with it
        return StickState.FAILED


def _looked_at(kiosk: Kiosk, now: datetime) -> StickState:
    place = stick_place(kiosk.config)
    if place is not StickState.OK:
        return place
    last = store.stick_copy(kiosk.db)
    if last is None:
        return StickState.NONE_YET
    assert kiosk.config.copy is not None  # noqa: S101 - stick_place said OK
    if not (kiosk.config.copy / last.file).is_file():
        return StickState.NONE_YET
    head = sync_store.kiosk_head(kiosk.db)
    return StickState.OLD if is_old(last, now, head.seq, stick_plan(kiosk.config)) else StickState.OK


# --- back from a copy ---------------------------------------------------------------------------------------------


class CopyOlder(Refused):
    """The database that would be replaced is whole and knows more than the copy."""

    def __init__(self, newer: int, unsent: int) -> None:
        super().__init__(
            "COPY_OLDER",
            N_("现在的数据库是好的，比备份多 %(newer)s 条记录，其中 %(unsent)s 条还没有发到中心。"),
            N_("不需要恢复；确实要用旧备份，请加 --older。"),
            newer=newer,
            unsent=unsent,
        )


@dataclass(frozen=True)
class Restored:
    """What was put back: the device, its newest fact, and where the replaced database lies (None: there was none)."""

    device: str
    seq: int
    kept: Path | None


def restore(config: Config, file: Path, clock: Clock, *, older: bool = False) -> Restored:
    """Make ``file`` this kiosk's database; the one that stood there is kept aside.

    After it the kiosk sells nothing until a round with the centre has joined the histories again. Raises
    ``DatabaseInUse`` while processes run, ``CopyDamaged``, ``ForeignDatabase`` for another device's copy,
    ``Refused`` COPY_NEWER for a copy of a newer program, :class:`CopyOlder` unless ``older`` was said.
    """
    database = config.data / DATABASE_FILE
    with copies.alone(config.data):
        key = keep_hex_secret(config.data / "db.key")
        device_key = load_or_make_key(config.data / "device.key")
        at = utc_text(clock.now())
        aside = config.data / f"replaced-{at.replace(':', '').replace('.', '')}"
        with copies.fetched_copy(file, database) as fetched:
            copy = _open_copy(fetched, key)
            try:
                state = _check(copy, device_key)
                head = sync_store.kiosk_head(copy)
                if not older:
                    _compare(database, key, head.seq)
                with copy.writing() as tx:
                    store.add_restore(tx, at, str(file), aside.name)
            finally:
                copy.close()
            there = copies.put_in_place(fetched, database, aside, with_it=MARKS)
    return Restored(state.device, head.seq, aside if there else None)


def _open_copy(fetched: Path, key: str) -> SqliteDatabase:
    try:
        copy = open_sqlite(fetched, key=key, authoritative=False)
    except DatabaseUnreadable as error:
        raise Refused(
            "COPY_UNREADABLE",
            N_("打不开这个备份：它的密钥不在本机，或文件已损坏。"),
            N_("备份要和当时数据目录里的 db.key、device.key 一起用。"),
        ) from error
    bad = copy.damage()
    if bad:
        copy.close()
        raise copies.CopyDamaged(bad[0])
    return copy


def steps_known(house: House) -> int:
    """How many schema steps this program knows."""
    return len(GROUND) + sum(len(room.migrations) for room in house.rooms)


def _check(copy: SqliteDatabase, device_key: Ed25519PrivateKey) -> sync_store.SyncState:
    """Raise unless the copy is an enrolled kiosk's, of this device, and of a program that is no newer."""
    if not copy.has_table("schema_migrations") or not copy.has_table("enrolment"):
        raise Refused("COPY_NO_KIOSK", N_("这个文件不是终端的备份。"), N_("请核对文件名。"))
    if schema_version(copy) > steps_known(kiosk_house()):
        raise Refused("COPY_NEWER", N_("这个备份来自更新的程序版本。"), N_("请先更新程序，再恢复。"))
    migrate_house(copy, kiosk_house())
    enrolled, state = kiosk_store.enrolment(copy), sync_store.sync_state(copy)
    if enrolled is None or state is None:
        raise Refused("COPY_EMPTY", N_("备份里的终端还没有登记。"), N_("请改用另一份备份，或重新登记。"))
    if enrolled.device_key != public_bytes(device_key):
        raise ForeignDatabase(state.device)
    return state


def _compare(database: Path, key: str, copied_seq: int) -> None:
    """Raise :class:`CopyOlder` when the present database is whole and holds more than the copy."""
    if not database.exists():
        return
    try:
        present = open_sqlite(database, key=key, authoritative=False)
    except DatabaseUnreadable:
        return
    try:
        if present.damage() or not present.has_table("sync_state"):
            return
        state = sync_store.sync_state(present)
        if state is None:
            return
        seq = sync_store.kiosk_head(present).seq
        if seq > copied_seq:
            raise CopyOlder(seq - copied_seq, sync_store.outbox(present)[0])
    finally:
        present.close()


def settle(kiosk: Kiosk) -> None:
    """A round went well: a restore before it is settled."""
    if store.open_restore(kiosk.db) is not None:
        with kiosk.db.writing() as tx:
            store.settle_restores(tx, utc_text(kiosk.clock.now()))


def forget_replaced(kiosk: Kiosk, days: int) -> list[str]:
    """Drop databases that were replaced more than ``days`` ago, once the histories are joined; their folders' names.

    Nobody digs in them later, and they hold the names of people.
    """
    if store.open_restore(kiosk.db) is not None:
        return []
    before = utc_text(kiosk.clock.now() - timedelta(days=days))
    old = store.restores_before(kiosk.db, before)
    gone = [name for name in old if name.startswith("replaced-") and (kiosk.config.data / name).is_dir()]
    for name in gone:
        shutil.rmtree(kiosk.config.data / name)
    return gone


def sells_nothing_until_rejoined(kiosk: Kiosk) -> store.Restore | None:
    """The restore after which no round has been made yet: what was sold since its copy is not known here."""
    return store.open_restore(kiosk.db)
