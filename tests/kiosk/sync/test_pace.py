"""Batches shrink around what does not pass, and grow again."""

import secrets
import threading
from collections.abc import Callable

from waitress.server import create_server

from kiosk.host import Kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import WHOLE, Pace, Trouble
from shared.parcels import operations as parcels
from shared.parcels.rules import Recipient
from shared.sync import store
from sync_server.app import make_app
from tests.kiosk.sync.conftest import POINT, RunningCentre, claim_code


def test_where_only_small_requests_pass_a_long_queue_still_drains(
    running_centre: RunningCentre, new_kiosk: Callable[[str], Kiosk]
) -> None:
    """R22: a proxy on the way that refuses large bodies makes batches smaller, never makes them vanish."""
    kiosk = new_kiosk(running_centre.url)
    enrol(kiosk, running_centre.url, claim_code(running_centre.centre))
    assert run_round(kiosk, open_link(kiosk), lambda: None) is Trouble.NONE
    who = Recipient("", "王*明", "1234")
    for _ in range(300):
        parcels.receive_parcel(kiosk.journal(), POINT, f"SF{secrets.randbelow(10**14):014d}", "S1", recipient=who)
    narrow = create_server(
        make_app(running_centre.centre), host="127.0.0.1", port=0, threads=2, max_request_body_size=3000
    )
    threading.Thread(target=narrow.run, daemon=True).start()
    link = open_link(kiosk)
    link.server = f"http://127.0.0.1:{narrow.effective_port}"
    pace = WHOLE
    troubles: list[Trouble] = []
    while store.outbox(kiosk.db)[0] and len(troubles) < 60:
        trouble = run_round(kiosk, link, lambda: None, pace)
        pace = pace.after(trouble, 0.1)
        troubles.append(trouble)
    narrow.close()
    assert troubles[0] is Trouble.TOO_LARGE
    assert store.outbox(kiosk.db)[0] == 0
    assert store.count_quarantine(running_centre.centre.db) == 0


def test_a_batch_grows_again_after_success() -> None:
    """One bad moment must not make a month's queue crawl."""
    pace = Pace(100).after(Trouble.TIMEOUT, 15.0)
    assert pace.most == 100, "the answer may have been lost: the very same batch once more"
    pace = pace.after(Trouble.TIMEOUT, 15.0)
    assert pace.most < 100
    for _ in range(10):
        pace = pace.after(Trouble.NONE, 0.1)
    assert pace == WHOLE


def test_a_batch_does_not_grow_where_the_line_is_slow() -> None:
    """What just passed in time would not, four times as large."""
    assert Pace(100).after(Trouble.NONE, 9.0) == Pace(100)
