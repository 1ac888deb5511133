"""What a reader of the figures must know of the machine, without naming it."""

import os
import platform
import tempfile
import time
from pathlib import Path

from tests.bench.handout import DISK

SYNCS = 300
PAGE_BYTES = 4096


def words_about_this_machine() -> str:
    """Cores, how busy they were, how fast the disk keeps a page, memory, Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, load {os.getloadavg()[1]:.1f} over the last five minutes), "
        f"{memory:.0f} GB, a disk that keeps {_syncs_per_second():.0f} pages a second (write and fdatasync of 4 kB), "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def _syncs_per_second() -> float:
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as folder, (Path(folder) / "pages").open("wb", buffering=0) as file:
        start = time.perf_counter()
        for _ in range(SYNCS):
            file.write(bytes(PAGE_BYTES))
            os.fdatasync(file.fileno())
        return SYNCS / (time.perf_counter() - start)
