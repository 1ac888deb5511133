"""Every way a visit can end, made with a real kiosk; and what each says."""

from datetime import timedelta

import pytest

from kiosk.pickup.operations import OF_HAND_OUT, collect_by_code, collect_by_pass, collect_rest
from kiosk.pickup.rules import OF_VERDICT, WORDS, PickupOutcome, PickupResult
from shared.kernel import passes
from shared.kernel.clock import ManualClock
from shared.kernel.passes import PassVerdict
from shared.orders import facts as order_facts
from shared.orders import store as orders
from shared.orders.rules import OrderState
from shared.parcels import store as parcels
from shared.parcels.operations import HandOutOutcome
from shared.parcels.rules import Content, ParcelState, Way
from shared.stock import store as stock
from shared.sync import store as sync_store
from tests.kiosk.pickup.scene import MASTER, NUMBER, POINT, START, Scene

SCALLION = (Content("zq-scallion", "章丘大葱", 2),)


def test_a_pass_hands_out_everything_that_lies_ready(scene: Scene) -> None:
    """Courier's parcel and own goods in one visit; order and stock change with them, all in one transaction."""
    resident = scene.resident()
    order = scene.order(resident)
    own = scene.parcel(resident, order=order, goods=SCALLION)
    courier = scene.parcel(resident, cold=True)
    assert stock.on_hand(scene.kiosk.db, POINT, "zq-scallion") == 2
    sent = sync_store.outbox(scene.kiosk.db)[0]

    result = collect_by_pass(scene.kiosk, scene.pass_of(resident))

    assert result.outcome is PickupOutcome.HANDED_OUT
    assert {parcel.id for parcel in result.handed} == {own.id, courier.id}
    assert {parcel.code for parcel in result.handed} == {own.code, courier.code}
    assert scene.now(own).state is scene.now(courier).state is ParcelState.COLLECTED
    assert scene.now(own).collected_way == Way.PASS
    found = orders.order(scene.kiosk.db, POINT, order)
    assert found is not None
    assert found.state is OrderState.COLLECTED
    assert stock.on_hand(scene.kiosk.db, POINT, "zq-scallion") == 0
    assert sync_store.outbox(scene.kiosk.db)[0] == sent + 1


def test_what_is_not_ready_is_listed_with_what_is(scene: Scene) -> None:
    resident = scene.resident()
    ready, coming, broken = scene.parcel(resident), scene.expected(resident), scene.broken(resident)
    result = collect_by_pass(scene.kiosk, scene.pass_of(resident))
    assert [parcel.id for parcel in result.handed] == [ready.id]
    assert {parcel.id for parcel in result.waiting} == {coming.id, broken.id}
    assert scene.now(broken).state is ParcelState.EXCEPTION


def test_an_unpaid_parcel_stays_while_the_others_go(scene: Scene) -> None:
    resident = scene.resident()
    unpaid = scene.parcel(resident, order=scene.order(resident, paid=False), goods=SCALLION)
    free = scene.parcel(resident)
    result = collect_by_pass(scene.kiosk, scene.pass_of(resident))
    assert result.outcome is PickupOutcome.HANDED_OUT
    assert [parcel.id for parcel in result.handed] == [free.id]
    assert [parcel.id for parcel in result.waiting] == [unpaid.id]
    assert collect_by_pass(scene.kiosk, scene.pass_of(resident)).outcome is PickupOutcome.UNPAID


def test_the_same_pass_again_tells_what_was_taken_and_when(scene: Scene, clock: ManualClock) -> None:
    resident = scene.resident()
    parcel = scene.parcel(resident)
    collect_by_pass(scene.kiosk, scene.pass_of(resident))
    clock.advance(600)
    again = collect_by_pass(scene.kiosk, scene.pass_of(resident))
    assert again.outcome is PickupOutcome.ALREADY_COLLECTED
    assert [one.code for one in again.handed] == [parcel.code]
    assert again.params["at"] == scene.now(parcel).collected_at
    assert again.params["count"] == 1


def test_collected_long_ago_is_not_already_collected(scene: Scene, clock: ManualClock) -> None:
    resident = scene.resident()
    scene.parcel(resident)
    collect_by_pass(scene.kiosk, scene.pass_of(resident))
    clock.advance(80 * 3600)
    assert collect_by_pass(scene.kiosk, scene.pass_of(resident)).outcome is PickupOutcome.NOTHING_HERE


def test_after_the_hour_what_is_on_its_way_matters_more(scene: Scene, clock: ManualClock) -> None:
    resident = scene.resident()
    scene.parcel(resident)
    collect_by_pass(scene.kiosk, scene.pass_of(resident))
    scene.expected(resident)
    assert collect_by_pass(scene.kiosk, scene.pass_of(resident)).outcome is PickupOutcome.ALREADY_COLLECTED
    clock.advance(3 * 3600)
    assert collect_by_pass(scene.kiosk, scene.pass_of(resident)).outcome is PickupOutcome.NOT_ARRIVED


@pytest.mark.parametrize(
    ("make", "outcome", "count"),
    [
        ("expected", PickupOutcome.NOT_ARRIVED, 1),
        ("unplaced", PickupOutcome.NOT_READY, 1),
        ("broken", PickupOutcome.EXCEPTION, 1),
        ("returned", PickupOutcome.RETURNED, 1),
    ],
)
def test_nothing_to_be_had_says_why(scene: Scene, make: str, outcome: PickupOutcome, count: int) -> None:
    resident = scene.resident()
    getattr(scene, make)(resident)
    result = collect_by_pass(scene.kiosk, scene.pass_of(resident))
    assert (result.outcome, result.params["count"], result.handed) == (outcome, count, ())
    assert len(result.waiting) == count


def test_orders_without_a_parcel_say_why(scene: Scene) -> None:
    paid, unpaid, cancelled, nothing = (scene.resident() for _ in range(4))
    scene.order(paid)
    scene.order(unpaid, paid=False)
    scene.record(order_facts.Cancelled(scene.order(cancelled, paid=False), "改主意"))
    outcomes = [collect_by_pass(scene.kiosk, scene.pass_of(one)).outcome for one in (paid, unpaid, cancelled, nothing)]
    assert outcomes == [
        PickupOutcome.NOT_ARRIVED,
        PickupOutcome.UNPAID,
        PickupOutcome.CANCELLED,
        PickupOutcome.NOTHING_HERE,
    ]


def test_a_pass_of_somebody_never_synced_is_honoured_in_words(scene: Scene) -> None:
    key = passes.point_key(MASTER, NUMBER)
    text = passes.issue(key, NUMBER, 99_999, START + timedelta(days=2))
    assert collect_by_pass(scene.kiosk, text).outcome is PickupOutcome.NOT_SYNCED


def test_bad_passes_each_have_their_own_answer(scene: Scene, clock: ManualClock) -> None:
    resident = scene.resident()
    parcel = scene.parcel(resident)
    good = scene.pass_of(resident, hours=24)
    forged = f"{int(good) ^ 1:049d}"
    elsewhere = scene.pass_of(resident, point=NUMBER + 1)
    assert collect_by_pass(scene.kiosk, forged).outcome is PickupOutcome.FORGED
    wrong = collect_by_pass(scene.kiosk, elsewhere)
    assert (wrong.outcome, wrong.params["number"], wrong.params["here"]) == (PickupOutcome.WRONG_POINT, 8, 7)
    clock.advance(72 * 3600)
    assert collect_by_pass(scene.kiosk, good).outcome is PickupOutcome.EXPIRED
    assert scene.now(parcel).state is ParcelState.READY


@pytest.mark.parametrize("years", [-56, -3, 4, 30])
def test_a_wrong_clock_sends_nobody_away(scene: Scene, clock: ManualClock, years: int) -> None:
    resident = scene.resident()
    scene.parcel(resident)
    text = scene.pass_of(resident)
    clock.set_wall(START + timedelta(days=365 * years))
    assert collect_by_pass(scene.kiosk, text).outcome is PickupOutcome.HANDED_OUT


@pytest.mark.parametrize(
    ("text", "symbology", "outcome"),
    [
        ("6901234567892", "EAN13", PickupOutcome.GOODS_BARCODE),
        ("6901234567892", "", PickupOutcome.GOODS_BARCODE),
        ("6901234567893", "", PickupOutcome.PARCEL_LABEL),
        ("SF1234567890123", "Code128", PickupOutcome.PARCEL_LABEL),
        ("773123456789012", "Code128", PickupOutcome.PARCEL_LABEL),
        ("https://example.org/pay?x=1", "QRCode", PickupOutcome.NOT_A_PASS),
        ("付款码", "QRCode", PickupOutcome.NOT_A_PASS),
        ("", "", PickupOutcome.NOT_A_PASS),
        ("9" * 600, "QRCode", PickupOutcome.NOT_A_PASS),
        ("9" * 49, "QRCode", PickupOutcome.NOT_A_PASS),
        ("٣" * 49, "QRCode", PickupOutcome.NOT_A_PASS),
    ],
)
def test_other_codes_are_named_for_what_they_are(
    scene: Scene, text: str, symbology: str, outcome: PickupOutcome
) -> None:
    assert collect_by_pass(scene.kiosk, text, symbology).outcome is outcome


def test_a_code_takes_the_parcel_it_names_and_offers_the_rest(scene: Scene) -> None:
    resident = scene.resident(tail="2310")
    named, other = scene.parcel(resident), scene.parcel(resident)
    result = collect_by_code(scene.kiosk, named.code.replace("-", ""), "2310")
    assert result.outcome is PickupOutcome.HANDED_OUT
    assert [parcel.id for parcel in result.handed] == [named.id]
    assert [parcel.id for parcel in result.more] == [other.id]
    assert scene.now(other).state is ParcelState.READY
    assert scene.now(named).collected_way == Way.CODE

    rest = collect_rest(scene.kiosk, result)
    assert [parcel.id for parcel in rest.handed] == [other.id]
    assert collect_rest(scene.kiosk, result).outcome is PickupOutcome.ALREADY_COLLECTED


def test_a_code_of_a_parcel_that_is_gone_says_so_and_still_offers_the_rest(scene: Scene) -> None:
    resident = scene.resident()
    named, other = scene.parcel(resident), scene.parcel(resident)
    collect_by_code(scene.kiosk, named.code, "8899")
    again = collect_by_code(scene.kiosk, named.code, "8899")
    assert again.outcome is PickupOutcome.ALREADY_COLLECTED
    assert [parcel.id for parcel in again.more] == [other.id]


def test_a_parcel_without_a_known_resident_goes_by_its_code(scene: Scene) -> None:
    stranger = scene.resident("李**", "4455")
    parcel = scene.parcel(stranger)
    nameless = parcels.parcel(scene.kiosk.db, POINT, parcel.id)
    assert nameless is not None
    assert collect_by_code(scene.kiosk, parcel.code, "4455").outcome is PickupOutcome.HANDED_OUT


def test_a_full_disk_is_a_result_with_its_own_words(scene: Scene) -> None:
    """SQLite may not grow the file: sooner or later a hand-out finds no page, and then nothing of it is done."""
    visits = [(resident, scene.parcel(resident)) for resident in (scene.resident() for _ in range(40))]
    tools = scene.kiosk.db.tools
    tools.execute(f"PRAGMA max_page_count = {tools.execute('PRAGMA page_count').fetchone()[0]}")
    results = [collect_by_pass(scene.kiosk, scene.pass_of(resident)) for resident, _ in visits]
    refused = [result for result in results if result.outcome is PickupOutcome.NOT_DONE]
    assert refused
    assert {(result.code, result.words.text != "") for result in refused} == {("DISK_FULL", True)}
    for result, (_, parcel) in zip(results, visits, strict=True):
        done = result.outcome is PickupOutcome.HANDED_OUT
        assert scene.now(parcel).state is (ParcelState.COLLECTED if done else ParcelState.READY)


def test_every_outcome_has_words_that_say_what_to_do() -> None:
    assert set(WORDS) == set(PickupOutcome)
    for outcome, words in WORDS.items():
        assert words.title
        assert words.icon
        if outcome is not PickupOutcome.HANDED_OUT:
            assert words.next_step
    assert set(OF_VERDICT) == set(PassVerdict) - {PassVerdict.VALID}
    assert len({words.title for words in WORDS.values()}) == len(WORDS)


def test_every_hand_out_outcome_has_a_screen() -> None:
    assert set(OF_HAND_OUT) == set(HandOutOutcome)


def test_a_screen_stays_long_enough_to_read_it(scene: Scene) -> None:
    resident = scene.resident()
    scene.parcel(resident)
    assert collect_by_pass(scene.kiosk, scene.pass_of(resident)).seconds == 8
    for _ in range(6):
        scene.parcel(resident)
    assert collect_by_pass(scene.kiosk, scene.pass_of(resident)).seconds == 14
    assert PickupResult(PickupOutcome.FORGED).seconds == 20
