"""How often what happens. A profile turns the dials; a planted bug may name the one that meets it soonest."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.sim.network import Fate

NETWORK = {
    Fate.REQUEST_LOST: 3.0,
    Fate.ANSWER_LOST: 4.0,
    Fate.LATE: 3.0,
    Fate.TWICE: 3.0,
    Fate.CUT: 1.0,
    Fate.GARBLED: 1.0,
    Fate.PORTAL: 0.5,
    Fate.OLD_ANSWER: 1.0,
}

PARCELS = {
    "inbound": 30,
    "hand out": 24,
    "undo hand-out": 7,
    "undo inbound": 4,
    "move": 5,
    "exception": 4,
    "clear exception": 3,
    "return": 3,
    "overdue": 3,
}

PEOPLE = {
    "kiosk work": 40.0,
    "centre work": 14.0,
    "round": 26.0,
    "sale": 14.0,
    "undo sale": 2.0,
    "phone order": 6.0,
    "phone cancel": 2.0,
    "offer": 1.5,
    "right by hand": 0.8,
    "count by hand": 2.0,
}

FAULTS = {
    "late request": 5.0,
    "line": 3.0,
    "line back": 4.0,
    "swirl": 1.0,
    "kiosk crash": 3.0,
    "centre crash": 1.5,
    "kiosk backup": 2.0,
    "centre backup": 2.0,
    "clock": 1.5,
    "poison": 1.0,
}

DISASTERS = {
    "kiosk restore": 1.6,
    "kiosk restore without guard": 0.5,
    "centre restore": 1.0,
    "clone": 0.8,
    "clone enrolled": 0.8,
    "dead kiosk": 0.6,
    "new kiosk": 0.8,
}


DAY_S = 86_400.0
STEPS_A_DAY = 10
QUIET = 0.3


@dataclass(frozen=True)
class Profile:
    """Weights of what happens in a step, and how the network behaves. ``parcels`` weighs what staff do with parcels.

    ``fine`` is the part of exchanges that go well; ``meanwhile`` the part in which somebody does something between the
    centre's answer and its arrival. ``step_s`` is how long a step takes at most, in seconds.
    """

    name: str
    steps: int = 75
    events: Mapping[str, float] = field(default_factory=lambda: {**PEOPLE, **FAULTS, **DISASTERS})
    fates: Mapping[Fate, float] = field(default_factory=lambda: NETWORK)
    fine: float = 0.75
    meanwhile: float = 0.15
    step_s: float = 1800.0
    parcels: Mapping[str, int] = field(default_factory=lambda: PARCELS)

    def over(self, days: int) -> "Profile":
        """The same dials over many quiet days: a few actions and rounds a day at each kiosk, accidents now and then."""
        events = {event: weight if event in PEOPLE else weight * QUIET for event, weight in self.events.items()}
        return replace(
            self,
            name=f"{self.name}, {days} days",
            steps=days * STEPS_A_DAY,
            events=events,
            step_s=DAY_S / STEPS_A_DAY * 4,
            fine=1 - (1 - self.fine) * QUIET,
        )

    def more(self, name: str, /, *, meanwhile: float | None = None, **weights: float) -> "Profile":
        """This profile with some events (underscores for spaces) weighted anew."""
        changed = {event.replace("_", " "): weight for event, weight in weights.items()}
        if unknown := set(changed) - set(self.events):
            raise ValueError(f"no such events: {unknown}")
        return replace(
            self,
            name=name,
            events={**self.events, **changed},
            meanwhile=self.meanwhile if meanwhile is None else meanwhile,
        )


NORMAL = Profile("normal")
CALM = Profile("calm", events=PEOPLE, fates={}, fine=1.0)
NO_DISASTERS = Profile("no disasters", events={**PEOPLE, **FAULTS})
