"""All SQL of the catalogue."""

from typing import Any

from shared.catalogue.rules import Product, Temperature
from shared.catalogue.tables import PRODUCTS
from shared.db import Row, Tx
from shared.db.database import Reads
from shared.db.matching import containing, searched
from shared.kernel.limits import SEARCH_ROWS
from shared.sync import put

_FROM = "FROM products WHERE region = ? AND deleted = 0 "
_PRODUCT = "SELECT sku, name, brand, category, spec, price_fen, origin, barcode, temperature, picture, active " + _FROM
_COUNT = "SELECT count(*) AS n " + _FROM
_CATEGORIES = "SELECT DISTINCT category " + _FROM


def _product(row: Row) -> Product:
    values = {key: row[key] for key in row.keys()}  # noqa: SIM118 - iterating an sqlite row gives values, not keys
    values["temperature"] = Temperature(values["temperature"])
    values["active"] = bool(values["active"])
    return Product(**values)


def _chosen(region: str, search: str, category: str, everything: bool) -> tuple[str, list[Any]]:
    where, params = "", [region]
    if not everything:
        where += "AND active = 1 "
    if category:
        where += "AND category = ? "
        params.append(category)
    if text := searched(search):
        where += "AND (name LIKE ? ESCAPE '!' OR brand LIKE ? ESCAPE '!' OR sku LIKE ? ESCAPE '!' OR barcode = ?) "
        params += [containing(text), containing(text), containing(text), text]
    return where, params


def product(db: Reads, region: str, sku: str) -> Product | None:
    """One product of a region."""
    row = db.one(_PRODUCT + "AND sku = ?", (region, sku))
    return _product(row) if row else None


def products(
    db: Reads,
    region: str,
    *,
    search: str = "",
    category: str = "",
    everything: bool = False,
    limit: int = SEARCH_ROWS,
    offset: int = 0,
) -> list[Product]:
    """Products by category and name; ``search`` looks in name, brand, code and barcode.

    ``everything`` includes those no longer sold.
    """
    where, params = _chosen(region, search, category, everything)
    found = db.query(_PRODUCT + where + "ORDER BY category, name, sku LIMIT ? OFFSET ?", (*params, limit, offset))
    return [_product(row) for row in found]


def count_products(db: Reads, region: str, *, search: str = "", category: str = "", everything: bool = False) -> int:
    """How many products :func:`products` would give without its limit."""
    where, params = _chosen(region, search, category, everything)
    row = db.one(_COUNT + where, params)
    return int(row["n"]) if row else 0


def categories(db: Reads, region: str) -> list[str]:
    """The categories in use, sorted."""
    return [row["category"] for row in db.query(_CATEGORIES + "AND active = 1 ORDER BY category", (region,))]


def by_barcode(db: Reads, region: str, barcode: str) -> Product | None:
    """The product under a printed barcode; one that is still sold comes first."""
    if not barcode:
        return None
    row = db.one(_PRODUCT + "AND barcode = ? ORDER BY active DESC, sku", (region, barcode))
    return _product(row) if row else None


def put_product(tx: Tx, region: str, product: Product) -> None:
    """Write a product."""
    values = {column: getattr(product, column) for column in PRODUCTS.columns[1:]}
    values |= {"region": region, "temperature": product.temperature.value, "active": int(product.active)}
    put(tx, PRODUCTS, values)
