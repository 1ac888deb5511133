"""Files as people really send them, and files that nobody should send."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from shared.kernel.errors import BadInput
from shared.kernel.limits import IMPORT_BODY_BYTES, IMPORT_ROWS
from sync_server.imports.columns import ImportKind
from sync_server.imports.operations import Staged, read_file
from sync_server.imports.reading import read_sheet

SAMPLES = Path(__file__).parents[2] / "samples"
GOODS_HEAD = "货号,品名,分类,价格\n"


def staged(name: str, kind: ImportKind = ImportKind.GOODS) -> Staged:
    return read_file(kind, (SAMPLES / name).read_bytes())[0]


def codes(name: str, kind: ImportKind = ImportKind.GOODS) -> dict[int, str]:
    return {problem.row: problem.code for problem in staged(name, kind).problems}


def refused(data: bytes, kind: ImportKind = ImportKind.GOODS) -> str:
    with pytest.raises(BadInput) as caught:
        read_sheet(kind, data)
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "rows", "form"),
    [
        ("goods_bom.csv", 6, "CSV UTF-8"),
        ("goods_gb18030.csv", 6, "CSV GB18030"),
        ("goods_shuffled_columns.csv", 5, "CSV UTF-8"),
        ("libreoffice_goods.xlsx", 24, "XLSX"),
    ],
)
def test_good_samples_are_read_whole(name: str, rows: int, form: str) -> None:
    read, found = read_file(ImportKind.GOODS, (SAMPLES / name).read_bytes())
    assert (len(read.lines), read.problems, found) == (rows, [], form)


def test_a_rare_character_survives_gb18030_and_the_same_rows_come_out() -> None:
    plain = {line.row: line.values for line in staged("goods_bom.csv").lines}
    chinese = {line.row: line.values for line in staged("goods_gb18030.csv").lines}
    assert chinese[6]["name"] == "㛃牌烟台苹果"
    assert chinese == plain | {6: chinese[6]}


def test_libreoffice_numbers_and_dates_mean_what_the_csv_says() -> None:
    for kind in ImportKind:
        written = staged(f"libreoffice_{kind.value}.csv", kind).lines
        converted = staged(f"libreoffice_{kind.value}.xlsx", kind).lines
        assert [line.values for line in converted] == [line.values for line in written]


def test_every_bad_row_of_the_goods_sample_is_named() -> None:
    assert codes("goods_bad.csv") == {
        3: "EMPTY", 4: "EMPTY", 5: "PRICE", 6: "PRICE", 7: "PRICE", 8: "PRICE", 9: "PRICE", 10: "BARCODE_CHECK",
        11: "TEMPERATURE", 12: "PICTURE", 13: "LONG", 14: "HIDDEN", 15: "FORMULA", 16: "FORMULA", 17: "FORMULA",
        18: "FORMULA", 21: "PRICE", 22: "OVERFLOW",
    }  # fmt: skip


def test_every_bad_row_of_the_residents_sample_is_named() -> None:
    assert codes("residents_bad.csv", ImportKind.RESIDENTS) == {
        3: "EMPTY", 4: "PHONE", 5: "PHONE", 6: "SCIENTIFIC", 9: "PHONE", 10: "EMPTY", 11: "EMPTY", 13: "FORMULA",
        14: "FORMULA",
    }  # fmt: skip
    phones = {line.row: line.text("phone") for line in staged("residents_bad.csv", ImportKind.RESIDENTS).lines}
    assert phones[7].isascii()
    assert " " not in phones[8]


def test_every_bad_row_of_the_orders_sample_is_named() -> None:
    assert codes("orders_bad.csv", ImportKind.ORDERS) == {
        3: "EMPTY", 6: "QUANTITY", 7: "QUANTITY", 8: "QUANTITY", 9: "QUANTITY", 10: "QUANTITY", 11: "TIME", 12: "TIME",
        13: "EMPTY", 19: "FORMULA", 20: "FORMULA",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty.csv", "FILE_EMPTY"),
        ("goods_missing_column.csv", "HEADINGS_MISSING"),
        ("goods_broken_bytes.csv", "FILE_ENCODING"),
        ("goods_open_quote.csv", "CSV_CUT"),
    ],
)
def test_files_that_are_refused_whole(name: str, code: str) -> None:
    assert refused((SAMPLES / name).read_bytes()) == code


@pytest.mark.parametrize(
    "data",
    [
        (GOODS_HEAD + "A1,苹果,水果,9.9\n").encode("utf-16"),
        (GOODS_HEAD + "A1,苹果,水果,9.9\n").replace(",", "\t").encode("utf-16"),
        (GOODS_HEAD + "A1,苹果,水果,9.9\n").replace(",", ";").encode(),
        ("sep=;\n" + (GOODS_HEAD + "A1,苹果,水果,9.9\n").replace(",", ";")).encode("gbk"),
        ("貨號,品名,分類,價格\nA1,蘋果,水果,9.9\n").encode("big5hkscs"),
        ("商品表\n\n" + GOODS_HEAD + "Ａ１,苹果,水果,¥９．９元\n").encode(),
        (GOODS_HEAD + 'A1,"苹果",水果,"9.9"\r').encode().replace(b"\n", b"\r"),
        ("货号 *,品名,分类,价格（元）\nA1,苹果,水果,9.90\n").encode(),
        (GOODS_HEAD + '="A1",苹果,水果,9.9\n').encode(),
    ],
)
def test_the_many_ways_to_write_the_same_row(data: bytes) -> None:
    read, _ = read_file(ImportKind.GOODS, data)
    assert read.problems == []
    assert [(line.text("sku"), line.whole("price")) for line in read.lines] == [("A1", 990)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "FILE_XLS"),
        (b"%PDF-1.7\n1 0 obj", "FILE_TYPE"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "FILE_TYPE"),
        (b"\x00\x01\x02\x03binary", "FILE_TYPE"),
        (b"hello, world\n1,2\n", "HEADINGS_UNKNOWN"),
        (GOODS_HEAD.encode(), "FILE_NO_ROWS"),
        ((GOODS_HEAD + 'A1,"苹果" 红,水果,9\n').encode(), "CSV_QUOTES"),
        ((GOODS_HEAD + 'A1,"苹果,水果,9\n').encode(), "CSV_CUT"),
        ((GOODS_HEAD + "A1," + "苹" * 3000 + ",水果,9\n").encode(), "FILE_CELL"),
        ((GOODS_HEAD + "," * 500 + "\n").encode(), "FILE_COLUMNS"),
        (b"x" * (IMPORT_BODY_BYTES + 1), "FILE_LARGE"),
        (b"PK\x03\x04 no archive at all", "XLSX_BROKEN"),
    ],
)
def test_the_wrong_file_gets_the_right_words(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_too_many_rows_are_refused() -> None:
    row = "A1,苹果,水果,9\n"
    assert refused((GOODS_HEAD + row * (IMPORT_ROWS + 1)).encode()) == "FILE_ROWS"
    assert len(read_sheet(ImportKind.GOODS, (GOODS_HEAD + row * IMPORT_ROWS).encode()).rows) == IMPORT_ROWS


# --- workbooks --------------------------------------------------------------------------------------------------------


def workbook(*rows: tuple[str | float, ...]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


HEAD = ("手机号", "姓名", "自提点")


def test_a_formula_is_no_content() -> None:
    read, _ = read_file(ImportKind.RESIDENTS, workbook(HEAD, ("13800001234", "=A1", "JN-HL01")))
    assert [(problem.row, problem.code) for problem in read.problems] == [(2, "FORMULA")]


def test_numbers_that_a_spreadsheet_has_rounded_are_named() -> None:
    orders = ("订单号", "手机号", "自提点", "货号", "数量", "下单时间")
    row = (12345678901234567890, 13800001234, "JN-HL01", "A1", 2.0, "2026-11-20")
    read, _ = read_file(ImportKind.ORDERS, workbook(orders, row))
    assert {problem.code for problem in read.problems} == {"ROUNDED"}


def test_the_first_sheet_that_holds_something_is_read() -> None:
    book = Workbook()
    second = book.create_sheet("居民")
    second.append(HEAD)
    second.append((13800001234, "王小明", "JN-HL01"))
    written = io.BytesIO()
    book.save(written)
    read, _ = read_file(ImportKind.RESIDENTS, written.getvalue())
    assert [line.text("phone") for line in read.lines] == ["13800001234"]


def repacked(data: bytes, name: str, content: bytes) -> bytes:
    """The archive with one member's content exchanged (or added)."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member.filename, old.read(member.filename))
        new.writestr(name, content)
    return written.getvalue()


def test_an_archive_bomb_is_measured_before_it_is_opened() -> None:
    bomb = repacked(workbook(HEAD), "xl/media/zeros.bin", bytes(70 * 1024 * 1024))
    assert len(bomb) < 200_000
    assert refused(bomb, ImportKind.RESIDENTS) == "XLSX_LARGE"


def test_many_small_members_are_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for number in range(300):
            archive.writestr(f"xl/{number}.xml", "<a/>")
    assert refused(written.getvalue(), ImportKind.RESIDENTS) == "XLSX_LARGE"


def test_declared_entities_are_refused() -> None:
    laughing = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    assert refused(repacked(workbook(HEAD), "xl/sharedStrings.xml", laughing), ImportKind.RESIDENTS) == "XLSX_BROKEN"


@pytest.mark.parametrize("keep", [30, 400, 2000, -30])
def test_a_cut_workbook_is_refused(keep: int) -> None:
    assert refused(workbook(HEAD, ("13800001234", "王", "JN-HL01"))[:keep], ImportKind.RESIDENTS) == "XLSX_BROKEN"


def test_a_sheet_that_is_no_xml_is_refused() -> None:
    broken = repacked(workbook(HEAD), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row")
    assert refused(broken, ImportKind.RESIDENTS) == "XLSX_BROKEN"


# --- anything ---------------------------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    ["货号", "品名", "价格", ",", ";", "\t", '"', "\n", "\r\n", "\r", "=", "A1", "12.80", "９", "\ufeff", "\x00", "㛃"]
)  # fmt: skip


def read_or_words(kind: ImportKind, data: bytes) -> Staged | str:
    """What was read, or the sentence that says why not; anything else that is raised fails the test."""
    try:
        return read_file(kind, data)[0]
    except BadInput as error:
        return str(error)


@given(kind=st.sampled_from(ImportKind), data=st.binary(max_size=600))
@example(kind=ImportKind.GOODS, data=b"PK\x03\x04")
@example(kind=ImportKind.ORDERS, data="订单号".encode("utf-16"))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused_with_words(kind: ImportKind, data: bytes) -> None:
    read = read_or_words(kind, data)
    assert isinstance(read, str) or read.lines or read.problems


@given(text=st.lists(_PIECES, max_size=60).map("".join), encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(max_examples=400, deadline=None)
def test_any_text_after_good_headings_is_read_or_refused_with_words(text: str, encoding: str) -> None:
    read = read_or_words(ImportKind.GOODS, (GOODS_HEAD + text).encode(encoding))
    assert read
    assert isinstance(read, str) or all(problem.cause and problem.fix for problem in read.problems)
