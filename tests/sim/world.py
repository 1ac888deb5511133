"""The simulated world: one seed, one clock, one log; people, network, disks and accidents are drawn from the seed."""

import hashlib
import importlib
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from kiosk.host import Kiosk
from kiosk.sync.rules import Trouble
from shared.devices.rules import Health
from shared.kernel.clock import ManualClock, utc_text
from tests.sim import books, rooms
from tests.sim.chance import seeded_secrets
from tests.sim.crashes import Crash, Fuses
from tests.sim.machines import ADDRESS, CentreMachine, KioskMachine
from tests.sim.network import Line, Network, Session
from tests.sim.profiles import Profile
from tests.sim.truth import Truth

START = datetime(2026, 11, 22, 3, tzinfo=UTC)
TOLD_LINES = 60


class World:
    """All machines and people of one seed, in one folder."""

    def __init__(self, folder: Path, seed: int, profile: Profile) -> None:
        self.folder = folder
        self.seed = seed
        self.profile = profile
        self.rng = random.Random(f"{seed} {profile.name}")
        self.log: list[str] = []
        self.counts: Counter[str] = Counter()
        self.step_number = 0
        self.now = 0.0
        self.healing = False
        self.where: KioskMachine | None = None
        self.fuses = Fuses()
        self.network = Network(self)
        self.books = books.Books()
        self.truth = Truth()
        self.dead_devices: set[str] = set()
        self.cloned_devices: dict[str, str] = {}
        self.centre = CentreMachine(self, folder / "centre", ManualClock(START))
        self.kiosks: list[KioskMachine] = []
        self.waybills: dict[str, list[str]] = {}
        self.serial = 0
        self._depth = 0

    # --- time and words ---

    def note(self, text: str) -> None:
        """Write a line into the event log."""
        self.log.append(f"{self.step_number:4} {self.now:10.0f}s {text}")

    def count(self, what: str) -> None:
        """Count something for the table of results."""
        self.counts[what] += 1

    def log_digest(self) -> str:
        """What happened, in 16 digits: the same seed gives the same."""
        return hashlib.blake2b("\n".join(self.log).encode(), digest_size=8).hexdigest()

    def advance(self, seconds: float) -> None:
        """Time passes for everybody; every machine's wall clock keeps its error."""
        self.now += seconds
        for clock in (self.centre.clock, *(one.clock for one in self.kiosks)):
            clock.advance(seconds)

    def next_number(self) -> int:
        """A number that was not used before in this world."""
        self.serial += 1
        return self.serial

    # --- the product inside ---

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Within: the product's chance, sessions and transactions are this world's."""
        with ExitStack() as stack:
            stack.enter_context(seeded_secrets(random.Random(f"{self.seed} product")))
            stack.enter_context(self.fuses.installed())
            for module in ("kiosk.sync.transport", "kiosk.sync.enrol"):
                stack.enter_context(patch(f"{module}.new_session", self._session))
            stack.enter_context(patch("kiosk.sync.worker.read_health", health))
            # the disk is not what is tested here, and memory is dear
            stack.enter_context(patch("kiosk.ballast.BALLAST_BYTES", 0))
            for house in ("kiosk.house", "sync_server.house"):
                shared = importlib.import_module(house).SHARED_ROOMS
                stack.enter_context(patch(f"{house}.SHARED_ROOMS", (*shared, rooms.ROOM)))
            yield

    def _session(self, certificates: str) -> Session:
        session = Session()
        session.trust_env = False
        assert self.where is not None, "a session is opened on a machine"
        session.mount(ADDRESS, Line(self, self.where))
        return session

    def close(self) -> None:
        """End all processes."""
        for machine in self.kiosks:
            machine.die()
        self.centre.die()

    # --- what machines do ---

    def living(self) -> list[KioskMachine]:
        """Kiosks that still exist."""
        return [machine for machine in self.kiosks if not machine.gone]

    def round(self, machine: KioskMachine) -> Trouble | None:
        """One sync round; None when the machine died in it."""

        def work() -> Trouble:
            with machine.being():
                return machine.worker.round()

        trouble = machine.run(work)
        if trouble is not None:
            machine.trouble = trouble.value
            machine.failures = 0 if trouble is Trouble.NONE else machine.failures + 1
            self.note(f"round of {machine.name}: {trouble.value or 'fine'}")
            self.count(f"round: {trouble.value or 'fine'}")
        return trouble

    def meanwhile(self, machine: KioskMachine) -> None:
        """Between the centre's answer and its arrival somebody may do something."""
        if self.healing or self._depth or self.rng.random() > self.profile.meanwhile:
            return
        from tests.sim import people

        before = machine.kiosk
        self._depth += 1
        self.note(f"while an answer is on its way to {machine.name}:")
        try:
            people.something(self, machine)
        finally:
            self._depth -= 1
        if not machine.up or machine.kiosk is not before:
            raise Crash  # the process that waits for the answer went with it

    def device_names(self) -> list[str]:
        """The devices that the centre knows."""
        rows = self.centre.read().query("SELECT id FROM devices ORDER BY id")
        return [row["id"] for row in rows]

    def surviving(self) -> set[books.Written]:
        """Every fact that some living disk holds."""
        found = {held.written for held in books.in_journal(self.centre.read())}
        for machine in self.living():
            found.update(books.on_kiosk(machine.read()))
            found.update(self.books.disks.get(machine.name, ()))
        return found

    def count_losses(self, why: str) -> None:
        """A disk was lost: note what went with it."""
        gone = self.books.count_losses(self.surviving(), why)
        if gone:
            self.note(f"{gone} confirmed facts are lost: {why}")
            self.counts["confirmed facts lost with a disk"] += gone

    def tail(self) -> str:
        """The end of the event log."""
        return "\n".join(self.log[-TOLD_LINES:])


def health(kiosk: Kiosk) -> Health:
    """What a kiosk says of itself; nothing of the machine that runs the simulation."""
    return Health(app_version="sim", clock_utc=utc_text(kiosk.clock.now()), disk_free_mb=10_000)


def copy_world(template: "World", folder: Path, seed: int, profile: Profile) -> World:
    """A world that begins where ``template`` stands."""
    shutil.copytree(template.folder, folder, dirs_exist_ok=True)
    world = World(folder, seed, profile)
    world.serial = template.serial
    world.now = template.now
    world.centre.clock.advance(template.now)
    world.truth = deepcopy(template.truth)
    world.waybills = {point: list(known) for point, known in template.waybills.items()}
    for one in template.kiosks:
        clock = ManualClock(START)
        clock.advance(template.now)
        world.kiosks.append(KioskMachine(world, one.name, folder / one.name, clock, hardware=one.hardware))
    return world


def row_values(rows: Any, column: str) -> list[Any]:
    """One column of a result."""
    return [row[column] for row in rows]
