"""The long counts of R01 to R06. Every function does one row and can be run by itself."""

import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults.disk.calls import Stage, every_case, prepare
from tests.faults.disk.full import DISK_MB, on_a_small_disk
from tests.faults.disk.judge import Tally, cut_power
from tests.faults.disk.kills import kill_often, seconds_until_ready
from tests.faults.disk.losses import Found, put, stages, what_is_found, without_log, world_in
from tests.faults.disk.recording import build_shim, record_day
from tests.faults.disk.rot import Flips, flip_bits
from tests.faults.disk.world import folder_in_memory, make_world
from tests.faults.report import Row

STATES, CONTROL_STATES, STATES_A_DAY = 1_000_000, 40_000, 40_000
ACTIONS, PARCELS = 80, 12
KILLS, KILLS_A_WORLD = 5_000, 500
STARTS, READY_SECONDS = 100, 2.0
PICKUPS, PICKUPS_AT_LEAST = 20_000, 500
FLIPS, CONTROL_FLIPS, FLIP_DAYS, FLIP_ACTIONS = 10_000, 1_000, 5, 40
LOST_LOG_DAYS = 10


def power_cuts(states: int, synchronous: str = "FULL", first_seed: int = 1) -> Row:
    """R01: days of their own, recorded and cut, until there are ``states`` of them."""
    start, whole, days = time.monotonic(), Tally(), 0
    while whole.states < states:
        with tempfile.TemporaryDirectory(prefix="linqu-day-") as name:
            folder, seed = Path(name), first_seed + days
            world = make_world(folder / "world", PARCELS)
            day = record_day(world, build_shim(folder), actions=ACTIONS, seed=seed, synchronous=synchronous)
            whole.add(cut_power(day, min(STATES_A_DAY, states - whole.states), seed))
            days += 1
    found = ", ".join(f"{count:,} × {what}" for what, count in whole.wrong.most_common())
    return Row(
        "R01",
        f"power cut, synchronous={synchronous}",
        whole.states,
        whole.bad,
        time.monotonic() - start,
        f"{days} recorded days" + (f"; {found}" if found else "") + "".join(f"; {one}" for one in whole.examples[:1]),
        control=synchronous != "FULL",
    )


def kills(count: int, seed: int = 1) -> Row:
    """R02: a new world every 500 kills, so that it stays a small point's."""
    start, lost, done, confirmed, opened = time.monotonic(), list[str](), 0, 0, list[float]()
    while done < count:
        with folder_in_memory() as folder:
            lives = kill_often(make_world(folder / "world", PARCELS), min(KILLS_A_WORLD, count - done), seed + done)
        lost += lives.lost
        done += lives.kills
        confirmed += lives.confirmed
        opened += lives.opened_seconds
    remarks = f"{confirmed:,} confirmed actions; opened again in {statistics.median(opened) * 1000:.0f} ms (median)"
    return Row("R02", "kill -9 of kiosk and centre at work", done, len(lost), time.monotonic() - start,
               "; ".join([remarks, *lost[:1]]))  # fmt: skip


def starts(count: int) -> Row:
    """R02: how long the web process takes from its start to its first page."""
    start = time.monotonic()
    with folder_in_memory() as folder:
        taken = seconds_until_ready(make_world(folder / "world", PARCELS), count)
    slow = sum(one > READY_SECONDS for one in taken)
    worst, usual = max(taken), statistics.median(taken)
    return Row("R02", f"kill -9 of the web process, first page within {READY_SECONDS:.0f} s", count, slow,
               time.monotonic() - start, f"median {usual:.2f} s, longest {worst:.2f} s")  # fmt: skip


def failing_calls() -> Row:
    """R03: every index of every call of every main transaction, with both errors."""
    start, said, wrong = time.monotonic(), Counter[str](), list[str]()
    with folder_in_memory() as folder:
        world = make_world(folder / "world", PARCELS)
        prepare(world)
        stage = Stage(world)
        for case, outcome in every_case(stage):
            said[outcome.said] += 1
            if outcome.wrong:
                wrong.append(f"{case.action} {case.injection}: {outcome.wrong}")
        stage.close()
    told = ", ".join(f"{count} {what}" for what, count in said.most_common())
    return Row("R03", "n-th pwrite64, fsync, fdatasync, ftruncate, unlink fails with EIO or ENOSPC", said.total(),
               len(wrong), time.monotonic() - start, "; ".join([told, *wrong[:1]]))  # fmt: skip


def full_disk(pickups: int) -> Row:
    """R04: pickups with no byte free, until none goes any more."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="linqu-full-") as name:
        found = on_a_small_disk(Path(name) / "disk", pickups)
    refused = found.inbound == found.move == "DISK_FULL" and found.inbound_after == "received"
    bad = found.gone + bool(found.damage) + (not refused) + (found.pickups < PICKUPS_AT_LEAST)
    return Row("R04", f"pickups on a full disk of {DISK_MB} MB", found.pickups, bad, time.monotonic() - start,
               f"ended by {found.ended_by or 'the count'}; inbound refused meanwhile, received after")  # fmt: skip


def flips(count: int, *, marks: bool = True) -> Row:
    """R05: single bits of several days' files."""
    start, whole = time.monotonic(), Flips()
    for seed in range(1, FLIP_DAYS + 1):
        with folder_in_memory() as folder:
            world = make_world(folder / "world", PARCELS)
            day = record_day(world, build_shim(folder), actions=FLIP_ACTIONS, seed=seed)
            whole.add(flip_bits(day, count // FLIP_DAYS, seed, marks=marks))
    by = ", ".join(f"{number:,} {what}" for what, number in whole.noticed.most_common())
    remarks = f"noticed {whole.share_noticed:.2%} of those that changed a row ({by}); {whole.harmless:,} changed none"
    what = "single flipped bits in database and log" + ("" if marks else ", without the kiosk's marks")
    return Row("R05", what, whole.count, len(whole.silent), time.monotonic() - start, remarks, control=not marks)


def lost_logs(days: int) -> Row:
    """R06: the log deleted or cut after each action of several days."""
    start, count, silent, said = time.monotonic(), 0, list[str](), 0
    for seed in range(1, days + 1):
        with folder_in_memory() as folder:
            day = record_day(make_world(folder / "day", PARCELS), build_shim(folder), actions=ACTIONS, seed=seed)
            world, chance = world_in(folder / "world"), random.Random(seed)
            for stage in stages(day):
                for how, files in [("whole", stage.files), *without_log(stage, chance)]:
                    put(files, world)
                    found = what_is_found(world, stage)
                    count += 1
                    said += found is Found.SAID
                    if found is Found.SILENT_LOSS or (how == "whole" and found is not Found.WHOLE):
                        silent.append(f"seed {seed} stage {stage.number}, log {how}")
    return Row("R06", "log deleted, emptied or cut after each action", count, len(silent), time.monotonic() - start,
               "; ".join([f"{said:,} losses, all said aloud; none said for a whole log", *silent[:1]]))  # fmt: skip


def rows() -> Iterator[Row]:
    """Every row, one after the other."""
    yield power_cuts(STATES)
    yield power_cuts(CONTROL_STATES, "NORMAL")
    yield power_cuts(CONTROL_STATES, "OFF")
    yield kills(KILLS)
    yield starts(STARTS)
    yield failing_calls()
    yield full_disk(PICKUPS)
    yield flips(FLIPS)
    yield flips(CONTROL_FLIPS, marks=False)
    yield lost_logs(LOST_LOG_DAYS)
