"""Which files a power cut can leave behind.

The model is the weakest that POSIX allows. What was written before a file's last sync is there. Of what came after,
each call is there, or not, or torn at sectors, in any order; a new, moved or deleted name is certain only when its
folder was synced. What a screen had shown before the cut counts as confirmed, whatever the disk did.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.faults.disk.recording import Call, Op, Recording
from tests.faults.disk.work import CONFIRMED

SECTORS = (512, 4096)
# made anew by whoever opens the database first; SQLite maps it into memory, so the log does not hold it
NOT_KEPT = ("kiosk.db-shm",)


@dataclass
class _File:
    """``sure`` is what a cut cannot take; ``waiting`` are the calls since."""

    sure: bytearray
    waiting: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class CrashState:
    """Files after a cut. ``confirmed`` actions had been shown; ``at`` calls had been made; ``how`` names the loss."""

    at: int
    how: str
    confirmed: int
    files: dict[str, bytes]


class Disk:
    """The disk of a recorded process, call by call."""

    def __init__(self, before: dict[str, bytes]) -> None:
        self._names = {name: _File(bytearray(data)) for name, data in before.items() if name not in NOT_KEPT}
        self._sure_names = dict(self._names)
        self._waiting_names: list[dict[str, _File]] = []
        self.confirmed = 0

    def take(self, call: Call) -> None:
        """What the process did next."""
        if call.name in NOT_KEPT:
            return
        if call.name == CONFIRMED:
            self.confirmed += call.op is Op.WRITE
            return
        match call.op:
            case Op.SYNC if call.name == "":
                self._sure_names = dict(self._names)
                self._waiting_names.clear()
            case Op.SYNC:
                file = self._names[call.name]
                for waiting in file.waiting:
                    _apply(file.sure, waiting, None)
                file.waiting.clear()
            case Op.WRITE | Op.TRUNCATE:
                self._names[call.name].waiting.append(call)
            case _:
                self._rename(call)

    def _rename(self, call: Call) -> None:
        """A name is made, moved or taken away; the file under an open handle lives on, as the kernel has it."""
        match call.op:
            case Op.CREATE:
                self._names[call.name] = _File(bytearray())
            case Op.UNLINK:
                del self._names[call.name]
            case Op.RENAME:
                self._names[call.data.decode()] = self._names.pop(call.name)
            case _:
                self._names[call.data.decode()] = self._names[call.name]
        self._waiting_names.append(dict(self._names))

    def kept(self) -> dict[str, bytes]:
        """Everything arrived: what a killed process leaves."""
        return {name: _with(file, file.waiting) for name, file in self._names.items()}

    def only_sure(self) -> dict[str, bytes]:
        """Nothing arrived that was not synced."""
        return {name: bytes(file.sure) for name, file in self._sure_names.items()}

    def some(self, chance: random.Random) -> dict[str, bytes]:
        """Some of it arrived, in some order, some of it torn."""
        left: dict[str, bytes] = {}
        share = chance.choice((0.1, 0.5, 0.9))
        for name, file in chance.choice([self._sure_names, *self._waiting_names]).items():
            arrived = [call for call in file.waiting if chance.random() < share]
            if chance.random() < 0.5:
                chance.shuffle(arrived)
            left[name] = _with(file, arrived, chance)
        return left

    @property
    def unsure(self) -> bool:
        """Whether a cut could take anything now."""
        return bool(self._waiting_names) or any(file.waiting for file in self._names.values())


def _with(file: _File, calls: Sequence[Call], chance: random.Random | None = None) -> bytes:
    data = bytearray(file.sure)
    for call in calls:
        _apply(data, call, chance)
    return bytes(data)


def _apply(data: bytearray, call: Call, chance: random.Random | None) -> None:
    if call.op is Op.TRUNCATE:
        del data[call.offset :]
        data.extend(bytes(call.offset - len(data)))
        return
    end = call.offset + len(call.data)
    if len(data) < end:
        data.extend(bytes(end - len(data)))
    if chance is None or chance.random() < 0.7:
        data[call.offset : end] = call.data
        return
    sector = chance.choice(SECTORS)
    at = call.offset
    while at < end:
        stop = min(end, (at // sector + 1) * sector)
        if chance.random() < 0.5:
            data[at:stop] = call.data[at - call.offset : stop - call.offset]
        at = stop


def cut_everywhere(recording: Recording, *, arriving: bool = True, losing: bool = True) -> Iterator[CrashState]:
    """A cut after each call: ``arriving`` with all that was asked for on the disk, ``losing`` all that is not sure."""
    disk = Disk(recording.before)
    if arriving:
        yield CrashState(0, "all arrived", 0, disk.kept())
    for at, call in enumerate(recording.calls, start=1):
        disk.take(call)
        if arriving:
            yield CrashState(at, "all arrived", disk.confirmed, disk.kept())
        if losing and disk.unsure:
            yield CrashState(at, "unsynced lost", disk.confirmed, disk.only_sure())


def cut_anyhow(recording: Recording, count: int, seed: int, part: int = 0, parts: int = 1) -> Iterator[CrashState]:
    """``count`` cuts at drawn moments with drawn losses; ``parts`` processes share them."""
    chance = random.Random(seed)
    moments = sorted(chance.choices(range(1, len(recording.calls) + 1), k=count))
    disk, taken = Disk(recording.before), 0
    for number, moment in enumerate(moments):
        while taken < moment:
            disk.take(recording.calls[taken])
            taken += 1
        if number % parts == part:
            how = random.Random(seed * 1_000_003 + number)
            yield CrashState(moment, f"seed {seed} number {number}", disk.confirmed, disk.some(how))
