"""Runs seeds: a world, its steps, its healing, its checks; a failing seed tells how to see it again."""

import shutil
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.sync.rules import Trouble
from shared.sync import store
from tests.sim import invariants, sales
from tests.sim.crashes import Moment
from tests.sim.faults import EVENTS
from tests.sim.profiles import DAY_S, Profile
from tests.sim.template import make_template
from tests.sim.world import World, copy_world

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of random name is made in it
HEALING_ROUNDS = 8
HEALING_STEP_S = 60.0


@dataclass
class Outcome:
    """What became of one seed."""

    seed: int
    profile: str
    failure: str = ""
    tail: str = ""
    digest: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


@contextmanager
def ram_folder() -> Iterator[Path]:
    """A folder in memory where there is one: the disk is not what is tested here."""
    with tempfile.TemporaryDirectory(prefix="linqu-sim-", dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


class Runner:
    """Runs seeds in one folder, from one template."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = make_template(folder / "template")

    def world(self, seed: int, profile: Profile) -> World:
        """The world of a seed before anything has happened."""
        return copy_world(self._template, self._folder / f"seed{seed}", seed, profile)

    def seed(self, seed: int, profile: Profile) -> Outcome:
        """One seed from beginning to end."""
        world = self.world(seed, profile)
        outcome = Outcome(seed, profile.name)
        started = time.monotonic()
        try:
            with world.inside():
                _steps(world)
                _heal(world)
                invariants.after_healing(world)
        except Exception as error:  # noqa: BLE001 - whatever the product raises is a finding
            outcome.failure = f"{type(error).__name__}: {error}"
            if not isinstance(error, invariants.Broken):
                outcome.failure += "\n" + traceback.format_exc()
            outcome.tail = world.tail()
        finally:
            world.close()
            shutil.rmtree(world.folder)
        outcome.seconds = time.monotonic() - started
        outcome.counts, outcome.digest = world.counts, world.log_digest()
        return outcome


def _steps(world: World) -> None:
    kiosk_seconds = 0.0
    names, weights = list(world.profile.events), list(world.profile.events.values())
    for number in range(1, world.profile.steps + 1):
        world.step_number = number
        before = world.now
        world.advance(0.001 + world.rng.random() ** 3 * world.profile.step_s)
        name = world.rng.choices(names, weights)[0]
        kiosk_seconds += (world.now - before) * len(world.living())
        EVENTS[name](world)
        world.count("step")
        world.count(f"event: {name}")
        invariants.after_step(world)
    world.counts["kiosk-days"] = round(kiosk_seconds / DAY_S)


def _wanted(world: World) -> list[int]:
    """How often each kiosk has asked itself for one more round."""
    states = [store.sync_state(machine.read()) for machine in world.living()]
    return [state.wanted for state in states if state]


def _heal(world: World) -> None:
    """All lines up, no more accidents; kiosks sync until nothing waits."""
    world.healing = True
    world.note("healing")
    world.centre.light(-1, Moment.BODY)
    for machine in world.living():
        machine.light(-1, Moment.BODY)
        machine.online = True
    while world.network.late:
        world.note(world.network.deliver_late())
    troubles: dict[str, Trouble | None] = {}
    for _ in range(HEALING_ROUNDS):
        world.advance(HEALING_STEP_S)
        troubles = {machine.name: world.round(machine) for machine in world.living() if not machine.clone_of}
        if all(trouble is Trouble.NONE for trouble in troubles.values()):
            break
    else:
        raise invariants.Broken(f"no peace after {HEALING_ROUNDS} rounds: {troubles}")
    # some more for all, so that everybody has seen what the last of them sent, and gave back what it was asked for
    # a kiosk that had something to tell is asked for more with the next round only
    wanted = [_wanted(world)]
    while len(wanted) < HEALING_ROUNDS and (len(wanted) < 3 or wanted[-3:] != wanted[-1:] * 3):
        world.advance(HEALING_STEP_S)
        for machine in world.living():
            world.round(machine)
        wanted.append(_wanted(world))
    sales.last_orders(world)
    for machine in world.living():
        world.round(machine)
    invariants.after_step(world)
