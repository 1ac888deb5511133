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

PEOPLE = {
    "kiosk work": 40.0,
    "centre work": 14.0,
    "round": 26.0,
}

FAULTS = {
    "late request": 5.0,
    "line": 4.0,
    "swirl": 1.5,
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
    "dead kiosk": 0.6,
    "new kiosk": 0.8,
}


@dataclass(frozen=True)
class Profile:
    """Weights of what happens in a step, and how the network behaves.

    ``fine`` is the part of exchanges that go well; ``meanwhile`` the part in which somebody does something between the
    centre's answer and its arrival. ``step_s`` is how long a step takes at most, in seconds.
    """

    name: str
    steps: int = 90
    events: Mapping[str, float] = field(default_factory=lambda: {**PEOPLE, **FAULTS, **DISASTERS})
    fates: Mapping[Fate, float] = field(default_factory=lambda: NETWORK)
    fine: float = 0.75
    meanwhile: float = 0.15
    step_s: float = 1800.0
    days: int = 0

    def more(self, name: str, **weights: float) -> "Profile":
        """This profile with some events (underscores for spaces) weighted anew."""
        changed = {event.replace("_", " "): weight for event, weight in weights.items()}
        return replace(self, name=name, events={**self.events, **changed})


NORMAL = Profile("normal")
CALM = Profile("calm", events=PEOPLE, fates={}, fine=1.0)
NO_DISASTERS = Profile("no disasters", events={**PEOPLE, **FAULTS})
