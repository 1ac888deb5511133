"""What the three import files hold: each column, the names people give it, and how a cell of it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.errors import N_
from sync_server.imports import cells


class ImportKind(StrEnum):
    """What a file brings in."""

    GOODS = "goods"
    RESIDENTS = "residents"
    ORDERS = "orders"

    @property
    def words(self) -> str:
        """Message id of the word people see."""
        return {"goods": N_("商品"), "residents": N_("居民"), "orders": N_("订单")}[self.value]


@dataclass(frozen=True)
class Column:
    """One column of a file. ``read`` turns a cell's text into its value or raises :class:`cells.CellProblem`.

    ``names`` are the headings it is known by, in the form that :func:`heading` makes.
    """

    name: str
    title: str
    names: frozenset[str]
    read: Callable[[cells.Cell], str | int]
    required: bool = True


def heading(text: str) -> str:
    """A heading as it is compared: without case, spaces, stars, and what stands in brackets behind it."""
    bare = cells.fold(text).split("(")[0].strip("*: ").lower()
    return "".join(c for c in bare if c not in " _-*")


def _column(
    name: str, title: str, others: str, read: Callable[[cells.Cell], str | int], required: bool = True
) -> Column:
    names = frozenset(heading(text) for text in (name, title, *others.split()))
    return Column(name, title, names, read, required)


GOODS = (
    _column("sku", N_("货号"), "貨號 商品编码 商品編碼 商品编号 编码 productcode", cells.sku),
    _column("name", N_("品名"), "商品名称 商品名稱 名称 名稱 商品", cells.line(80)),
    _column("brand", N_("品牌"), "", cells.optional_line(40), required=False),
    _column("category", N_("分类"), "分類 类别 類別 品类", cells.line(40)),
    _column("spec", N_("规格"), "規格 单位 單位 unit specification", cells.optional_line(40), required=False),
    _column("price", N_("价格"), "價格 单价 單價 售价 售價", cells.price),
    _column("origin", N_("产地"), "產地", cells.optional_line(60), required=False),
    _column("barcode", N_("条码"), "條碼 条形码 條形碼 ean", cells.barcode, required=False),
    _column("temperature", N_("温层"), "溫層 储存 儲存 storage", cells.temperature, required=False),
    _column("picture", N_("图片"), "圖片 image", cells.picture, required=False),
)
RESIDENTS = (
    _column("phone", N_("手机号"), "手機號 手机号码 手機號碼 手机 電話 电话 mobile phonenumber", cells.phone),
    _column("name", N_("姓名"), "名字 居民", cells.line(40)),
    _column("point", N_("自提点"), "自提點 自取點 点位 點位 pickuppoint", cells.line(60)),
)
ORDERS = (
    _column("number", N_("订单号"), "訂單號 订单编号 訂單編號 order orderid ordernumber", cells.order_number),
    _column("phone", N_("手机号"), "手機號 手机号码 手機號碼 手机 電話 电话 mobile phonenumber", cells.phone),
    _column("point", N_("自提点"), "自提點 自取點 点位 點位 pickuppoint", cells.line(60)),
    _column("sku", N_("货号"), "貨號 商品编码 商品編碼 商品编号 编码 productcode", cells.sku),
    _column("quantity", N_("数量"), "數量 件数 件數 qty", cells.quantity),
    _column("placed_at", N_("下单时间"), "下單時間 时间 時間 下单日期 time orderedat date", cells.moment),
    _column(
        "waybill",
        N_("运单号"),
        "運單號 託運單號 快递单号 箱号 箱號 parcel waybillnumber",
        cells.waybill,
        required=False,
    ),
)
COLUMNS: dict[ImportKind, tuple[Column, ...]] = {
    ImportKind.GOODS: GOODS,
    ImportKind.RESIDENTS: RESIDENTS,
    ImportKind.ORDERS: ORDERS,
}


def recognise(kind: ImportKind, headings: list[str]) -> dict[str, int]:
    """Which column of the file (from 0) holds which of ours; the first of two that claim the same."""
    found: dict[str, int] = {}
    for index, text in enumerate(headings):
        bare = heading(text)
        for column in COLUMNS[kind]:
            if bare in column.names and column.name not in found:
                found[column.name] = index
                break
    return found
