"""Keys that several processes ask for at the first start: whole, the same for all, for nobody else's eyes."""

import stat
import subprocess
import sys
import threading
from pathlib import Path

from shared.sync.signing import keep_secret, load_or_make_key, public_bytes

ASK = """
import secrets, sys
from pathlib import Path
from shared.sync.signing import keep_secret
print("ready", flush=True)
sys.stdin.readline()
print(keep_secret(Path(sys.argv[1]), lambda: secrets.token_hex(32).encode()).decode())
"""


def test_processes_that_start_together_get_one_secret(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK]
    for turn in range(3):
        path = tmp_path / f"{turn}" / "db.key"
        asking = [
            subprocess.Popen([*command, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        for process in asking:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        got = {process.communicate("go\n")[0].strip() for process in asking}
        assert got == {path.read_text()}
        assert len(path.read_text()) == 64
        assert [file.name for file in path.parent.iterdir()] == ["db.key"]


def test_threads_that_make_a_key_together_hold_the_same(tmp_path: Path) -> None:
    keys: list[bytes] = []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait()
        keys.append(public_bytes(load_or_make_key(tmp_path / "device.key")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_secret_is_readable_by_its_owner_only_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "session.key"
    assert keep_secret(path, lambda: b"first") == b"first"
    assert keep_secret(path, lambda: b"second") == b"first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
