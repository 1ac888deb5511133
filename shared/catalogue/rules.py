"""Products: what a region sells, with or without stock at a point."""

import re
from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import N_, Refused
from shared.kernel.limits import PRICE_FEN_MAX

SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
BARCODE = re.compile(r"[0-9A-Za-z-]{0,32}")


class Temperature(StrEnum):
    """How goods are kept."""

    NORMAL = "normal"
    COLD = "cold"


@dataclass(frozen=True, slots=True)
class Product:
    """One product. ``spec`` is what is in the pack (``500g``), ``picture`` a file name, ``price_fen`` integer fen."""

    sku: str
    name: str
    brand: str = ""
    category: str = ""
    spec: str = ""
    price_fen: int = 0
    origin: str = ""
    barcode: str = ""
    temperature: Temperature = Temperature.NORMAL
    picture: str = ""
    active: bool = True

    @property
    def cold(self) -> bool:
        """Whether it belongs on a cold layer."""
        return self.temperature is Temperature.COLD


def check_product(product: Product) -> None:
    """Raise ``Refused`` unless the product has a usable code, name, price and barcode."""
    if not SKU.fullmatch(product.sku):
        raise Refused("PRODUCT_SKU", N_("商品编码只能用字母、数字、点、横线，最长 32 位。"), N_("请改正商品编码。"))
    if not product.name.strip():
        raise Refused("PRODUCT_NAME", N_("商品没有名称。"), N_("请补上名称。"))
    if not 0 <= product.price_fen <= PRICE_FEN_MAX:
        raise Refused("PRODUCT_PRICE", N_("商品价格超出范围。"), N_("请改正价格。"))
    if not BARCODE.fullmatch(product.barcode):
        raise Refused("PRODUCT_BARCODE", N_("条码只能用数字、字母和横线。"), N_("请改正条码。"))
