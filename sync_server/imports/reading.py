"""From the bytes of a file to a sheet of cells: encodings, delimiters, archives; every bad file gets a reason."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice
from typing import Any

from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import (
    IMPORT_ARCHIVE_FILES,
    IMPORT_BODY_BYTES,
    IMPORT_CELL_CHARS,
    IMPORT_COLUMNS,
    IMPORT_ROWS,
    IMPORT_UNPACKED_BYTES,
)
from sync_server.imports.cells import Cell
from sync_server.imports.columns import COLUMNS, ImportKind, recognise

HEADING_ROWS = 5
DELIMITERS = (",", "\t", ";", "|")
ENCODINGS = ("utf-8", "gb18030", "big5hkscs")
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
OTHER_FILES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
    b"\x7fELF",
)
DECLARES = re.compile(rb"<!(DOCTYPE|ENTITY)")
_SEPARATOR_LINE = re.compile(r"\s*sep=(.)\s*\r?\n")

EMPTY = Cell("")

Line = tuple[int, list[Cell]]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number as the spreadsheet program shows it, its cells by our names, whether it is too long."""

    number: int
    cells: dict[str, Cell]
    overflow: bool


@dataclass(frozen=True)
class Sheet:
    """A file as read. ``columns`` maps our names to positions in it; ``form`` says how it was read."""

    columns: dict[str, int]
    headings: list[str]
    rows: list[SheetRow]
    form: str


def read_sheet(kind: ImportKind, data: bytes) -> Sheet:
    """The rows of a CSV or XLSX file. Raises ``BadInput`` with cause and next step when it can't be read as such."""
    if not data.strip():
        raise BadInput("FILE_EMPTY", N_("文件是空的。"), N_("请选择有内容的文件。"))
    if len(data) > IMPORT_BODY_BYTES:
        raise BadInput("FILE_LARGE", N_("文件太大：最多 %(limit)s MB。"), N_("请分成几个文件导入。"),
                       limit=IMPORT_BODY_BYTES >> 20)  # fmt: skip
    if data.startswith(b"PK\x03\x04"):
        return _sheet(kind, _workbook_rows(data), "XLSX")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput("FILE_XLS", N_("这是旧式 .xls 文件。"), N_("请在表格软件中另存为 .xlsx 或 CSV 再导入。"))
    if data.startswith(OTHER_FILES):
        raise BadInput("FILE_TYPE", N_("这不是表格文件。"), N_("请选择 .csv 或 .xlsx 文件。"))
    return _text_sheet(kind, data)


def _text_sheet(kind: ImportKind, data: bytes) -> Sheet:
    """The first reading in which the headings make sense; else the error of the most likely one."""
    trouble: BadInput | None = None
    for encoding, text in _decodings(data):
        for delimiter in _delimiters(text):
            body = _SEPARATOR_LINE.sub("", text, count=1) if _SEPARATOR_LINE.match(text) else text
            skipped = text[: len(text) - len(body)].count("\n")
            try:
                return _sheet(kind, _csv_rows(body, delimiter, skipped), f"CSV {encoding.upper()}")
            except BadInput as error:
                trouble = _likelier(trouble, error)
    raise trouble or _unreadable(data)


def _unreadable(data: bytes) -> BadInput:
    """Why no encoding fits; the line is where the likeliest of them stumbles."""
    step = N_("请另存为 UTF-8 或 GB18030 编码的 CSV，或 .xlsx 文件。")
    stumbles = [at for at in (_stumble(data, encoding) for encoding in ENCODINGS[:2]) if at is not None]
    if b"\x00" in data or not stumbles:
        return BadInput("FILE_TYPE", N_("这不是能读的文本文件。"), step)
    line = data.count(b"\n", 0, max(stumbles)) + 1
    return BadInput("FILE_ENCODING", N_("第 %(line)s 行有乱码：既不是 UTF-8，也不是 GB18030。"), step, line=line)


def _stumble(data: bytes, encoding: str) -> int | None:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return None


def _likelier(first: BadInput | None, second: BadInput) -> BadInput:
    """Keep the error that knew the headings: it says more than that they were not found."""
    vague = {"HEADINGS_UNKNOWN", "HEADINGS_MISSING"}
    if first is None or (first.code in vague and second.code not in vague):
        return second
    if first.code == "HEADINGS_UNKNOWN" and second.code == "HEADINGS_MISSING":
        return second
    return first


def _decodings(data: bytes) -> Iterator[tuple[str, str]]:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            marked = _decoded(data[len(mark) :], encoding)
            if marked is not None:
                yield encoding, marked
            return
    if b"\x00" in data:
        return
    for encoding in ENCODINGS:
        text = _decoded(data, encoding)
        if text is not None:
            yield encoding, text
            if encoding == "utf-8":
                return


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _delimiters(text: str) -> list[str]:
    """Every delimiter, the one most used in the first lines first."""
    named = _SEPARATOR_LINE.match(text)
    head = "".join(text.splitlines(keepends=True)[:HEADING_ROWS])
    ordered = sorted(DELIMITERS, key=lambda d: -head.count(d))
    likely = [d for d in ordered if d in head] or [","]
    return [named[1]] if named else likely


def _csv_rows(text: str, delimiter: str, skipped: int) -> Iterator[Line]:
    """Rows counted as a spreadsheet program counts them; a quote that goes wrong is named by its line in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for number, row in enumerate(reader, start=1):
            if len(row) > IMPORT_COLUMNS:
                raise _too_wide(number)
            yield number, [Cell(text) if text else EMPTY for text in row]
            begins = reader.line_num + 1
    except csv.Error as error:
        if "end of data" in str(error) or "field limit" in str(error):
            raise BadInput(
                "CSV_CUT",
                N_("第 %(line)s 行的引号一直没有结束：文件可能没有下载完整。"),
                N_("请重新导出完整的文件，或补上缺少的引号。"),
                line=begins + skipped,
            ) from error
        raise BadInput(
            "CSV_QUOTES",
            N_("第 %(line)s 行的引号用法不对。"),
            N_('内容里的引号要写成两个引号（""），或改用 .xlsx 导入。'),
            line=begins + skipped,
        ) from error


def _too_wide(line: int) -> BadInput:
    return BadInput("FILE_COLUMNS", N_("第 %(line)s 行的列太多。"), N_("请只保留需要的列。"), line=line)


def _workbook_rows(data: bytes) -> Iterator[Line]:
    """Rows of the first sheet that holds anything. The archive is measured before a library unpacks it."""
    from openpyxl import load_workbook

    _measure(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    except Exception as error:
        raise _broken_workbook() from error
    try:
        for name in book.sheetnames:
            found = False
            for line in _cells(book[name]):
                found = True
                yield line
            if found:
                return
    except BadInput:
        raise
    except Exception as error:
        raise _broken_workbook() from error
    finally:
        book.close()


def _broken_workbook() -> BadInput:
    return BadInput(
        "XLSX_BROKEN", N_("打不开这个 .xlsx 文件：它不完整、有密码或不是表格。"), N_("请重新另存一次再导入。")
    )


def _measure(data: bytes) -> None:
    """Refuse an archive that unpacks to more than the limit or that declares entities."""
    too_large = BadInput("XLSX_LARGE", N_("这个 .xlsx 解开后太大。"), N_("请只保留需要的工作表，或另存为 CSV。"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = archive.infolist()
            if len(files) > IMPORT_ARCHIVE_FILES or sum(file.file_size for file in files) > IMPORT_UNPACKED_BYTES:
                raise too_large
            for file in files:
                if file.filename.endswith((".xml", ".rels")) and DECLARES.search(archive.read(file)):
                    raise _broken_workbook()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise _broken_workbook() from error
    except Exception as error:
        if type(error).__module__ in {"zlib", "_lzma", "lzma", "bz2"}:
            raise _broken_workbook() from error
        raise


def _cells(sheet: Any) -> Iterator[Line]:
    if not hasattr(sheet, "reset_dimensions"):
        return
    sheet.reset_dimensions()  # the size a file claims is often wrong; the rows themselves are counted below
    last = IMPORT_ROWS + HEADING_ROWS + 1
    for number, row in enumerate(sheet.iter_rows(max_row=last, max_col=IMPORT_COLUMNS + 1), start=1):
        cells = [_workbook_cell(cell.value, cell.data_type) for cell in row]
        if len(cells) > IMPORT_COLUMNS and cells[IMPORT_COLUMNS].text:
            raise _too_wide(number)
        if any(cell.text or cell.formula for cell in cells):
            yield number, cells


def _workbook_cell(value: object, kind: str) -> Cell:
    match value:
        case None:
            return Cell("")
        case bool():
            return Cell(str(value))
        case int() | float():
            return Cell(str(value), number=True)
        case datetime() | date() | time():
            return Cell(value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat())
        case _:
            return Cell(str(value), formula=kind == "f")


def _sheet(kind: ImportKind, lines: Iterable[Line], form: str) -> Sheet:
    filled = ((number, cells) for number, cells in lines if any(cell.text.strip() or cell.formula for cell in cells))
    first = list(islice(filled, HEADING_ROWS))
    at, columns = _headings(kind, first)
    missing = [f"{c.title} {c.name}" for c in COLUMNS[kind] if c.required and c.name not in columns]
    if missing:
        raise BadInput(
            "HEADINGS_MISSING",
            N_("缺少这些列：%(missing)s。"),
            N_("请在表头补上这些列名；可下载样表对照。"),
            missing=", ".join(missing),
        )
    headings = [cell.text.strip() for cell in first[at][1]]
    rows: list[SheetRow] = []
    for number, cells in chain(first[at + 1 :], filled):
        rows.append(_row(number, cells, columns, len(headings)))
        if len(rows) > IMPORT_ROWS:
            raise BadInput(
                "FILE_ROWS", N_("行数太多：一次最多 %(limit)s 行。"), N_("请分成几个文件导入。"), limit=IMPORT_ROWS
            )
    if not rows:
        raise BadInput("FILE_NO_ROWS", N_("只有表头，没有数据。"), N_("请填好数据后再导入。"))
    return Sheet(columns, headings, rows, form)


def _row(number: int, cells: list[Cell], columns: dict[str, int], width: int) -> SheetRow:
    """A row reduced to the columns we know. One cell more than there are headings means that a row has shifted."""
    if any(len(cell.text) > IMPORT_CELL_CHARS for cell in cells):
        raise BadInput("FILE_CELL", N_("第 %(line)s 行有一格内容太长。"), N_("请缩短这一格。"), line=number)
    known = {name: cells[at] if at < len(cells) else EMPTY for name, at in columns.items()}
    return SheetRow(number, known, any(cell.text.strip() for cell in cells[width:]))


def _headings(kind: ImportKind, first: list[Line]) -> tuple[int, dict[str, int]]:
    """Which of the first lines holds the headings: the one in which most are recognised."""
    best: tuple[int, dict[str, int]] = (0, {})
    for index, (_, cells) in enumerate(first):
        columns = recognise(kind, [cell.text for cell in cells])
        if len(columns) > len(best[1]):
            best = (index, columns)
    if len(best[1]) < 2:
        raise BadInput(
            "HEADINGS_UNKNOWN",
            N_("没有找到表头：前几行里没有认识的列名。"),
            N_("第一行要写列名；可下载样表对照。"),
        )
    return best
