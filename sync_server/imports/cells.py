"""Reading one cell the way people and spreadsheet programs write it; each problem has a cause and a fix."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.catalogue.rules import BARCODE, SKU
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_
from shared.kernel.limits import PRICE_FEN_MAX, QUANTITY_MAX
from shared.kernel.money import parse_yuan
from shared.kernel.privacy import normal_phone
from shared.parcels.rules import clean_waybill

EXACT_DIGITS = 15
YEARS = range(2000, 2100)

_ORDER_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_PICTURE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]")
_FORMULA = re.compile(r"[=@]|\+(?!\s*\d[\d\s-]*$)")
_TEXT_FORMULA = re.compile(r'="([^"=]*)"')
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d{1,3}")
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+")
_COLD = {"cold", "冷藏", "冷冻", "冷凍", "冷", "chilled", "frozen", "冷链", "冷鏈"}
_NORMAL = {"", "normal", "常温", "常溫", "室温", "室溫", "ambient", "room temperature", "room"}
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d%H%M%S", "%Y%m%d")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as text. ``formula``: the spreadsheet computes it. ``number``: it was kept as a number, not as text."""

    text: str
    formula: bool = False
    number: bool = False


class CellProblem(Exception):
    """A cell that can't be taken: why, and what to do about it (message ids)."""

    def __init__(self, code: str, cause: str, fix: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.cause = cause
        self.fix = fix
        self.params = params


def fold(text: str) -> str:
    """Full-width letters and digits as plain ones, edges off, runs of spaces as one."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def plain(cell: Cell) -> str:
    """The cell's text without edges. Raises for a formula, and for characters that nobody can see."""
    wrapped = _TEXT_FORMULA.fullmatch(cell.text.strip())
    text = wrapped[1] if wrapped and not cell.formula else cell.text
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip().strip("\ufeff")
    if cell.formula or _FORMULA.match(text):
        raise CellProblem(
            "FORMULA", N_("这一格是公式，不是内容。"), N_("在表格中复制该列，选择性粘贴为“数值”后再导入。")
        )
    if _CONTROL.search(text):
        raise CellProblem("HIDDEN", N_("里面有看不见的控制字符。"), N_("清空这一格，重新手工输入。"))
    return text


def line(limit: int) -> Callable[[Cell], str]:
    """A reader for text that must be there, on one line, at most ``limit`` characters."""

    def read(cell: Cell) -> str:
        text = " ".join(plain(cell).split())
        if not text:
            raise CellProblem("EMPTY", N_("这一格是空的。"), N_("请补上内容。"))
        if len(text) > limit:
            raise CellProblem("LONG", N_("内容太长：最多 %(limit)s 个字。"), N_("请缩短。"), limit=limit)
        return text

    return read


def optional_line(limit: int) -> Callable[[Cell], str]:
    """A reader for text that may be missing."""
    needed = line(limit)
    return lambda cell: needed(cell) if cell.text.strip() else ""


def _exact(cell: Cell) -> str:
    """A code or number as text. Raises where a spreadsheet program has rounded it."""
    text = fold(plain(cell))
    if cell.number and len(re.sub(r"\D", "", text)) > EXACT_DIGITS:
        raise CellProblem(
            "ROUNDED", N_("表格把这个长号码存成了数字，末几位已经丢失。"), N_("把该列设为“文本”，重新填写号码。")
        )
    if _SCIENTIFIC.fullmatch(text):
        raise CellProblem("SCIENTIFIC", N_("号码被表格改成了科学计数法。"), N_("把该列设为“文本”，重新填写完整号码。"))
    whole = _WHOLE_FLOAT.fullmatch(text)
    return whole[1] if whole and cell.number else text


def _matched(cell: Cell, form: re.Pattern[str]) -> str:
    text = _exact(cell)
    if not text:
        raise CellProblem("EMPTY", N_("这一格是空的。"), N_("请补上内容。"))
    if not form.fullmatch(text):
        raise CellProblem("CODE", N_("编号只能用字母、数字和 - . _，而且不能太长。"), N_("请改正编号。"))
    return text


def sku(cell: Cell) -> str:
    """A goods number."""
    return _matched(cell, SKU)


def order_number(cell: Cell) -> str:
    """An order number."""
    return _matched(cell, _ORDER_NUMBER)


def waybill(cell: Cell) -> str:
    """A waybill as scanners read it, or nothing."""
    text = _exact(cell)
    clean = clean_waybill(text) if text else ""
    if clean is None:
        raise CellProblem("WAYBILL", N_("运单号只能用字母、数字和 - .，5 到 40 位。"), N_("请对照箱子上的面单改正。"))
    return clean


def phone(cell: Cell) -> str:
    """A mainland mobile number as eleven digits."""
    text = _exact(cell)
    if not text:
        raise CellProblem("EMPTY", N_("这一格是空的。"), N_("请补上内容。"))
    try:
        return normal_phone(text)
    except ValueError:
        raise CellProblem(
            "PHONE", N_("不是 11 位手机号。"), N_("请改成以 1 开头的 11 位手机号，可以带 +86、空格或横线。")
        ) from None


def price(cell: Cell) -> int:
    """Yuan → fen. A spreadsheet's 12.800000000000001 is 12.80; a typed 12.345 is a mistake."""
    text = fold(plain(cell)).replace(",", "")
    if cell.number and re.fullmatch(r"\d+\.\d{7,}", text):
        text = f"{float(text):.6f}".rstrip("0").rstrip(".")
    try:
        fen = parse_yuan(text)
    except ValueError:
        fen = -1
    if not 0 < fen <= PRICE_FEN_MAX:
        raise CellProblem("PRICE", N_("看不懂这个价格。"), N_("请填大于 0 的金额，最多两位小数，例如 12.80。"))
    return fen


def quantity(cell: Cell) -> int:
    """Whole pieces."""
    text = fold(plain(cell))
    whole = _WHOLE_FLOAT.fullmatch(text)
    text = whole[1] if whole else text
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= QUANTITY_MAX:
        raise CellProblem("QUANTITY", N_("数量要是 1 到 %(most)s 的整数。"), N_("请改正数量。"), most=QUANTITY_MAX)
    return int(text)


def barcode(cell: Cell) -> str:
    """A bar code, or nothing. Thirteen digits must end in the EAN-13 check digit (GS1 General Specifications 7.9)."""
    text = _exact(cell).replace(" ", "")
    if not text:
        return ""
    if not BARCODE.fullmatch(text):
        raise CellProblem("BARCODE", N_("条码只能用数字、字母和横线。"), N_("请对照包装改正，没有条码就留空。"))
    if not re.fullmatch(r"[0-9]{13}", text):
        return text  # a shop's own code
    weighted = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(text)))
    if weighted % 10:
        raise CellProblem(
            "BARCODE_CHECK", N_("条码的校验位不对，可能输错了一位。"), N_("请对照包装改正，没有条码就留空。")
        )
    return text


def temperature(cell: Cell) -> str:
    """``cold`` or ``normal``; an empty cell is normal."""
    text = fold(plain(cell)).lower()
    if text in _COLD:
        return "cold"
    if text in _NORMAL:
        return "normal"
    raise CellProblem("TEMPERATURE", N_("不认识这个温层。"), N_("请填“常温”或“冷藏”。"))


def picture(cell: Cell) -> str:
    """The file name of a drawing in ``static/goods``, or nothing."""
    text = fold(plain(cell)).lower().removesuffix(".svg")
    if text and not _PICTURE.fullmatch(text):
        raise CellProblem(
            "PICTURE", N_("图片名只能用小写字母、数字和 -，不带文件夹。"), N_("请改正图片名，没有图片就留空。")
        )
    return f"{text}.svg" if text else ""


def moment(cell: Cell) -> str:
    """A date and time as written, in one form: ``2026-11-20 18:30:00``, or UTC text when a zone was given."""
    text = fold(plain(cell))
    bare = re.sub(r"[年月/.]", "-", text).replace("日", " ").replace("时", ":").replace("分", "").strip()
    read = _first_form(bare) or _iso(text)
    if read is None or read.year not in YEARS:
        raise CellProblem("TIME", N_("看不懂这个时间。"), N_("请写成 2026-11-20 18:30。"))
    return utc_text(read) if read.tzinfo else f"{read:%Y-%m-%d %H:%M:%S}"


def _first_form(text: str) -> datetime | None:
    for form in _MOMENTS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the centre's, given by `to_utc`
        except ValueError:
            continue
    return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def to_utc(written: str, zone: ZoneInfo) -> str:
    """What :func:`moment` gave, as UTC text; times without a zone are the centre's wall time."""
    if written.endswith("Z"):
        return written
    return utc_text(datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone))
