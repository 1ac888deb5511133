"""Parked facts: said in words, applied after all, left with a reason, all of one lane together."""

from typing import Any

import msgspec
import pytest

from shared.kernel.clock import utc_text
from shared.parcels import store as parcels
from shared.parcels.facts import HandedOut, Inbound
from shared.sync import Fact
from shared.sync import store as sync_store
from shared.sync import wording as parked
from shared.sync.rebuild import differences
from shared.sync.wording import Why
from sync_server.console import store
from sync_server.host import Centre
from tests.sync_server.happenings import cells, centre_of, enrol, fill_a_little
from tests.sync_server.opening import Desk

POINT, LANE = "JN-HL01", "E2"


def park(centre: Centre, seq: int, payload: msgspec.Struct | bytes, reason: str, kind: str = "") -> str:
    """Park a fact as the centre would have; its address at the console."""
    if isinstance(payload, bytes):
        packed, name = payload, kind
    else:
        packed, name = msgspec.msgpack.encode(payload), kind or centre.house.kind_of[type(payload)].name
    at = utc_text(centre.clock.now())
    with centre.db.writing() as tx:
        fact = Fact(POINT, "K1", LANE, seq, name, at, "S1", msgspec.Struct())
        sync_store.add_quarantine(tx, fact, packed, reason, at)
    return f"/console/quarantine/{POINT}/K1/{LANE}/{seq}"


def inbound(n: int) -> Inbound:
    values: dict[str, Any] = {
        "parcel": f"K1.X.{n}", "waybill": f"SF{n:08d}", "carrier": "SF", "resident": "", "order": "",
        "name_masked": "王*明", "phone_tail": "8899", "shelf": 1, "layer": 1, "pickup_code": f"1-1-{n:04d}",
        "cold": False, "contents": (),
    }  # fmt: skip
    return Inbound(**values)


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("CLONE", Why.CLONE),
        ("UNKNOWN_KIND", Why.UNKNOWN_KIND),
        ("NOT_FOR_DEVICES", Why.NOT_FOR_DEVICES),
        ("Refused: 没有这件包裹。 请核对。 (PARCEL_UNKNOWN)", Why.RULE),
        ("ValidationError: Expected `int`, got `str`", Why.UNREADABLE),
        ("KeyError: 'x'", Why.OTHER),
    ],
)
def test_each_reason_has_words_and_a_next_step(reason: str, why: Why) -> None:
    assert parked.why_of(reason) is why
    words = parked.WHY_WORDS[why]
    assert words.name
    assert words.text
    assert words.next_step


def test_what_a_rule_said_is_shown_without_the_programs_words() -> None:
    assert parked.reason_words("Refused: 没有这件包裹。 请核对。 (PARCEL_UNKNOWN)") == "没有这件包裹。 请核对。"
    assert parked.reason_code("Refused: 没有这件包裹。 (PARCEL_UNKNOWN)") == "PARCEL_UNKNOWN"
    assert parked.reason_code("KeyError: 'x'") == "KeyError"


def test_every_kind_of_fact_that_devices_record_has_a_name(server: Centre) -> None:
    of_devices = {name for name, kind in server.house.kinds.items() if not kind.centre_only}
    assert of_devices <= set(parked.FACT_NAMES)


def test_a_fact_is_shown_field_by_field_and_a_pin_never(desk: Desk) -> None:
    house = centre_of(desk).house
    with desk.app.test_request_context():
        facts = dict(parked.readable(house, "parcels.inbound.v1", msgspec.msgpack.encode(inbound(1))))
        assert facts["面单号"] == "SF00000001"
        assert facts["取件码"] == "1-1-0001"
        staff = msgspec.msgpack.encode(["S9", "某人", "$argon2id$secret", "staff", True])
        assert "secret" not in str(parked.readable(house, "pickup_points.staff_set.v1", staff))
        [(_, raw)] = parked.readable(house, "parcels.inbound.v1", b"\xc1broken")
        assert raw.startswith("c1 62")
        assert parked.readable(house, "future.v9", msgspec.msgpack.encode(["a", 7])) == [
            ("字段 1", "a"),
            ("字段 2", "7"),
        ]


def test_a_parked_fact_is_applied_after_all(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    address = park(centre, 1, inbound(1), "CLONE")
    page = signed_in.get(address).text
    assert "SF00000001" in page
    assert signed_in.post(f"{address}/retry").status_code == 303
    found = parcels.by_waybill(centre.db, POINT, "SF00000001")
    assert found is not None
    assert found.pickup_code == "1-1-0001"
    assert "已重试并入账" in signed_in.get(address).text
    assert signed_in.post(f"{address}/retry").status_code == 422, "not twice"


def test_what_still_does_not_fit_stays_and_says_why(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    address = park(centre, 1, b"\x91\xa1x", "ValidationError: too short", "parcels.inbound.v1")
    answer = signed_in.post(f"{address}/retry")
    assert answer.status_code == 422
    assert "重试后仍不能应用" in answer.text
    assert sync_store.count_quarantine(centre.db) == 1


def test_leaving_one_needs_a_reason_which_is_kept(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    address = park(centre, 1, inbound(1), "NOT_FOR_DEVICES")
    assert "重试，入账" not in signed_in.get(address).text, "what devices may not write is not applied by a click"
    assert signed_in.post(f"{address}/discard", {"reason": " "}).status_code == 400
    assert signed_in.post(f"{address}/discard", {"reason": "试机时的记录"}).status_code == 303
    assert "试机时的记录" in signed_in.get("/console/quarantine?settled=1").text
    assert parcels.by_waybill(centre.db, POINT, "SF00000001") is None
    rows = cells(signed_in.get("/console/quarantine.csv").text)
    assert rows[1][-1] == "discarded: 试机时的记录"


def test_a_lane_of_another_machine_is_applied_in_one_go(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    enrol(centre, "K1")
    for n in range(1, 6):
        park(centre, n, inbound(n), "CLONE")
    park(centre, 6, b"\xc1", "CLONE", "parcels.inbound.v1")
    page = signed_in.get("/console/quarantine").text
    assert "存储卡在另一台机器上用过" in page
    assert "6 条记录等待决定" in page
    assert signed_in.get(f"/console/quarantine/{POINT}/K1/{LANE}").text.count("SF0000000") == 5
    said = signed_in.post(f"/console/quarantine/{POINT}/K1/{LANE}/retry")
    assert said.status_code == 303
    assert "已入账 5 条；还有 1 条" in signed_in.get("/console/quarantine").text
    assert all(parcels.by_waybill(centre.db, POINT, f"SF{n:08d}") for n in range(1, 6))
    assert sync_store.count_quarantine(centre.db) == 1
    assert signed_in.post(f"/console/quarantine/{POINT}/K1/{LANE}/retry").status_code == 422, "nothing fits any more"


def test_a_lane_is_left_with_one_reason(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    for n in range(1, 4):
        park(centre, n, inbound(n), "CLONE")
    address = f"/console/quarantine/{POINT}/K1/{LANE}/discard"
    assert signed_in.post(address, {"reason": ""}).status_code == 400
    assert signed_in.post(address, {"reason": "只是拷贝出来试过"}).status_code == 303
    assert sync_store.count_quarantine(centre.db) == 0
    assert {row["resolution"] for row in store.parked(centre.db, 9, settled=True)} == {"discarded: 只是拷贝出来试过"}


def test_a_replay_of_the_journal_gives_the_same_rows(signed_in: Desk, tmp_path: Any) -> None:
    """What a person decided is in the journal: a rebuild needs nothing else."""
    from shared.db import open_sqlite
    from shared.sync.rebuild import rebuild

    centre = centre_of(signed_in)
    fill_a_little(centre)
    for n in range(1, 4):
        park(centre, n, inbound(n), "CLONE")
    park(centre, 4, HandedOut(("K1.X.2",), "staff", ""), "CLONE")
    assert signed_in.post(f"/console/quarantine/{POINT}/K1/{LANE}/retry").status_code == 303
    empty = open_sqlite(tmp_path / "rebuilt.db", key=None, authoritative=True)
    rebuild(centre.db, centre.house, empty)
    assert differences(centre.db, empty, centre.house) == []
    empty.close()
