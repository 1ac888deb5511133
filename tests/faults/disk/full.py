"""A kiosk on a small disk of its own, filled by somebody else. In a mount namespace, so nothing is left behind."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from kiosk.doctor import examine
from kiosk.host import Kiosk
from kiosk.parcels import operations as counter
from kiosk.parcels.rules import Action, ActionOutcome
from kiosk.pickup.operations import collect_by_code
from kiosk.pickup.rules import PickupOutcome
from kiosk.staff import operations as staff
from kiosk.staff.rules import PinWrong
from shared.db import DiskFull
from shared.kernel.errors import Refused
from shared.parcels import store as parcels
from shared.parcels.operations import undo_hand_over
from shared.parcels.rules import Parcel, ParcelState
from shared.pickup_points import store as pickup_points
from tests.faults.disk.world import PIN, POINT, STAFF, World, make_world

DISK_MB = 64
TAIL = "0000"
WAITING = 40


@dataclass
class Found:
    """What happened. ``pickups`` after the disk was full, each confirmed; ``gone`` of them later; words for staff."""

    laid_down: bool = False
    pickups: int = 0
    gone: int = 0
    inbound: str = ""
    inbound_message: str = ""
    move: str = ""
    wrong_pin: bool = False
    signed_in: bool = False
    ended_by: str = ""
    damage: str = ""
    doctor: str = ""
    inbound_after: str = ""


def can_mount() -> bool:
    """Whether this user may have a mount namespace of its own."""
    return shutil.which("unshare") is not None and subprocess.run(_namespace("true"), check=False).returncode == 0


def _namespace(command: str) -> list[str]:
    rights = [] if os.geteuid() == 0 else ["--map-root-user", "--user"]
    return ["unshare", *rights, "--mount", "sh", "-c", command]


def on_a_small_disk(folder: Path, pickups: int) -> Found:
    """Run :func:`main` with ``folder`` on a small disk: that many pickups, or until none goes any more."""
    folder.mkdir()
    command = f'mount -t tmpfs -o size={DISK_MB}m none "$0" && exec "$1" -m {__name__} "$0" {pickups}'
    done = subprocess.run(
        [*_namespace(command), str(folder), sys.executable], check=True, stdout=subprocess.PIPE, timeout=1000
    )
    return Found(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not one byte is free in ``folder`` while this lasts."""
    junk = folder / "somebody-elses.log"
    with junk.open("wb", buffering=0) as growing:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    growing.write(b"x" * size)
            except OSError:
                continue
    yield
    junk.unlink()


def main(folder: str, pickups: str) -> None:
    """The process on the small disk; prints what happened."""
    found, wanted = Found(), int(pickups)
    world = make_world(Path(folder) / "world", min(wanted, 600) + WAITING)
    kiosk = world.open_kiosk()
    found.laid_down = kiosk.ballast.lay_down()
    ready = _receive_all(kiosk, min(wanted, 600))
    with filled(Path(folder)):
        _sign_in(kiosk, found)
        handed = _hand_out(kiosk, ready, wanted, found)
        found.inbound, found.inbound_message = _refusal(lambda: _receive(kiosk, "late", f"LQ{wanted:010d}"))
        one = next(iter(ready.values()))
        found.move, _ = _refusal(lambda: counter.move(_press(kiosk, "moved"), one.id, (1, 1)))
        kiosk.db.close()
        _look_again(world, handed, found)
    again = world.open_kiosk()
    found.inbound_after = _receive(again, "after", f"LQ{min(wanted, 600):010d}").outcome.value
    print(json.dumps(asdict(found)))


def _press(kiosk: Kiosk, nonce: str) -> counter.Press:
    member = pickup_points.staff_member(kiosk.db, POINT, STAFF)
    assert member is not None
    return counter.Press(kiosk, member, nonce)


def _receive(kiosk: Kiosk, nonce: str, waybill: str) -> Action:
    return counter.receive(_press(kiosk, nonce), waybill)


def _receive_all(kiosk: Kiosk, count: int) -> dict[str, Parcel]:
    ready: dict[str, Parcel] = {}
    for n in range(count):
        done = _receive(kiosk, f"in-{n}", f"LQ{n:010d}")
        assert done.outcome is ActionOutcome.RECEIVED, done
        parcel = parcels.parcel(kiosk.db, POINT, done.parcels[0])
        assert parcel is not None
        ready[parcel.id] = parcel
    return ready


def _refusal(work: Callable[[], object]) -> tuple[str, str]:
    try:
        work()
    except Refused as refused:
        return refused.code, refused.message
    return "", ""


def _sign_in(kiosk: Kiosk, found: Found) -> None:
    try:
        staff.sign_in(kiosk, STAFF, "000000")
    except PinWrong:
        found.wrong_pin = True
    found.signed_in = bool(staff.sign_in(kiosk, STAFF, PIN))


def _hand_out(kiosk: Kiosk, ready: dict[str, Parcel], wanted: int, found: Found) -> dict[str, bool]:
    """Codes at the keypad and staff at the counter, in turn; what came back is handed out again."""
    stands: dict[str, bool] = {}
    while found.pickups < wanted:
        for n, parcel in enumerate(ready.values()):
            try:
                if n % 2:
                    shown = collect_by_code(kiosk, parcel.pickup_code, TAIL)
                    if shown.refusal:
                        raise DiskFull
                    assert shown.outcome is PickupOutcome.HANDED_OUT, shown
                else:
                    done = counter.hand_out(_press(kiosk, f"out-{found.pickups}"), [parcel.id])
                    assert done.outcome is ActionOutcome.HANDED_OUT, done
            except DiskFull as full:
                found.ended_by = full.code
                return stands
            stands[parcel.id] = True
            found.pickups += 1
        if found.pickups < wanted and not _take_back(kiosk, list(ready), stands, found):
            break
    return stands


def _take_back(kiosk: Kiosk, ids: list[str], stands: dict[str, bool], found: Found) -> bool:
    try:
        for one in ids:
            undo_hand_over(kiosk.journal(), POINT, [one], STAFF)
            stands[one] = False
    except DiskFull as full:
        found.ended_by = full.code
        return False
    return True


def _look_again(world: World, handed: dict[str, bool], found: Found) -> None:
    """Still on the full disk: everything confirmed is there, whole."""
    again = world.open_kiosk()
    for one, stands in handed.items():
        parcel = parcels.parcel(again.db, POINT, one)
        found.gone += parcel is None or (parcel.state is ParcelState.COLLECTED) is not stands
    found.damage = " ".join(again.db.damage())
    found.doctor = " ".join(one.text for one in examine(again) if not one.good)
    again.db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
