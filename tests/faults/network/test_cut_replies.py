"""R09: a reply of the centre cut at any byte is not believed and acknowledges nothing; the next whole one is."""

import secrets
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.config import read_config as read_kiosk_config
from kiosk.host import open_kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rules import Trouble
from shared.devices.operations import make_claim
from shared.kernel.errors import Refused
from shared.residents.operations import register
from shared.sync import rows, store
from tests.faults.network.proxy import BadLine
from tests.faults.network.scene import POINT, Scene, scene

FIXED = "A" * 16

# a machine that runs other tests beside these may be slow; none of them waits for nothing
pytestmark = pytest.mark.timeout(400)


class Replies:
    """What the replaying server sends: recorded replies in turn, and only so many bytes of them altogether."""

    def __init__(self, whole: list[bytes]) -> None:
        self.whole = whole
        self.left = 0
        self.turn = 0

    def cut(self, at: int) -> None:
        """From here on, everything before byte ``at`` comes, and nothing after it."""
        self.left, self.turn = at, 0

    def next(self) -> bytes:
        """What is sent for the next request."""
        reply = self.whole[self.turn][: self.left] if self.turn < len(self.whole) else b""
        self.left -= len(reply)
        self.turn += 1
        return reply

    @property
    def bytes(self) -> int:
        """All of them together."""
        return sum(map(len, self.whole))


@contextmanager
def replaying(replies: Replies, port: int) -> Iterator[None]:
    """A server in the centre's place that answers with recorded bytes and closes where they are cut."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self._read_request():
                reply = replies.next()
                self.request.sendall(reply)
                if replies.left <= 0:
                    return

        def _read_request(self) -> bool:
            data = b""
            while b"\r\n\r\n" not in data:
                if not (chunk := self.request.recv(65536)):
                    return False
                data += chunk
            head, _, body = data.partition(b"\r\n\r\n")
            fields = (line.lower().partition(b":") for line in head.split(b"\r\n"))
            length = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
            while len(body) < length and (chunk := self.request.recv(65536)):
                body += chunk
            return True

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield
        server.shutdown()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, residents=1, shelves=1) as made, made.running_centre():
        yield made


@pytest.fixture
def line(here: Scene) -> Iterator[BadLine]:
    with BadLine(here.centre_port) as cable:
        yield cable


def recorded(line: BadLine, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> Replies:
    """The replies that ``work`` got, while every nonce is the same one; the line ends then."""
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _=32: FIXED)
    line.answers.clear()
    work()
    line.cut()
    return Replies([bytes(reply) for reply in line.answers])


def remembered(here: Scene) -> tuple[object, ...]:
    """Everything that an answer may change at a kiosk, but not when it last tried."""
    db, state = here.kiosk.db, here.state()
    digests = tuple(rows.digest(db, here.kiosk.house, feed) for feed in ("region:jinan", f"point:{POINT}"))
    return (state.acked_seq, state.durable_seq, state.generation, state.epoch, state.last_contact, digests)


def cut_everywhere(here: Scene, replies: Replies, port: int, prepare: Callable[[], object]) -> None:
    with replaying(replies, port):
        for at in range(replies.bytes):
            prepare()
            before = remembered(here)
            replies.cut(at)
            assert here.round() is not Trouble.NONE, f"cut at byte {at}"
            assert remembered(here) == before, f"cut at byte {at}"
        prepare()
        replies.cut(replies.bytes)
        assert here.round() is Trouble.NONE


def test_r09_an_idle_reply_and_one_with_rows_are_believed_only_whole(
    here: Scene, line: BadLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R09: cut at every byte, neither an idle reply nor one that acknowledges a fact and brings rows is believed."""
    here.joined(f"http://127.0.0.1:{line.port}")
    with monkeypatch.context() as fixed:
        idle = recorded(line, fixed, here.round)
        cut_everywhere(here, idle, line.port, lambda: None)
    assert len(idle.whole) == 1

    line.mend()
    here.receive(1)
    with here.centre.journal.writing(POINT) as tx:
        register(here.centre.journal, tx, POINT, "李小红", "13900001234", "test")
    with monkeypatch.context() as fixed:
        kept = _Kept(here)
        with_rows = recorded(line, fixed, here.round)
        kept.put_back()
        cut_everywhere(here, with_rows, line.port, lambda: None)
    line.mend()
    assert here.waiting() == 0
    assert here.round() is Trouble.NONE
    assert here.same_rows()


class _Kept:
    """The kiosk's database as it was before the reply was recorded: the recording itself must leave no mark."""

    def __init__(self, here: Scene) -> None:
        self._here = here
        self._copy = here.folder / "before.db"
        here.kiosk.db.backup_to(self._copy)

    def put_back(self) -> None:
        here, data = self._here, Path(self._here.kiosk_environ["LINQU_DATA"])
        here.kiosk.db.close()
        for leftover in data.glob("kiosk.db*"):
            leftover.unlink()
        self._copy.rename(data / "kiosk.db")
        here.reopen()


def test_r09_a_snapshot_is_believed_only_whole(here: Scene, line: BadLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """R09: cut at every byte, the snapshot of a point does not count as read before its end."""
    here.joined(f"http://127.0.0.1:{line.port}")
    feed = f"point:{POINT}"

    def anew() -> None:
        region = {one: at for one, at in store.cursors(here.kiosk.db).items() if one != feed}
        with here.kiosk.db.writing() as tx:
            store.forget_cursors(tx)
            for one, at in region.items():
                store.set_cursor(tx, one, at)

    with monkeypatch.context() as fixed:
        anew()
        replies = recorded(line, fixed, here.round)
        assert len(replies.whole) == 2
        with replaying(replies, line.port):
            for at in range(len(replies.whole[0])):
                anew()
                before = remembered(here)
                replies.cut(at)
                assert here.round() is not Trouble.NONE, f"cut at byte {at}"
                assert feed not in store.cursors(here.kiosk.db), f"cut at byte {at}"
                assert remembered(here) == before, f"cut at byte {at}"
            anew()
            replies.cut(replies.bytes)
            assert here.round() is Trouble.NONE
    line.mend()
    assert here.round() is Trouble.NONE
    assert here.same_rows()


def test_r09_an_enrolment_is_believed_only_whole(here: Scene, line: BadLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """R09: cut at every byte, the reply to a claim code leaves the kiosk without identity and without keys."""
    url = f"http://127.0.0.1:{line.port}"
    code = make_claim(here.centre.db, here.centre.clock, POINT, "test")
    other = open_kiosk(read_kiosk_config(here.kiosk_environ | {"LINQU_DATA": str(here.folder / "first")}))
    with monkeypatch.context() as fixed:
        # another data directory with the same key asks first: its reply is good for this kiosk too
        here.kiosk.config.data.joinpath("device.key").write_bytes(other.config.data.joinpath("device.key").read_bytes())
        here.reopen()
        replies = recorded(line, fixed, lambda: enrol(other, url, code))
        other.db.close()
        with replaying(replies, line.port):
            for at in range(replies.bytes):
                replies.cut(at)
                with pytest.raises(Refused):
                    enrol(here.kiosk, url, code)
                assert here.kiosk.state() is None, f"cut at byte {at}"
            replies.cut(replies.bytes)
            enrol(here.kiosk, url, code)
    line.mend()
    here.kiosk_environ["LINQU_SERVER"] = url
    assert here.round() is Trouble.NONE
    assert here.same_rows()
