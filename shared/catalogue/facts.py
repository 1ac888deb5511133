"""What happens to the catalogue: a product was set. The newest wins."""

import msgspec

from shared.catalogue import store
from shared.catalogue.rules import Product, Temperature
from shared.db import Tx
from shared.sync import Fact, FactKind


class ProductSet(msgspec.Struct, frozen=True, array_like=True):
    """A product was added or changed in a region (the fact's scope)."""

    sku: str
    name: str
    brand: str
    category: str
    spec: str
    price_fen: int
    origin: str
    barcode: str
    temperature: str
    picture: str
    active: bool


def _product_set(tx: Tx, fact: Fact, it: ProductSet) -> None:
    product = Product(
        it.sku,
        it.name,
        it.brand,
        it.category,
        it.spec,
        it.price_fen,
        it.origin,
        it.barcode,
        Temperature(it.temperature),
        it.picture,
        it.active,
    )
    store.put_product(tx, fact.point, product)


KINDS = (FactKind("catalogue.product_set.v1", ProductSet, _product_set, centre_only=True),)
