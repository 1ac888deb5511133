"""Enrolment and rounds over real HTTP: what a kiosk does and what the centre then knows."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.devices.health import clock_trusted
from kiosk.host import ForeignDatabase, Kiosk, open_kiosk
from kiosk.sync.badge import link
from kiosk.sync.enrol import enrol
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from kiosk.sync.transport import CONTENT_TYPE
from shared.devices import operations as devices
from shared.devices import store as device_store
from shared.devices.rules import Health
from shared.kernel.clock import ManualClock, SystemClock, parse_utc
from shared.kernel.errors import Refused
from shared.parcels import operations as parcels
from shared.parcels import store as parcel_store
from shared.parcels.rules import ParcelState, Recipient, Way
from shared.pickup_points.operations import set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.sync import rows, store
from shared.sync.signing import load_or_make_key, signed_request
from shared.sync.wire import SnapshotRequest, pack
from shared.web.frame import LinkState
from tests.kiosk.sync.conftest import POINT, REGION, RunningCentre, claim_code
from tests.kiosk.sync.test_hostile_networks import answering, http


def round_of(kiosk: Kiosk, health: Health | None = None) -> Trouble:
    link = open_link(kiosk)
    trouble = run_round(kiosk, link, lambda: health)
    link.close()
    return trouble


def same_rows(kiosk: Kiosk, running: RunningCentre) -> bool:
    return all(
        rows.digest(kiosk.db, kiosk.house, feed) == rows.digest(running.centre.db, kiosk.house, feed)
        for feed in (f"point:{POINT}", f"region:{REGION}")
    )


def test_an_enrolled_kiosk_knows_its_point_after_one_round(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    assert round_of(kiosk) is Trouble.NONE
    point = kiosk.point()
    assert point is not None
    assert point.name == "洪楼社区自提点"
    assert kiosk.enrolment().point_key == running_centre.centre.point_key(1)
    assert same_rows(kiosk, running_centre)


def test_a_parcel_received_and_handed_out_offline_is_at_the_centre_after_one_round(
    kiosk: Kiosk, running_centre: RunningCentre
) -> None:
    centre = running_centre.centre
    with centre.journal.writing(POINT) as tx:
        set_shelf_layer(centre.journal, tx, POINT, ShelfLayer(3, 2, "货架 3", 20, False), "test")
    round_of(kiosk)
    who = Recipient("", "王*明", "1234")
    inbound = parcels.receive_parcel(kiosk.journal(), POINT, "SF1234567890123", "S1", recipient=who)
    assert inbound.parcel is not None
    assert inbound.parcel.code.startswith("3-2-")
    parcels.hand_over(kiosk.journal(), POINT, [inbound.parcel.id], "S1", way=Way.STAFF)
    assert parcel_store.parcel(centre.db, POINT, inbound.parcel.id) is None
    assert round_of(kiosk) is Trouble.NONE
    known = parcel_store.parcel(centre.db, POINT, inbound.parcel.id)
    assert known is not None
    assert known.state is ParcelState.COLLECTED
    assert store.outbox(kiosk.db)[0] == 0
    assert same_rows(kiosk, running_centre)


def test_what_a_kiosk_says_of_itself_stands_on_the_centres_board(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    round_of(kiosk, Health(app_version="0.1.0", disk_free_mb=1234, waiting=7))
    device = device_store.device(running_centre.centre.db, kiosk.enrolled_state().device)
    assert device is not None
    assert (device.health.disk_free_mb, device.health.waiting) == (1234, 7)
    assert device.last_contact is not None


def test_a_claim_code_works_once(
    kiosk: Kiosk, running_centre: RunningCentre, new_kiosk: Callable[[str], Kiosk]
) -> None:
    code = claim_code(running_centre.centre)
    enrol(new_kiosk(running_centre.url), running_centre.url, code)
    with pytest.raises(Refused) as refused:
        enrol(new_kiosk(running_centre.url), running_centre.url, code)
    assert refused.value.code == "CLAIM_USED"
    with pytest.raises(Refused) as refused:
        enrol(kiosk, running_centre.url, code)
    assert refused.value.code == "ALREADY_ENROLLED"


def test_a_wrong_code_and_an_absent_centre_are_told_apart(
    running_centre: RunningCentre, new_kiosk: Callable[[str], Kiosk]
) -> None:
    kiosk = new_kiosk(running_centre.url)
    for server, code, expected in (
        (running_centre.url, "00000000", "CLAIM_UNKNOWN"),
        ("http://127.0.0.1:9", "12345678", "SERVER_ABSENT"),
        ("ftp://centre", "12345678", "SERVER_ADDRESS"),
        ("http://centre.example", "12345678", "SERVER_PLAIN"),
    ):
        with pytest.raises(Refused) as refused:
            enrol(kiosk, server, code)
        assert refused.value.code == expected
    assert kiosk.state() is None


def test_a_stranger_cannot_make_the_centre_unpack_much(running_centre: RunningCentre) -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(32 * 1024 * 1024))
    assert len(bomb) < 8 * 1024
    signed = signed_request(Ed25519PrivateKey.generate(), "", "POST /v1/enrol", "nonce", bomb)
    for body, status in ((bomb, 400), (signed, 400), (bytes(64 * 1024), 413)):
        answer = requests.post(f"{running_centre.url}/v1/enrol", data=body, timeout=10)
        assert answer.status_code == status


def test_an_address_that_answers_without_end_is_not_the_centre(new_kiosk: Callable[[str], Kiosk]) -> None:
    with answering(http("200 OK", b"x" * 200_000, f"Content-Type: {CONTENT_TYPE}")) as url:
        kiosk = new_kiosk(url)
        with pytest.raises(Refused) as refused:
            enrol(kiosk, url, "12345678")
    assert refused.value.code == "SERVER_FOREIGN"
    assert kiosk.state() is None


def test_a_revoked_kiosk_is_told_and_keeps_its_facts(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    round_of(kiosk)
    devices.revoke(running_centre.centre.db, kiosk.clock, kiosk.enrolled_state().device, "test")
    who = Recipient("", "王*明", "1234")
    parcels.receive_parcel(kiosk.journal(), POINT, "SF1234567890123", "S1", recipient=who)
    assert round_of(kiosk) is Trouble.NOT_KNOWN
    assert store.outbox(kiosk.db)[0] == 1
    state = kiosk.state()
    assert state is not None
    assert state.trouble == Trouble.NOT_KNOWN


def test_a_request_signed_by_another_key_is_refused(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    round_of(kiosk)
    link = open_link(kiosk)
    link.device_key = load_or_make_key(kiosk.config.data / "stolen.key")
    assert run_round(kiosk, link, lambda: None) is Trouble.BAD_ANSWER
    assert round_of(kiosk) is Trouble.NONE


def test_a_database_beside_another_devices_key_is_not_used(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    round_of(kiosk)
    kiosk.db.close()
    (kiosk.config.data / "device.key").unlink()
    with pytest.raises(ForeignDatabase) as refused:
        open_kiosk(kiosk.config)
    assert kiosk.config.data.joinpath("kiosk.db").exists()
    assert "另一台设备" in str(refused.value)


def test_a_device_may_not_read_another_points_feed(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    from kiosk.sync.transport import ExchangeFailed

    round_of(kiosk)
    link = open_link(kiosk)
    asked = SnapshotRequest(nonce="nonce", device=link.device, epoch="", generation=1, feed="point:JN-YZ01")
    with pytest.raises(ExchangeFailed):
        list(link.stream("/v1/snapshot", "nonce", pack(asked)))
    link.close()


def test_the_last_contact_is_by_the_centres_clock_so_that_a_wrong_one_here_is_noticed(
    kiosk: Kiosk, running_centre: RunningCentre
) -> None:
    right = kiosk.clock.now()
    wrong = ManualClock(right + timedelta(days=700))
    kiosk.clock = wrong
    assert round_of(kiosk) is Trouble.NONE
    state = kiosk.enrolled_state()
    assert state.last_contact is not None
    assert abs(parse_utc(state.last_contact) - right) < timedelta(minutes=5)
    assert not clock_trusted(kiosk)
    assert link(kiosk).state is LinkState.ONLINE
    kiosk.clock = SystemClock()
    assert clock_trusted(kiosk)
