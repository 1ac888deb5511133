"""Products of a region, on both databases."""

from dataclasses import replace

import pytest

from shared.catalogue import operations, store
from shared.catalogue.rules import Product, Temperature, check_product
from shared.kernel.errors import Refused
from shared.sync import CentreJournal, KioskJournal
from tests.conftest import REGION
from tests.rooms.stall import push

APPLE = Product("AP-1", "红富士苹果", "栖霞", "水果", "2.5kg", 2990, "山东烟台", "6901234567892", picture="apple.svg")
FISH = Product("FI-1", "冻带鱼", "", "水产", "1kg", 4580, "舟山", "6909876543210", Temperature.COLD)
OLD = Product("OL-1", "旧商品", category="杂货", barcode="6901234567892", active=False)


@pytest.fixture
def stocked(centre: CentreJournal) -> CentreJournal:
    with centre.writing(REGION) as tx:
        for product in (APPLE, FISH, OLD):
            operations.set_product(centre, tx, REGION, product, "op")
    return centre


def test_products_are_read_back(stocked: CentreJournal) -> None:
    db = stocked.db
    assert store.product(db, REGION, "FI-1") == FISH
    assert FISH.cold
    assert not APPLE.cold
    assert store.product(db, "elsewhere", "FI-1") is None
    assert {one.sku for one in store.products(db, REGION)} == {"AP-1", "FI-1"}
    assert store.products(db, REGION, category="水产") == [FISH]
    assert store.count_products(db, REGION, everything=True) == 3
    assert set(store.categories(db, REGION)) == {"水果", "水产"}
    assert store.by_barcode(db, REGION, "6901234567892") == APPLE, "what is still sold comes first"
    assert store.by_barcode(db, REGION, "") is None
    assert len(store.products(db, REGION, limit=1, offset=1)) == 1


@pytest.mark.parametrize(
    ("search", "found"),
    [("苹果", {"AP-1"}), ("栖霞", {"AP-1"}), ("FI-", {"FI-1"}), ("6909876543210", {"FI-1"}), ("------", set()),
     ("%", set()), ("_", set()), ("!", set()), ("'; --", set()), ("", {"AP-1", "FI-1"}),
     ("\x00\ud800", {"AP-1", "FI-1"})],
)  # fmt: skip
def test_searching(stocked: CentreJournal, search: str, found: set[str]) -> None:
    assert {one.sku for one in store.products(stocked.db, REGION, search=search)} == found
    assert store.count_products(stocked.db, REGION, search=search) == len(found)


def test_a_changed_product_comes_down(stocked: CentreJournal, kiosk_journal: KioskJournal) -> None:
    push(kiosk_journal, stocked)
    assert store.product(kiosk_journal.db, REGION, "AP-1") == APPLE
    cheaper = replace(APPLE, price_fen=1990)
    with stocked.writing(REGION) as tx:
        operations.set_product(stocked, tx, REGION, cheaper, "op")
    push(kiosk_journal, stocked)
    assert store.product(kiosk_journal.db, REGION, "AP-1") == cheaper


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sku": ""}, "PRODUCT_SKU"),
        ({"sku": "a b"}, "PRODUCT_SKU"),
        ({"sku": "A" * 33}, "PRODUCT_SKU"),
        ({"name": " "}, "PRODUCT_NAME"),
        ({"price_fen": -1}, "PRODUCT_PRICE"),
        ({"price_fen": 100_000_01}, "PRODUCT_PRICE"),
        ({"barcode": "条码"}, "PRODUCT_BARCODE"),
    ],
)
def test_what_no_product_can_be_is_refused(change: dict[str, object], code: str) -> None:
    check_product(APPLE)
    with pytest.raises(Refused) as refused:
        check_product(replace(APPLE, **change))  # type: ignore[arg-type]  # the fields named above
    assert refused.value.code == code
