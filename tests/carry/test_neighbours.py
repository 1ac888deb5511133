"""Kiosk to kiosk (G21): a kiosk without a line of its own reaches the centre through a neighbour that has one."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from flask import Response
from waitress.server import create_server

from kiosk.carry.neighbours import neighbour_links, round_through_neighbours
from kiosk.carry.relay import PATH, Turnstile, make_relay
from kiosk.config import read_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.badge import link
from kiosk.sync.enrol import enrol
from kiosk.sync.rules import WHOLE, Trouble
from kiosk.sync.worker import SyncWorker
from shared.kernel.clock import ManualClock
from shared.kernel.limits import RELAY_BYTES
from shared.sync import store as sync_store
from shared.sync.sealing import UP
from shared.web.frame import LinkState
from sync_server import life
from tests.carry.test_stick import receive, shelf
from tests.kiosk.sync.conftest import RunningCentre, claim_code
from tests.kiosk.sync.test_rounds_over_http import round_of, same_rows


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def relay(kiosk: Kiosk) -> Iterator[str]:
    server = create_server(make_relay(kiosk), host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


def cut_off(kiosk: Kiosk, *relays: str) -> Kiosk:
    """The same kiosk with its own line cut and these neighbours."""
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE enrolment SET server = ?", (f"http://127.0.0.1:{free_port()}",))
    kiosk.db.close()
    return open_kiosk(read_config({"LINQU_DATA": str(kiosk.config.data), "LINQU_RELAYS": " ".join(relays)}))


@pytest.fixture
def lonely(new_kiosk: Callable[[str], Kiosk], running_centre: RunningCentre) -> Kiosk:
    kiosk = new_kiosk(running_centre.url)
    enrol(kiosk, running_centre.url, claim_code(running_centre.centre))
    return kiosk


def test_whole_rounds_go_through_a_neighbour_and_the_badge_says_so(
    kiosk: Kiosk, lonely: Kiosk, running_centre: RunningCentre
) -> None:
    shelf(running_centre)
    with relay(kiosk) as address:
        kiosk_b = cut_off(lonely, f"http://127.0.0.1:{free_port()}", address)
        worker = SyncWorker(kiosk_b, threading.Event())
        # its first data, and every later round
        assert worker.round() is Trouble.NONE
        assert same_rows(kiosk_b, running_centre)
        assert link(kiosk_b).state is LinkState.NEIGHBOUR
        receive(kiosk_b, "SF0000000000001")
        assert worker.round() is Trouble.NONE
        assert sync_store.outbox(kiosk_b.db)[0] == 0
        # a centre that was put back: histories are compared through the neighbour too
        life.begin(running_centre.centre.db, running_centre.centre.config.data)
        assert worker.round() is Trouble.NONE
        assert kiosk_b.enrolled_state().generation == 2
        assert same_rows(kiosk_b, running_centre)
    assert worker.round() is Trouble.NO_NETWORK
    assert link(kiosk_b).state is LinkState.OFFLINE
    kiosk_b.db.close()
    assert round_of(kiosk) is Trouble.NONE


def test_the_neighbour_reads_nothing_and_may_lie(
    kiosk: Kiosk, lonely: Kiosk, running_centre: RunningCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kiosk.carry.relay as relaying

    shelf(running_centre)
    seen: list[bytes] = []
    forward = relaying._forward

    def watch(via: Kiosk, box: bytes) -> Response:
        answer = forward(via, box)
        seen.extend((box, answer.get_data()))
        return answer

    monkeypatch.setattr(relaying, "_forward", watch)
    with relay(kiosk) as address:
        kiosk_b = cut_off(lonely, address)
        receive_later = SyncWorker(kiosk_b, threading.Event())
        assert receive_later.round() is Trouble.NONE
        receive(kiosk_b, "SF0000000000001")
        assert receive_later.round() is Trouble.NONE
        assert seen
        for secret in ("王*明", "SF0000000000001", "洪楼", "JN-HL01"):
            assert not [box for box in seen if secret.encode() in box]
        before = kiosk_b.enrolled_state()
        # an old answer played again, a flipped one, nothing, and a page of somebody's router
        for lie in (seen[1], seen[-1][:-1] + b"!", b"", b"<html>log in</html>"):
            monkeypatch.setattr(relaying, "_forward", lambda _via, _box, lie=lie: Response(lie))
            trouble = round_through_neighbours(kiosk_b, lambda: None, WHOLE, Trouble.NO_NETWORK)
            assert trouble is Trouble.NO_NETWORK
            after = kiosk_b.enrolled_state()
            assert (after.acked_seq, after.last_contact) == (before.acked_seq, before.last_contact)
        assert [one.address for one in neighbour_links(kiosk_b)] == [address]
    kiosk_b.db.close()


def test_the_relay_takes_boxes_only_few_and_small(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    with relay(kiosk) as address:
        assert requests.post(address + PATH, data=b"GET /", timeout=5).status_code == 400
        assert requests.post(address + PATH, data=UP + bytes(RELAY_BYTES), timeout=5).status_code == 413
        assert requests.get(address + PATH, timeout=5).status_code == 405
        assert requests.get(address + "/", timeout=5).status_code == 404
        # a sealed box that is none: the centre says so, unsigned, and nobody believes it
        assert requests.post(address + PATH, data=UP + bytes(100), timeout=5).status_code == 400
    clock = ManualClock(kiosk.clock.now())
    turnstile = Turnstile(clock, most=2)
    assert [turnstile.lets_in("a"), turnstile.lets_in("a"), turnstile.lets_in("a")] == [True, True, False]
    assert turnstile.lets_in("b")
    clock.advance(61)
    assert turnstile.lets_in("a")


def test_real_processes_one_with_a_line_and_one_without(
    kiosk: Kiosk, lonely: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    if running_centre.centre.config.database_url:
        return
    shelf(running_centre)
    port = free_port()
    kiosk_b = cut_off(lonely)

    def process(of: Kiosk, name: str, **settings: str) -> "subprocess.Popen[bytes]":
        environ = {**os.environ, "LINQU_DATA": str(of.config.data), **settings}
        return subprocess.Popen([sys.executable, "-m", "kiosk", "run", name], env=environ)

    running = [
        process(kiosk, "relay", LINQU_RELAY=f"127.0.0.1:{port}"),
        process(kiosk_b, "sync", LINQU_RELAYS=f"http://127.0.0.1:{port}"),
    ]
    try:
        end = time.monotonic() + 40
        while not same_rows(kiosk_b, running_centre) or not kiosk_b.point():
            assert time.monotonic() < end
            time.sleep(0.2)
        receive(kiosk_b, "SF0000000000001")
        while sync_store.outbox(kiosk_b.db)[0]:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert same_rows(kiosk_b, running_centre)
    finally:
        for one in running:
            one.terminate()
            one.wait(20)
        kiosk_b.db.close()
