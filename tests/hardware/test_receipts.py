"""Receipts as drawn: sums, lines and the code that leads back to the sale, read from the bitmap itself."""

from dataclasses import replace

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from hardware.labels.drawing import draw
from hardware.labels.fonts import LabelFont
from hardware.labels.layout import Label, TextBlock
from hardware.labels.receipt import LINES_A_PAGE, Receipt, ReceiptLine, receipt_label
from shared.kernel.errors import Refused

QR = "LQL/K1.7QF3Z.1A/1/K1.7QF3Z.19"
CONTENT = Receipt(
    number="0012",
    point_name="洪楼社区自提点",
    staff="张店长",
    at="2026-11-22 11:05",
    lines=(ReceiptLine("章丘大葱 5斤/捆", 2, 2560), ReceiptLine("平阴玫瑰花饼", 1, 1980)),
    total_fen=4540,
    cash_fen=5000,
    qr_text=QR,
)


def box(image: Image.Image, left: float, top: float, width: float, height: float) -> Image.Image:
    """A part of the picture, in millimetres."""
    sides = [round(side * 8) for side in (left, top, left + width, top + height)]
    return image.crop((sides[0], sides[1], sides[2], sides[3]))


def ink(image: Image.Image) -> int:
    return int((np.asarray(image) == 0).sum())


def alone(text: str, like: TextBlock, font: LabelFont) -> Image.Image:
    """The text as the only thing on a label, in the box of ``like``."""
    return box(
        draw(Label(60, 40, (replace(like, text=text),)), font), like.x_mm, like.y_mm, like.width_mm, like.height_mm
    )


def test_the_receipt_fits_the_paper_and_its_code_leads_back_to_the_sale(font: LabelFont) -> None:
    image = draw(receipt_label(CONTENT), font)
    assert (image.mode, image.size) == ("1", (480, 320))
    (code,) = zxingcpp.read_barcodes(image.convert("L"))
    assert code.text == QR
    assert ink(box(image, 0, 0, 60, 0.8)) == ink(box(image, 0, 39.3, 60, 0.7)) == 0, "nothing at the edges"


def test_every_line_and_sum_stands_where_it_belongs(font: LabelFont) -> None:
    label = receipt_label(CONTENT)
    image = draw(label, font)
    texts = {block.text: block for block in label.blocks if isinstance(block, TextBlock)}
    for said in ("章丘大葱 5斤/捆", "×2", "¥25.60", "¥19.80", "合计 ¥45.40", "现金 ¥50.00  找零 ¥4.60"):
        block = texts[said]
        seen = box(image, block.x_mm, block.y_mm, block.width_mm, block.height_mm)
        assert seen.tobytes() == alone(said, block, font).tobytes(), said
        assert seen.tobytes() != alone(said[::-1], block, font).tobytes(), said


def test_no_two_parts_lie_on_each_other(font: LabelFont) -> None:
    names = ("高青黑牛雪花牛肉卷火锅食材 500克×2 家庭装",) * LINES_A_PAGE
    lines = tuple(ReceiptLine(name, 999, 10_000_000) for name in names)
    full = replace(CONTENT, lines=lines, total_fen=40_000_000, cash_fen=40_000_000, staff="欧阳上官", copy=99)
    label = receipt_label(full)
    together = ink(draw(label, font))
    assert together == sum(ink(draw(Label(60, 40, (block,)), font)) for block in label.blocks)


def test_a_page_before_the_last_says_that_more_follows_and_names_no_sum(font: LabelFont) -> None:
    label = receipt_label(replace(CONTENT, page=1, pages=2))
    said = [block.text for block in label.blocks if isinstance(block, TextBlock)]
    assert "接下一张" in said
    assert "小票 1/2" in said
    assert not any(text.startswith("合计") for text in said)
    assert zxingcpp.read_barcodes(draw(label, font).convert("L"))[0].text == QR


def test_a_further_copy_says_so_in_white_on_black(font: LabelFont) -> None:
    first, again = (draw(receipt_label(replace(CONTENT, copy=copy)), font) for copy in (1, 2))
    assert ink(box(again, 40, 1, 18, 4.2)) > 2 * ink(box(first, 40, 1, 18, 4.2))


def test_a_sum_that_does_not_fit_is_refused_rather_than_cut(font: LabelFont) -> None:
    with pytest.raises(Refused) as refused:
        draw(receipt_label(replace(CONTENT, total_fen=10**24, cash_fen=10**24)), font)
    assert refused.value.code == "label_text_too_long"
