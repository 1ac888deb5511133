"""Writes the demo's goods, residents and orders in the import format, as CSV or XLSX.

`python -m deploy.demo.import_files FOLDER --seed 7 --day 2026-11-22` writes all of them into FOLDER.
"""

import argparse
import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openpyxl import Workbook

from deploy.demo.neighbourhood import Neighbourhood, generate

UTF8_WITH_BOM = "utf-8-sig"
GB18030 = "gb18030"
GOODS_HEADER = ("货号", "品名", "品牌", "分类", "规格", "价格", "产地", "条码", "温层", "图片")
RESIDENTS_HEADER = ("手机号", "姓名", "自提点")
ORDERS_HEADER = ("订单号", "手机号", "自提点", "货号", "数量", "下单时间", "运单号")
TEMPERATURES = {"normal": "常温", "cold": "冷藏"}


@dataclass(frozen=True)
class Table:
    """One import file before it is written; every cell is text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def goods_table(neighbourhood: Neighbourhood) -> Table:
    """One row for each good; the price is in yuan with two decimals."""
    rows = tuple(
        (
            good.sku,
            good.name,
            good.brand,
            good.category,
            good.spec,
            f"{good.price_fen // 100}.{good.price_fen % 100:02d}",
            good.origin,
            good.barcode,
            TEMPERATURES[good.temperature],
            good.picture,
        )
        for good in neighbourhood.goods
    )
    return Table("goods", GOODS_HEADER, rows)


def residents_table(neighbourhood: Neighbourhood) -> Table:
    """One row for each resident."""
    rows = tuple((resident.phone, resident.name, resident.point) for resident in neighbourhood.residents)
    return Table("residents", RESIDENTS_HEADER, rows)


def orders_table(neighbourhood: Neighbourhood) -> Table:
    """One row for each line of a paid order; times are Jinan time without an offset, as shops export them."""
    rows = tuple(
        (
            order.number,
            order.phone,
            order.point,
            line.sku,
            str(line.quantity),
            f"{order.placed_at:%Y-%m-%d %H:%M:%S}",
            line.waybill,
        )
        for order in neighbourhood.paid_orders
        for line in order.lines
    )
    return Table("orders", ORDERS_HEADER, rows)


def write_csv(path: Path, table: Table, encoding: str = UTF8_WITH_BOM) -> None:
    """Comma separated with CRLF, quoted where needed. Raises UnicodeEncodeError if the encoding lacks a character."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.header)
        writer.writerows(table.rows)


def write_xlsx(path: Path, table: Table) -> None:
    """One sheet, every cell as text, so that phone numbers and bar codes keep all their digits."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.title)
    sheet.append(table.header)
    for row in table.rows:
        sheet.append(row)
    book.save(path)


def write_all(folder: Path, neighbourhood: Neighbourhood) -> list[Path]:
    """Each table as `<title>.csv` (UTF-8 with BOM), `<title>-gb18030.csv` and `<title>.xlsx`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in (goods_table(neighbourhood), residents_table(neighbourhood), orders_table(neighbourhood)):
        plain, chinese, book = (folder / f"{table.title}{end}" for end in (".csv", "-gb18030.csv", ".xlsx"))
        write_csv(plain, table)
        write_csv(chinese, table, GB18030)
        write_xlsx(book, table)
        written += [plain, chinese, book]
    return written


def main() -> None:
    """Reads the arguments and writes the files."""
    parser = argparse.ArgumentParser(description="Write the demo neighbourhood's import files.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--day", type=date.fromisoformat, required=True, help="day of the delivery, YYYY-MM-DD")
    arguments = parser.parse_args()
    for path in write_all(arguments.folder, generate(arguments.seed, arguments.day)):
        print(path)


if __name__ == "__main__":
    main()
