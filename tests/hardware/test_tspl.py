"""TSPL in bytes: known vectors, and what our encoder writes read by an interpreter that was written apart from it."""

from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hardware.labels.drawing import draw
from hardware.labels.fonts import LabelFont
from hardware.labels.parcel import parcel_label
from hardware.printers import tspl
from hardware.printers.status import WORDS, Trouble
from hardware.virtual.interpreter import Echo, Event, Fault, Printed, StatusAsked, TsplInterpreter
from shared.kernel.limits import PRINTER_BLOCK_BYTES
from tests.hardware.test_labels import CONTENT


def printed(events: list[Event]) -> list[Image.Image]:
    return [event.image for event in events if isinstance(event, Printed)]


def faults(events: list[Event]) -> list[str]:
    return [event.why for event in events if isinstance(event, Fault)]


def spotted(width: int, height: int, spots: set[tuple[int, int]]) -> Image.Image:
    image = Image.new("1", (width, height), 1)
    for x, y in spots:
        image.putpixel((x, y), 0)
    return image


def test_a_small_label_byte_by_byte() -> None:
    """By hand from the manual: SIZE in mm at 8 dots, BITMAP width in bytes, a 0 bit is a dot, lines end CR LF."""
    image = spotted(16, 8, {(0, 0), (9, 0), (15, 1)})
    job = tspl.encode(image, "K1#1")
    assert job.data == (
        b"SIZE 2 mm,1 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nREFERENCE 0,0\r\nDENSITY 8\r\nCLS\r\n"
        b"BITMAP 0,0,2,2,0,\x7f\xbf\xff\xfe\r\n"
        b'PRINT 1,1\r\nEOJ\r\nOUT "{K1#1}"\r\n'
    )
    assert job.data[: job.safe].endswith(b"PRINT")
    assert not printed(TsplInterpreter().feed(job.data[: job.safe])), "what is safe prints nothing"


def test_the_arrow_of_the_language_manual_is_understood() -> None:
    """The picture with which TSC's manual explains BITMAP, 16 dots square: an arrow to the upper left."""
    data = bytes.fromhex("00000000000007FF03FF11FF18FF1C7F1E3F1F1F1F8F1FC71FE31FE71FFF1FFF")
    events = TsplInterpreter().feed(b"SIZE 50 mm,40 mm\r\nCLS\r\nBITMAP 200,200,2,16,0," + data + b"\r\nPRINT 1,1\r\n")
    (image,) = printed(events)
    rows = [
        "".join("#" if image.getpixel((200 + x, 200 + y)) == 0 else "." for x in range(16)) for y in (0, 3, 5, 8, 15)
    ]
    assert rows == ["################", "#####...........", "###.###.........", "###....###......", "###............."]


def test_a_parcel_label_comes_back_dot_by_dot_and_its_code_is_read(font: LabelFont) -> None:
    image = draw(parcel_label(CONTENT), font)
    job = tspl.encode(image, "K1.7QF3Z.1A#1")
    events = TsplInterpreter().feed(job.data)
    assert not faults(events)
    (back,) = printed(events)
    assert back.tobytes() == image.tobytes()
    assert [code.text for code in zxingcpp.read_barcodes(back.convert("L"))] == [CONTENT.qr_text]
    assert events[-1] == Echo("{K1.7QF3Z.1A#1}")
    assert len(job.data) < 0.45 * 480 * 320 / 8, "tight boxes leave out the paper"


images = st.builds(
    spotted,
    st.just(0).flatmap(lambda _: st.integers(1, 90)),
    st.integers(1, 70),
    st.just(set[tuple[int, int]]()),
).flatmap(
    lambda blank: st.builds(
        lambda spots: spotted(blank.width, blank.height, spots),
        st.sets(st.tuples(st.integers(0, blank.width - 1), st.integers(0, blank.height - 1)), max_size=80),
    )
)


@settings(max_examples=150, deadline=None)
@given(image=images, sizes=st.lists(st.integers(1, 200), max_size=30))
def test_any_bitmap_survives_the_wire_however_it_is_cut(image: Image.Image, sizes: list[int]) -> None:
    data = tspl.encode(image, "job").data
    interpreter, events, at = TsplInterpreter(), list[Event](), 0
    for size in [*sizes, len(data)]:
        events += interpreter.feed(data[at : at + size])
        at += size
    assert not faults(events)
    (back,) = printed(events)
    assert back.size == image.size
    assert back.tobytes() == image.tobytes()


@settings(max_examples=60, deadline=None)
@given(image=images)
def test_boxes_are_tight_apart_and_short(image: Image.Image) -> None:
    covered = set[tuple[int, int]]()
    for block in tspl.blocks(image):
        assert len(block.rows) * block.width <= PRINTER_BLOCK_BYTES
        cells = {(block.x // 8 + x, block.y + y) for x in range(block.width) for y in range(len(block.rows))}
        assert not cells & covered
        covered |= cells


@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0, 1))
def test_after_a_job_that_was_cut_off_anywhere_the_next_one_prints_whole(cut: float) -> None:
    first = tspl.encode(Image.new("1", (480, 320), 0), "first")
    second = tspl.encode(spotted(480, 320, {(7, 9), (470, 300)}), "second")
    interpreter = TsplInterpreter()
    before = interpreter.feed(first.data[: int(cut * first.safe)])
    assert not printed(before)
    events = interpreter.feed(tspl.RESYNC + second.data)
    (back,) = printed(events)
    assert back.tobytes() == spotted(480, 320, {(7, 9), (470, 300)}).tobytes()
    assert Echo("{second}") in events


def test_without_resynchronising_a_cut_off_picture_swallows_the_next_job() -> None:
    """The negative control: this is what RESYNC is for."""
    first = tspl.encode(Image.new("1", (480, 320), 0), "first")
    second = tspl.encode(spotted(480, 320, {(7, 9)}), "second")
    interpreter = TsplInterpreter()
    interpreter.feed(first.data[:200])
    assert interpreter.in_bitmap
    assert not printed(interpreter.feed(second.data))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"SIZE 0 mm,40 mm\r\n", "bad SIZE"),
        (b"SIZE 60,40\r\n", "bad SIZE"),
        (b"SIZE 600 mm,40 mm\r\n", "bad SIZE"),
        (b"PRINT 1,1\r\n", "PRINT without SIZE"),
        (b"BITMAP 0,0,1,1,0,\xff\r\n", "BITMAP without SIZE"),
        (b"SIZE 60 mm,40 mm\r\nBITMAP 472,0,2,1,0,\xff\xff\r\n", "out of range"),
        (b"SIZE 60 mm,40 mm\r\nBITMAP 0,319,1,2,0,\xff\xff\r\n", "out of range"),
        (b"SIZE 60 mm,40 mm\r\nPRINT 999,1\r\n", "bad PRINT"),
        (b"BITMAP 0,0,1,1\r\n", "unknown command"),
        (b"REBOOT\r\n", "unknown command"),
        (b"\xff\xfe\xfd\r\n", "unreadable line"),
        (b"x" * 4000 + b"\r\n", "line too long"),
    ],
)
def test_the_interpreter_refuses_what_a_printer_would_and_goes_on(data: bytes, why: str) -> None:
    interpreter = TsplInterpreter()
    assert any(why in fault for fault in faults(interpreter.feed(data)))
    good = tspl.encode(spotted(16, 8, {(3, 3)}), "next")
    assert len(printed(interpreter.feed(good.data))) == 1


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=600))
def test_no_bytes_upset_the_interpreter(data: bytes) -> None:
    interpreter = TsplInterpreter()
    interpreter.feed(data)
    interpreter.feed(tspl.RESYNC)
    good = tspl.encode(spotted(16, 8, {(3, 3)}), "next")
    assert interpreter.in_bitmap or len(printed(interpreter.feed(good.data))) == 1


def test_status_is_answered_between_commands() -> None:
    assert TsplInterpreter().feed(b"CLS\r\n\x1b!?SIZE 1 mm,1 mm\r\n\x1b") == [StatusAsked()]


@pytest.mark.parametrize(
    ("answer", "troubles", "printing", "known"),
    [
        (b"\x00", (), False, True),
        (b"\x20", (), True, True),
        (b"\x01", (Trouble.COVER_OPEN,), False, True),
        (b"\x02", (Trouble.JAM,), False, True),
        (b"\x04", (Trouble.PAPER_OUT,), False, True),
        (b"\x05", (Trouble.COVER_OPEN, Trouble.PAPER_OUT), False, True),
        (b"\x08", (Trouble.RIBBON_OUT,), False, True),
        (b"\x10", (Trouble.PAUSED,), False, True),
        (b"\x40", (Trouble.COVER_OPEN,), False, True),
        (b"\x80", (Trouble.TOO_HOT,), False, True),
        (b"", (Trouble.SILENT,), False, False),
        (b"\xff", (Trouble.UNREADABLE,), False, False),
        (b"\x00\x00", (Trouble.UNREADABLE,), False, False),
        (b"OK\r\n", (Trouble.UNREADABLE,), False, False),
    ],
)
def test_status_bytes(answer: bytes, troubles: tuple[Trouble, ...], printing: bool, known: bool) -> None:
    status = tspl.parse_status(answer)
    assert (status.troubles, status.printing, status.known) == (troubles, printing, known)
    assert status.ready == (known and not troubles)
    assert status.message
    assert bool(status.next_step) == bool(troubles)


def test_every_trouble_has_words() -> None:
    assert WORDS.keys() == set(Trouble)
    assert all(message and step for message, step in WORDS.values())


def test_echoes_are_told_from_status_bytes_however_they_arrive() -> None:
    whole = b"\x20{K1.7Q#1}\r\n\x00{K2}\r\n"
    assert tspl.split_answers(whole) == tspl.Answers(("K1.7Q#1", "K2"), b"\x20\x00", b"")
    for cut in range(len(whole)):
        first = tspl.split_answers(whole[:cut])
        second = tspl.split_answers(first.rest + whole[cut:])
        assert first.printed + second.printed == ("K1.7Q#1", "K2")
    assert tspl.split_answers(b"{").rest == b"{"


@pytest.mark.parametrize("job", ["", 'a"b', "a\r\nPRINT 9", "x" * 65, "取"])
def test_names_that_could_break_out_are_refused(job: str) -> None:
    with pytest.raises(ValueError, match="job name"):
        tspl.encode(Image.new("1", (8, 8), 1), job)


def test_only_bitmaps_are_encoded(tmp_path: Path) -> None:
    path = tmp_path / "gray.png"
    Image.new("L", (8, 8)).save(path)
    with pytest.raises(ValueError, match="1-bit"):
        tspl.encode(Image.open(path), "job")
