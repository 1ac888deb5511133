"""How long a kiosk's web process takes to its first page, and what each process holds in memory at rest."""

import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from kiosk import workers
from kiosk.supervisor import PROCESSES
from tests.bench.handout import DISK
from tests.bench.processes import free_port, running, wait_until_answers
from tests.bench.report import line
from tests.bench.stand import Stand, address, stand

PARCELS = 3_000
STARTS = 5
REST_SECONDS = 6.0
AT_WORK_SECONDS = 60.0
MB = 1 << 20


def figures() -> None:
    """Starts in turn with a bare Flask + waitress app's; then everything at once, at rest."""
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as name:
        folder = Path(name)
        with stand(folder, PARCELS) as here:
            _starts(here)
        _memory(here)


def _starts(here: Stand) -> None:
    ours: list[float] = []
    bare: list[float] = []
    for number in range(STARTS):
        start = time.perf_counter()
        with running("kiosk", "run", "web", environ=here.kiosk):
            wait_until_answers(f"{here.url}/")
            ours.append(time.perf_counter() - start)
        port, folder = free_port(), here.folder / f"peer{number}"
        folder.mkdir()
        start = time.perf_counter()
        with running("tests.bench.peer", str(port), str(folder)):
            wait_until_answers(f"http://127.0.0.1:{port}/")
            bare.append(time.perf_counter() - start)
    took, peer = statistics.median(ours), statistics.median(bare)
    line("kiosk_start_to_first_page", took, "s", took / peer, "a bare Flask + waitress app on an empty database")


def _memory(here: Stand) -> None:
    with ExitStack() as stack:
        centre = stack.enter_context(running("sync_server", "run", environ=here.centre))
        wait_until_answers(f"{address(here.centre)}/console")
        started = {name: stack.enter_context(running("kiosk", "run", name, environ=here.kiosk)) for name in PROCESSES}
        wait_until_answers(f"{here.url}/")
        wait_until_answers(f"{address(here.centre)}/console")
        _until_at_work(here)
        time.sleep(REST_SECONDS)
        for name, process in {**started, "centre": centre}.items():
            one = psutil.Process(process.pid)
            held = one.memory_full_info()
            line(f"memory_{name}_pss", held.pss / MB, "MB")
            line(f"memory_{name}_rss", held.rss / MB, "MB")
        libraries = {mapped.path for mapped in psutil.Process(started["web"].pid).memory_maps()}
        line("web_has_cv2", any("cv2" in path for path in libraries), "yes_or_no")
        line("web_has_numpy", any("numpy" in path for path in libraries), "yes_or_no")


def _until_at_work(here: Stand) -> None:
    """All three workers have said that they live."""
    kiosk = here.open_kiosk()
    until = time.monotonic() + AT_WORK_SECONDS
    while not {"sync", "print", "scan"} <= workers.states(kiosk.db, kiosk.clock).keys():
        if time.monotonic() > until:
            raise TimeoutError(f"at work: {sorted(workers.states(kiosk.db, kiosk.clock))}")
        time.sleep(0.1)
    kiosk.db.close()
