"""``make sim``: run seeds, print what failed and how to see it again, and a table of what happened."""

import argparse
import contextlib
import logging
import sys
from collections import Counter

from tests.sim import profiles
from tests.sim.mutants import BY_NAME
from tests.sim.profiles import Profile
from tests.sim.run import Outcome, Runner, ram_folder


def _profiles() -> dict[str, Profile]:
    known = [one for one in vars(profiles).values() if isinstance(one, Profile)]
    return {one.name: one for one in (*known, *(mutant.profile for mutant in BY_NAME.values()))}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make sim")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--profile", default="", choices=["", *sorted(_profiles())])
    parser.add_argument("--days", type=int, default=0, help="many quiet days instead of one wild one")
    parser.add_argument("--mutant", default="", choices=["", *BY_NAME], help="plant this bug; finding it is success")
    parser.add_argument("--digests", action="store_true", help="print nothing but each seed's log digest")
    return parser.parse_args()


def _profile(asked: argparse.Namespace) -> Profile:
    profile = BY_NAME[asked.mutant].profile if asked.mutant else profiles.NORMAL
    profile = _profiles()[asked.profile] if asked.profile else profile
    return profile.over(asked.days) if asked.days else profile


def main() -> int:
    """Run what the arguments ask for; 1 when a seed failed, or when a planted bug was not found."""
    asked = _arguments()
    logging.disable(logging.ERROR)
    profile, mutant = _profile(asked), BY_NAME.get(asked.mutant)
    outcomes: list[Outcome] = []
    with ram_folder() as folder, mutant.planted() if mutant else contextlib.nullcontext():
        runner = Runner(folder)
        for seed in range(asked.first, asked.first + asked.seeds):
            outcome = runner.seed(seed, profile)
            outcomes.append(outcome)
            if outcome.failure:
                print(f"\nseed {seed} failed: {outcome.failure}\n{outcome.tail}")
                print(f"again: make sim SEEDS=1 FROM={seed} {_words(asked)}\n", flush=True)
            if outcome.failure and mutant:
                break
    if asked.digests:
        print("\n".join(outcome.digest for outcome in outcomes))
        return 0
    failed = [outcome.seed for outcome in outcomes if outcome.failure]
    _table(outcomes)
    if mutant:
        print(f"{mutant.name} ({mutant.breaks}): {f'found by seed {failed[0]}' if failed else 'NOT FOUND'}")
        return 0 if failed else 1
    print(f"failed: {failed or 'none'}")
    return 1 if failed else 0


def _words(asked: argparse.Namespace) -> str:
    named = {"PROFILE": f"'{asked.profile}'" if asked.profile else "", "DAYS": asked.days, "MUTANT": asked.mutant}
    return " ".join(f"{name}={value}" for name, value in named.items() if value)


def _table(outcomes: list[Outcome]) -> None:
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update(outcome.counts)
    for what, times in sorted(counts.items()):
        print(f"| {what} | {times} |")
    seconds, steps = sum(outcome.seconds for outcome in outcomes), counts["step"]
    print(f"| seconds | {seconds:.0f} |")
    print(f"| milliseconds a step | {1000 * seconds / max(1, steps):.1f} |")
    print(f"| seeds | {len(outcomes)} |")


if __name__ == "__main__":
    sys.exit(main())
