"""What the console does with the catalogue. ``tx`` comes from ``journal.writing(region)``."""

from shared.catalogue.facts import ProductSet
from shared.catalogue.rules import Product, check_product
from shared.db import Tx
from shared.sync import Journal


def set_product(journal: Journal, tx: Tx, region: str, product: Product, actor: str) -> None:
    """Add or change a product. Raises ``Refused`` PRODUCT_SKU, PRODUCT_NAME, PRODUCT_PRICE, PRODUCT_BARCODE."""
    check_product(product)
    payload = ProductSet(
        product.sku,
        product.name,
        product.brand,
        product.category,
        product.spec,
        product.price_fen,
        product.origin,
        product.barcode,
        product.temperature.value,
        product.picture,
        product.active,
    )
    journal.record(tx, payload, point=region, actor=actor)
