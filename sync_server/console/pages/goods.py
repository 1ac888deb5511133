"""The goods of a region, as pictures or as a table."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shared.catalogue import store
from shared.catalogue.rules import Product
from shared.kernel.limits import CONSOLE_PAGE_ROWS
from shared.web.pictures import goods_picture
from sync_server.console.csv_export import csv_answer
from sync_server.console.listing import everything, listing, offset
from sync_server.host import current_centre
from sync_server.imports.operations import regions

goods = Blueprint("goods", __name__)


def _filters() -> dict[str, str]:
    known = regions(current_centre().db)
    asked = request.args.get("region", "")
    region = asked if asked in known else (known[0] if known else "")
    return {
        "region": region,
        "category": request.args.get("category", ""),
        "q": request.args.get("q", ""),
        "as": "table" if request.args.get("as") == "table" else "",
    }


@goods.get("/goods")
def show_all() -> ResponseReturnValue:
    """A page of goods."""
    db, filters = current_centre().db, _filters()
    chosen = {"search": filters["q"], "category": filters["category"], "everything": True}
    found = store.products(db, filters["region"], **chosen, limit=CONSOLE_PAGE_ROWS, offset=offset())  # type: ignore[arg-type]  # three names, one dict
    total = store.count_products(db, filters["region"], **chosen)  # type: ignore[arg-type]  # as above
    return render_template(
        "console/goods.html",
        found=[(product, goods_picture(product.picture)) for product in found],
        regions=regions(db),
        categories=store.categories(db, filters["region"]),
        filters=filters,
        listing=listing(total, "console.goods.export", **filters),
    )


@goods.get("/goods.csv")
def export() -> ResponseReturnValue:
    """The goods as a file that can be imported again."""
    db, filters = current_centre().db, _filters()

    def read(limit: int, start: int) -> list[Product]:
        return store.products(db, filters["region"], search=filters["q"], category=filters["category"],
                              everything=True, limit=limit, offset=start)  # fmt: skip

    header = (
        _("货号"), _("品名"), _("品牌"), _("分类"), _("规格"), _("价格"), _("产地"), _("条码"), _("温层"), _("图片"),
    )  # fmt: skip
    temperatures = {"cold": _("冷藏"), "normal": _("常温")}
    rows = (
        (
            product.sku, product.name, product.brand, product.category, product.spec,
            f"{product.price_fen // 100}.{product.price_fen % 100:02d}", product.origin, product.barcode,
            temperatures[product.temperature.value], product.picture,
        )
        for product in everything(read)
    )  # fmt: skip
    return csv_answer("goods", header, rows)
