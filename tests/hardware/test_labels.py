"""Labels as drawn: what must be legible is read back from the bitmap itself."""

from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hardware.labels.drawing import draw, missing_characters
from hardware.labels.fonts import LabelFont, find_font
from hardware.labels.layout import Align, Label, QrBlock, TextBlock
from hardware.labels.parcel import ParcelLabel, parcel_label, trial_label
from shared.kernel.errors import Refused

CONTENT = ParcelLabel(
    pickup_code="3-2-0457",
    masked_name="王*明",
    phone_tail="1234",
    point_name="泉城路社区自提点",
    goods="五常大米 稻花香2号 5kg ×1，章丘大葱 ×2",
    date="11-22 09:12",
    qr_text="K1.7QF3Z.1A#1",
)


def with_changes(**changes: str | int) -> ParcelLabel:
    from dataclasses import replace

    return replace(CONTENT, **changes)  # type: ignore[arg-type]  # names are checked by replace itself


def ink(image: Image.Image, left: float, top: float, width: float, height: float) -> int:
    """Black dots in a box given in millimetres."""
    box = tuple(round(side * 8) for side in (left, top, left + width, top + height))
    return int((np.asarray(image.crop((box[0], box[1], box[2], box[3]))) == 0).sum())


def test_the_label_has_the_size_of_the_paper_and_a_code_that_can_be_read(font: LabelFont) -> None:
    image = draw(parcel_label(CONTENT), font)
    assert (image.mode, image.size) == ("1", (480, 320))
    (code,) = zxingcpp.read_barcodes(image.convert("L"))
    assert code.text == CONTENT.qr_text
    assert ink(image, 2, 1.5, 37, 10) > 1500, "the pickup code is the biggest thing"
    assert ink(image, 0, 0, 60, 0.8) == ink(image, 0, 39.2, 60, 0.8) == 0, "nothing at the edges"


def test_cold_and_reprint_marks_are_only_there_when_meant(font: LabelFont) -> None:
    plain = draw(parcel_label(CONTENT), font)
    cold = draw(parcel_label(with_changes(cold="冷冻")), font)
    again = draw(parcel_label(with_changes(copy=2)), font)
    third = draw(parcel_label(with_changes(copy=3)), font)
    assert ink(plain, 41, 22, 16.5, 6.5) == 0
    assert ink(cold, 41, 22, 16.5, 6.5) > 4000
    assert ink(plain, 2, 34.7, 56, 4.3) == 0
    assert ink(again, 2, 34.7, 56, 4.3) > 9000
    assert again.tobytes() != third.tobytes()


def test_a_missing_character_becomes_a_geta_mark_and_is_named(font: LabelFont) -> None:
    label = parcel_label(with_changes(masked_name="欧阳*😀"))
    assert missing_characters(label, font) == "😀"
    marked = draw(label, font)
    assert marked.tobytes() == draw(parcel_label(with_changes(masked_name="欧阳*〓")), font).tobytes()
    assert missing_characters(parcel_label(CONTENT), font) == ""


def test_a_pickup_code_that_cannot_be_drawn_or_does_not_fit_is_refused(font: LabelFont) -> None:
    with pytest.raises(Refused) as unknown:
        draw(parcel_label(with_changes(pickup_code="3-2-😀")), font)
    assert unknown.value.code == "label_character"
    assert "😀" in str(unknown.value)
    with pytest.raises(Refused) as long:
        draw(parcel_label(with_changes(pickup_code="13-12-" + "0" * 40)), font)
    assert long.value.code == "label_text_too_long"
    with pytest.raises(Refused) as fine:
        draw(Label(60, 40, (QrBlock(0, 0, 10, "7" * 400),)), font)
    assert fine.value.code == "label_qr_too_large"
    with pytest.raises(Refused) as over:
        draw(Label(60, 40, (QrBlock(0, 0, 38, "7" * 9000),)), font)
    assert over.value.code == "label_qr_too_large"


def test_without_a_chinese_font_the_kiosk_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        find_font([tmp_path])
    assert "fonts-noto-cjk" in refused.value.next_step


def one_text(text: str, width: float, size: float, smallest: float, lines: int = 1) -> Label:
    return Label(60, 40, (TextBlock(1, 1, width, 12, text, size, smallest_mm=smallest, lines=lines),))


def test_long_text_shrinks_then_wraps_then_ends_visibly(font: LabelFont) -> None:
    short = draw(one_text("自提点", 40, 6, 2.4), font)
    shrunk = draw(one_text("泉城路社区居委会自提点", 40, 6, 2.4), font)
    assert ink(short, 0, 0, 60, 40) > 0
    heights = [int(np.flatnonzero((np.asarray(image) == 0).any(axis=1)).size) for image in (short, shrunk)]
    assert heights[1] < heights[0], "smaller type"
    wrapped = draw(one_text("泉城路社区居委会自提点", 20, 4, 3.5, lines=2), font)
    rows = np.flatnonzero((np.asarray(wrapped) == 0).any(axis=1))
    assert rows[-1] - rows[0] > 4 * 8 * 1.5, "two lines"
    text = "泉城路社区居委会自提点" * 5
    ended = draw(one_text(text, 20, 4, 3.5), font)
    assert ended.tobytes() != draw(one_text(text[:5], 20, 4, 3.5), font).tobytes(), "the end is marked"


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=60), lines=st.integers(1, 3), align=st.sampled_from(list(Align)), bold=st.booleans())
def test_text_never_leaves_its_box(text: str, lines: int, align: Align, bold: bool) -> None:
    block = TextBlock(10, 10, 30, 12, text, 4, smallest_mm=2.5, lines=lines, align=align, bold=bold)
    image = draw(Label(60, 40, (block,)), FONT)
    inside = ink(image, 9, 9, 32, 14)
    assert ink(image, 0, 0, 60, 40) == inside


FONT = find_font()


def test_a_trial_label_shows_all_four_edges(font: LabelFont) -> None:
    image = draw(trial_label("泉城路社区自提点", "2026-11-22"), font)
    for box in ((0, 10, 2, 1), (58, 10, 2, 1), (30, 0, 1, 2), (30, 38, 1, 2)):
        assert ink(image, *box) > 0
    assert [code.text for code in zxingcpp.read_barcodes(image.convert("L"))] == ["LINQU-TEST"]
