"""A label to a 1-bit bitmap, eight dots a millimetre (203 dpi). 0 is ink, as in any Pillow ``1`` image."""

from dataclasses import dataclass

import qrcode
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from hardware.labels.fonts import MISSING_MARK, LabelFont
from hardware.labels.layout import Align, Label, QrBlock, RuleBlock, TextBlock
from shared.kernel.errors import N_, Refused

DOTS_PER_MM = 8
INK, PAPER = 0, 1
QUIET_MODULES = 4
SMALLEST_MODULE_DOTS = 2
"""0.25 mm: the smallest module that thermal heads of 203 dpi and kiosk cameras both manage."""
ELLIPSIS = "…"


@dataclass(frozen=True)
class _Fit:
    face: ImageFont.FreeTypeFont
    lines: list[str]
    step: int


def draw(label: Label, font: LabelFont) -> Image.Image:
    """The label as a mode ``1`` image.

    Raises :class:`Refused` where text that must be exact cannot be drawn (naming the character) or does not fit, and
    where a QR code is too fine for its box.
    """
    image = Image.new("1", (_dots(label.width_mm), _dots(label.height_mm)), PAPER)
    canvas = ImageDraw.Draw(image)
    canvas.fontmode = "1"
    for block in label.blocks:
        match block:
            case TextBlock():
                _draw_text(canvas, block, font)
            case QrBlock():
                _draw_qr(image, block)
            case RuleBlock():
                left, top = _dots(block.x_mm), _dots(block.y_mm)
                wide, high = max(1, _dots(block.width_mm)), max(1, _dots(block.height_mm))
                canvas.rectangle((left, top, left + wide - 1, top + high - 1), fill=INK)
    return image


def missing_characters(label: Label, font: LabelFont) -> str:
    """Characters of the label that this font cannot draw (they print as 〓), for a word to the staff."""
    return font.missing("".join(block.text for block in label.blocks if isinstance(block, TextBlock)))


def _dots(length_mm: float) -> int:
    return round(length_mm * DOTS_PER_MM)


def _draw_text(canvas: ImageDraw.ImageDraw, block: TextBlock, font: LabelFont) -> None:
    text = _drawable(block, font)
    if not text:
        return
    left, top = _dots(block.x_mm), _dots(block.y_mm)
    wide, high = _dots(block.width_mm), _dots(block.height_mm)
    if block.inverted:
        canvas.rectangle((left, top, left + wide - 1, top + high - 1), fill=INK)
    fit = _fit(block, text, font, wide, high)
    y = top + (high - fit.step * len(fit.lines)) // 2
    for line in fit.lines:
        x = left + _indent(block.align, wide, fit.face.getlength(line))
        # Chinese characters are centred 0.38 em above the baseline; set by the baseline, all lines stand alike.
        baseline = y + fit.step // 2 + round(fit.face.size * 0.38)
        canvas.text((x, baseline), line, font=fit.face, fill=PAPER if block.inverted else INK, anchor="ls")
        y += fit.step


def _drawable(block: TextBlock, font: LabelFont) -> str:
    text = " ".join(block.text.split())
    missing = font.missing(text)
    if missing and block.exact:
        raise Refused(
            "label_character",
            N_("标签字体缺少字符“%(characters)s”，无法打印。"),
            N_("请修改文字，或安装更完整的中文字体。"),
            characters=missing,
        )
    return "".join(character if font.covers(character) else MISSING_MARK for character in text)


def _indent(align: Align, wide: int, length: float) -> int:
    spare = max(0, wide - int(length + 0.999))
    return {Align.LEFT: 0, Align.CENTRE: spare // 2, Align.RIGHT: spare}[align]


def _fit(block: TextBlock, text: str, font: LabelFont, wide: int, high: int) -> _Fit:
    """The largest type at which the text fits, wrapping before shrinking; at the smallest it ends with a visible …"""
    smallest = max(8, _dots(block.smallest_mm))
    for size in range(max(smallest, _dots(block.size_mm)), smallest - 1, -1):
        face = font.face(size, block.bold)
        step = _line_step(face)
        lines = _wrapped(text, face, wide)
        if len(lines) <= min(block.lines, max(1, high // step)):
            return _Fit(face, lines, step)
    if block.exact:
        raise Refused(
            "label_text_too_long",
            N_("“%(text)s”太长，标签上放不下。"),
            N_("请缩短后再打印。"),
            text=text,
        )
    face = font.face(smallest, block.bold)
    step = _line_step(face)
    room = min(block.lines, max(1, high // step))
    lines = _wrapped(text, face, wide)
    return _Fit(face, [*lines[: room - 1], _shortened("".join(lines[room - 1 :]), face, wide)], step)


def _line_step(face: ImageFont.FreeTypeFont) -> int:
    # Fonts with Chinese ask for 1.45 em, for body text; labels do with less.
    return max(1, round(face.size * 1.15))


def _wrapped(text: str, face: ImageFont.FreeTypeFont, wide: int) -> list[str]:
    """Break where Chinese breaks (anywhere), but keep Latin words and numbers whole where they fit a line."""
    lines = [""]
    for word in _words(text):
        if face.getlength(lines[-1] + word) <= wide:
            lines[-1] += word
        elif face.getlength(word) <= wide:
            lines.append(word.lstrip())
        else:
            for character in word:
                if face.getlength(lines[-1] + character) <= wide or not lines[-1]:
                    lines[-1] += character
                else:
                    lines.append(character)
    return [line for line in lines if line]


def _words(text: str) -> list[str]:
    words: list[str] = []
    for character in text:
        joins = words and character.isascii() and words[-1][-1].isascii() and character != " " and words[-1] != " "
        if joins:
            words[-1] += character
        else:
            words.append(character)
    return words


def _shortened(text: str, face: ImageFont.FreeTypeFont, wide: int) -> str:
    while text and face.getlength(text + ELLIPSIS) > wide:
        text = text[:-1]
    return text + ELLIPSIS


def _draw_qr(image: Image.Image, block: QrBlock) -> None:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(block.text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise _too_fine() from error
    matrix = code.get_matrix()
    modules = len(matrix)
    dots = _dots(block.side_mm) // (modules + 2 * QUIET_MODULES)
    if dots < SMALLEST_MODULE_DOTS:
        raise _too_fine()
    symbol = Image.new("1", (modules, modules), PAPER)
    symbol.putdata([INK if dark else PAPER for row in matrix for dark in row])
    side = modules * dots
    margin = (_dots(block.side_mm) - side) // 2
    large = symbol.resize((side, side), Image.Resampling.NEAREST)
    image.paste(large, (_dots(block.x_mm) + margin, _dots(block.y_mm) + margin))


def _too_fine() -> Refused:
    return Refused("label_qr_too_large", N_("二维码内容太长，标签上放不下。"), N_("请缩短二维码内容。"))
