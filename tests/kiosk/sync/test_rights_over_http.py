"""Rights to sell between a real kiosk and a real centre: what is revoked is at risk, what is cancelled comes back."""

from datetime import timedelta

from kiosk.host import Kiosk
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.allotments import store as rights
from shared.allotments.operations import set_offer
from shared.allotments.rules import HolderState, Offer
from shared.catalogue.operations import set_product
from shared.catalogue.rules import Product
from shared.kernel.clock import utc_text
from shared.orders import operations as orders
from shared.orders import store as order_store
from sync_server.console.operations import revoke_device
from sync_server.shop import channels, operations
from sync_server.shop.requests import Buyer, OrderRequest, WantedLine
from tests.kiosk.sync.conftest import POINT, REGION, RunningCentre


def sell(running: RunningCentre, total: int) -> None:
    centre = running.centre
    opens = utc_text(centre.clock.now() - timedelta(hours=1))
    with centre.journal.writing(REGION) as tx:
        set_product(centre.journal, tx, REGION, Product("leek", "章丘大葱", "", "蔬菜", "5斤/捆", 1280), "op")
        set_offer(centre.journal, tx, REGION, Offer("O1", "leek", 1280, total, opens), "op")


def round_of(kiosk: Kiosk) -> None:
    link = open_link(kiosk)
    assert run_round(kiosk, link, lambda: None) is Trouble.NONE
    link.close()


def free(running: RunningCentre) -> int:
    pool = rights.pool(running.centre.db, "O1")
    assert pool is not None
    return pool.free


def sold_by_phone(running: RunningCentre) -> int:
    share = rights.share(running.centre.db, "O1", running.centre.installation.holder, "")
    assert share is not None
    return share.counters.gone


def test_a_revoked_kiosks_rights_are_at_risk_at_once(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    """Nobody has to remember a second step: the case says what it could still sell."""
    sell(running_centre, 20)
    for _ in range(3):
        round_of(kiosk)
    centre, device = running_centre.centre, kiosk.enrolled_state().device
    assert free(running_centre) < 20
    revoke_device(centre, device, "operator")
    assert {holder.state for holder in rights.holders(centre.db, REGION, device)} == {HolderState.DEAD}


def test_a_phone_order_cancelled_at_its_point_gives_its_units_back(kiosk: Kiosk, running_centre: RunningCentre) -> None:
    """A wish from a kiosk moves the pool like one from the channel itself."""
    sell(running_centre, 5)
    centre = running_centre.centre
    channel, _ = channels.add_channel(centre.db, centre.clock, "小程序", "operator")
    asked = OrderRequest(POINT, Buyer("王小明", "13812341234"), [WantedLine("O1", 2)])
    placed, _ = operations.place(centre, channel, "key-00000001", asked)
    assert sold_by_phone(running_centre) == 2
    round_of(kiosk)
    journal = kiosk.journal()
    known = order_store.order(kiosk.db, POINT, placed.id)
    assert known is not None
    with journal.writing(POINT) as tx:
        orders.cancel_order(journal, tx, POINT, placed.id, "不要了", "S1")
    round_of(kiosk)
    assert sold_by_phone(running_centre) == 0
