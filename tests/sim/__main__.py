"""``make sim``: run seeds, print what failed and how to see it again, and a table of what happened."""

import argparse
import sys
from collections import Counter

from tests.sim import profiles
from tests.sim.profiles import Profile
from tests.sim.run import Outcome, Runner, ram_folder


def _profiles() -> dict[str, Profile]:
    return {one.name: one for one in vars(profiles).values() if isinstance(one, Profile)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make sim")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--profile", default="normal", choices=sorted(_profiles()))
    parser.add_argument("--digests", action="store_true", help="print nothing but each seed's log digest")
    return parser.parse_args()


def main() -> int:
    """Run what the arguments ask for; 1 when a seed failed."""
    asked = _arguments()
    profile = _profiles()[asked.profile]
    outcomes: list[Outcome] = []
    with ram_folder() as folder:
        runner = Runner(folder)
        for seed in range(asked.first, asked.first + asked.seeds):
            outcome = runner.seed(seed, profile)
            outcomes.append(outcome)
            if outcome.failure:
                print(f"\nseed {seed} failed: {outcome.failure}\n{outcome.tail}\nagain: {outcome.replay}\n", flush=True)
    if asked.digests:
        print("\n".join(outcome.digest for outcome in outcomes))
        return 0
    _table(outcomes, profile)
    return 1 if any(outcome.failure for outcome in outcomes) else 0


def _table(outcomes: list[Outcome], profile: Profile) -> None:
    failed = [outcome.seed for outcome in outcomes if outcome.failure]
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update(outcome.counts)
    for what, times in sorted(counts.items()):
        print(f"  {what:40} {times}")
    seconds = sum(outcome.seconds for outcome in outcomes)
    steps = profile.steps * len(outcomes)
    print(f"{len(outcomes)} seeds, {steps} steps, {seconds:.1f} s, {1000 * seconds / max(1, steps):.1f} ms a step")
    print(f"failed: {failed or 'none'}")


if __name__ == "__main__":
    sys.exit(main())
