"""What the kiosk says of itself: to the centre with every round, to staff on the devices page."""

import os
import shutil
from pathlib import Path

from kiosk import workers
from kiosk.copies import operations as copies
from kiosk.copies import store as copy_store
from kiosk.devices.rules import clock_is_plausible
from kiosk.host import Kiosk
from kiosk.labels import store as labels
from kiosk.labels.rules import JobState
from kiosk.store import WorkerState
from kiosk.watermark import loss_to_tell
from shared import __version__
from shared.devices.rules import Health, Part
from shared.kernel.clock import utc_text
from shared.sync import store as sync_store

MB = 1024 * 1024
THERMAL_ZONES = Path("/sys/class/thermal")
UPTIME = Path("/proc/uptime")


def read_health(kiosk: Kiosk) -> Health:
    """Everything the centre's board wants to know. Reads the machine and the local database, never a device."""
    states = workers.states(kiosk.db, kiosk.clock)
    waiting, oldest = sync_store.outbox(kiosk.db)
    free_mb, total_mb = disk_mb(kiosk)
    camera, printer = states.get("scan"), states.get("print")
    return Health(
        app_version=__version__,
        camera=_part(camera),
        camera_detail=_said(camera),
        printer=_part(printer),
        printer_detail=printer.detail if printer and printer.detail else _said(printer),
        disk_free_mb=free_mb,
        disk_total_mb=total_mb,
        temperature_c=temperature_c(),
        waiting=waiting,
        oldest_waiting=oldest,
        quarantine=sync_store.count_quarantine(kiosk.db),
        clock_utc=utc_text(kiosk.clock.now()),
        clock_trusted=clock_trusted(kiosk),
        print_waiting=labels_waiting(kiosk),
        uptime_s=uptime_s(),
        copy=copies.stick_state(kiosk, kiosk.clock.now()).value,
        copy_at=utc_text(last.at) if (last := copy_store.stick_copy(kiosk.db)) else None,
        missing=_missing(kiosk),
    )


def _missing(kiosk: Kiosk) -> int:
    """Facts that were lost here: all of them until the centre was asked, then those that it never had."""
    loss = loss_to_tell(kiosk.db, kiosk.clock)
    return 0 if loss is None else loss.missing if loss.settled_at is None else loss.unsent


def _part(state: WorkerState | None) -> Part:
    """A process that never spoke, or whose device is not there, is absent; one that fell silent is trouble."""
    if state is None or state.state in {"missing", "absent", "none"}:
        return Part.ABSENT
    return Part.OK if state.state == "ok" else Part.TROUBLE


def _said(state: WorkerState | None) -> str:
    return "" if state is None or state.state == "ok" else state.state


def labels_waiting(kiosk: Kiosk) -> int:
    """Labels that have been asked for and are not known to be printed."""
    counts = labels.counts(kiosk.db)
    return sum(counts.get(state, 0) for state in (JobState.QUEUED, JobState.SENDING, JobState.BLOCKED))


def clock_trusted(kiosk: Kiosk) -> bool:
    """Whether the wall clock can be right, judged by the last contact with the centre."""
    state = kiosk.state()
    return state is not None and clock_is_plausible(kiosk.clock.now(), state.last_contact)


def disk_mb(kiosk: Kiosk) -> tuple[int, int]:
    """Free and total MB where the data lies."""
    usage = shutil.disk_usage(kiosk.config.data)
    return usage.free // MB, usage.total // MB


def temperature_c(zones: Path = THERMAL_ZONES) -> float | None:
    """The hottest sensor in °C; None where the machine has none to read."""
    found = []
    for zone in sorted(zones.glob("thermal_zone*/temp")):
        try:
            found.append(int(zone.read_text()) / 1000)
        except (OSError, ValueError):
            # Some boards list sensors that answer with an error; the others still count.
            continue
    return max(found, default=None)


def uptime_s(path: Path = UPTIME) -> int:
    """Seconds since the machine started."""
    try:
        return int(float(path.read_text().split()[0]))
    except (OSError, ValueError, IndexError):
        return int(os.times().elapsed)
