"""Passes read from frames as a kiosk sees them, and codes meant to upset the decoder."""

import time

import cv2
import numpy as np
import pytest
import qrcode
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hardware.decoding import zbar
from hardware.decoding.chain import Decoder
from hardware.decoding.gate import IdleGate
from hardware.decoding.reading import Hint, Outcome, reading
from hardware.decoding.zxing import FORMATS
from hardware.pictures import Gray
from hardware.virtual import scenes
from tests.hardware.conftest import Digits

FRAMES = 40
HOSTILE_SECONDS = 0.25


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(time.monotonic)


@pytest.fixture(scope="module")
def lobby() -> Gray:
    return scenes.lobby(7)


def roughly_shown(rng: np.random.Generator) -> scenes.Showing:
    """Three to five pixels a module, tilted up to 28°, turned any way, blurred, moving, dark and noisy."""
    return scenes.Showing(
        side=float(rng.uniform(110, 160)),
        yaw=float(rng.uniform(-28, 28)),
        pitch=float(rng.uniform(-28, 28)),
        roll=float(rng.uniform(-180, 180)),
        centre=(640 + float(rng.uniform(-200, 200)), 360 + float(rng.uniform(-80, 80))),
        blur=float(rng.uniform(0.8, 2.2)),
        motion=int(rng.integers(0, 6)),
        motion_angle=float(rng.uniform(0, 180)),
        brightness=float(rng.uniform(0.3, 1.0)),
        noise=float(rng.uniform(4, 14)),
    )


def shown(text: str, showing: scenes.Showing, scene: Gray, seed: int) -> Gray:
    screen, code = scenes.phone(text)
    return scenes.held_up(screen, code, showing, scene, np.random.default_rng(seed))


def as_gray(text: str | bytes, module: int = 4) -> Gray:
    """A QR code as a clean picture."""
    code = qrcode.QRCode(border=4, box_size=module)
    code.add_data(text)
    code.make(fit=True)
    dark = np.array(code.get_matrix(), dtype=np.bool_)
    return np.asarray(np.kron(np.where(dark, 10, 240), np.ones((module, module))), dtype=np.uint8)


def test_patient_people_are_always_read(decoder: Decoder, lobby: Gray, digits: Digits) -> None:
    for seed in range(20):
        showing = scenes.by_hand(np.random.default_rng(seed), 0.3)
        found = decoder.decode(shown(digits(seed), showing, lobby, seed))
        assert [one.text for one in found] == [digits(seed)], f"seed {seed}"


def test_most_rough_frames_are_read_and_none_is_misread(decoder: Decoder, lobby: Gray, digits: Digits) -> None:
    """Measured 105 of 120 (87 %); the bound leaves room for other versions of the libraries."""
    first_seed = 1000
    print(f"seeds {first_seed}..{first_seed + FRAMES - 1}")
    read = alone = 0
    for seed in range(first_seed, first_seed + FRAMES):
        frame = shown(digits(seed), roughly_shown(np.random.default_rng(seed)), lobby, seed)
        texts = {one.text for one in decoder.decode(frame) if one.outcome is Outcome.READ}
        assert texts <= {digits(seed)}, f"misread, seed {seed}"
        read += bool(texts)
        alone += any(code.text == digits(seed) for code in zxingcpp.read_barcodes(frame, formats=FORMATS))
    print(f"{read} of {FRAMES} frames read, zxing-cpp with every switch {alone}")
    assert read >= FRAMES * 0.72
    assert read >= alone


def test_the_place_of_a_code_is_where_it_is_held(decoder: Decoder, lobby: Gray, digits: Digits) -> None:
    showing = scenes.Showing(side=240, centre=(500.0, 300.0))
    (found,) = decoder.decode(shown(digits(1), showing, lobby, 1))
    middle = np.mean(np.array(found.corners), axis=0)
    assert np.abs(middle - (500, 300)).max() < 12
    assert found.side == pytest.approx(240, rel=0.1)


def test_light_codes_on_dark_and_bar_codes_are_read(decoder: Decoder, digits: Digits) -> None:
    assert [one.text for one in decoder.decode(255 - as_gray(digits(2), 8))] == [digits(2)]
    for symbology, text in (("EAN13", "6901234567892"), ("Code128", "SF1234567890123")):
        code = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(symbology))
        drawn = np.asarray(code.to_image(scale=3), dtype=np.uint8)
        frame = np.full((720, 1280), 240, np.uint8)
        frame[200 : 200 + drawn.shape[0], 300 : 300 + drawn.shape[1]] = drawn
        assert [(one.text, one.symbology) for one in decoder.decode(frame)] == [(text, symbology)]


def test_two_passes_in_one_frame_are_both_found(decoder: Decoder, lobby: Gray, digits: Digits) -> None:
    near = shown(digits(3), scenes.Showing(side=260, centre=(320.0, 360.0)), lobby, 3)
    far = shown(digits(4), scenes.Showing(side=60, centre=(960.0, 360.0), blur=0.5, noise=2), lobby, 4)
    frame = np.concatenate((near[:, :640], far[:, 640:]), axis=1)
    found = {one.text: one.by for one in decoder.decode(frame)}
    assert found == {digits(3): "half", digits(4): "full"}, "the far one is legible only at full size"


def defaced(text: str, module: int, seed: int) -> Gray:
    """A frame with a code whose finders are whole but a third of whose data is wrong, beyond error correction."""
    clean = as_gray(text, 1)
    inner = clean[4:-4, 4:-4]
    data = np.random.default_rng(seed).random(inner.shape) < 0.35
    data[:9, :9], data[:9, -9:], data[-9:, :9], data[6, :], data[:, 6] = False, False, False, False, False
    clean[4:-4, 4:-4] = np.where(data, 250 - inner, inner)
    code = np.asarray(np.kron(clean, np.ones((module, module))), dtype=np.uint8)
    frame = np.full((720, 1280), 200, np.uint8)
    frame[100 : 100 + code.shape[0], 200 : 200 + code.shape[1]] = code
    return frame


@pytest.mark.parametrize(("module", "hint"), [(4, Hint.CLOSER), (9, Hint.HOLD_STILL)])
def test_a_code_that_is_seen_but_not_read_comes_with_a_hint(
    decoder: Decoder, digits: Digits, module: int, hint: Hint
) -> None:
    hints = [one.hint for seed in range(10) for one in decoder.decode(defaced(digits(seed), module, seed))]
    assert len(hints) >= 5
    assert set(hints) == {hint}


def test_a_payload_of_four_kilobytes_is_refused(decoder: Decoder) -> None:
    huge = "7" * 4096
    start = time.thread_time()
    (found,) = decoder.decode(as_gray(huge, 4))
    assert time.thread_time() - start < HOSTILE_SECONDS
    assert (found.outcome, found.text) == (Outcome.TOO_LONG, "")
    assert reading("7" * 512, "QRCode", (), "").outcome is Outcome.READ
    assert reading("取" * 171, "QRCode", (), "").outcome is Outcome.TOO_LONG


@pytest.mark.parametrize(
    "payload",
    [b"\x00\xff\xfe\x80" * 20, b"\x00\r\n\x1b!?", b"\xe5\x8f", "😀取\u202e".encode(), b"' OR 1=1 --", b"%s%n"],
)
def test_hostile_payloads_come_out_as_readings(decoder: Decoder, payload: bytes) -> None:
    (found,) = decoder.decode(as_gray(payload, 6))
    assert found.outcome is Outcome.READ
    assert found.text


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(0, 90), st.integers(0, 90)),
    seed=st.integers(0, 2**32 - 1),
    coarse=st.integers(1, 8),
)
def test_no_picture_upsets_the_decoder(shape: tuple[int, int], seed: int, coarse: int) -> None:
    rng = np.random.default_rng(seed)
    small = rng.choice(np.array([0, 255], np.uint8), size=shape)
    frame = np.kron(small, np.ones((coarse, coarse), np.uint8))
    found = Decoder(time.monotonic).decode(frame)
    assert all(one.outcome in Outcome for one in found)


def test_damaged_codes_cost_little_and_raise_nothing(decoder: Decoder, digits: Digits) -> None:
    costs = []
    for seed in range(30):
        frame = defaced(digits(seed), 8, seed)
        start = time.thread_time()
        assert all(one.text in ("", digits(seed)) for one in decoder.decode(frame))
        costs.append(time.thread_time() - start)
    assert float(np.median(costs)) < HOSTILE_SECONDS, "QUALITY R23"


def test_the_rescue_keeps_to_its_time(digits: Digits) -> None:
    """With no time at all nothing dear is tried, and the frame still gets an answer."""
    ticks = iter(float(number) for number in range(10_000))
    hurried = Decoder(lambda: next(ticks), budget_s=0.5)
    for seed in range(10):
        found = hurried.decode(defaced(digits(seed), 8, seed))
        assert all(one.by in {"", "half", "full"} for one in found)


def test_odd_shapes_are_empty_frames(decoder: Decoder) -> None:
    for frame in (np.zeros((0, 0), np.uint8), np.zeros((720, 1280, 3), np.uint8), np.zeros((8, 900), np.uint8)):
        assert decoder.decode(frame) == []


def test_zbar_reads_where_it_is_installed_and_says_when_it_is_not(
    monkeypatch: pytest.MonkeyPatch, digits: Digits
) -> None:
    """The system library is looked for with a path that has none, as on a machine without libzbar0."""
    import builtins

    zbar.library.cache_clear()
    if zbar.available():
        assert zbar.qr_text(as_gray(digits(1), 8)) == digits(1)
        assert zbar.qr_text(np.zeros((40, 40), np.uint8)) is None
    real_import = builtins.__import__

    def without_zbar(name: str, *rest: object, **more: object) -> object:
        if name.startswith("pyzbar"):
            raise ImportError("Unable to find zbar shared library")
        return real_import(name, *rest, **more)  # type: ignore[arg-type]  # handed on as it came

    zbar.library.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without_zbar)
    assert not zbar.available()
    assert zbar.qr_text(as_gray(digits(1), 8)) is None
    monkeypatch.undo()
    zbar.library.cache_clear()


def test_the_gate_rests_on_an_empty_lobby_and_opens_for_a_hand(lobby: Gray, digits: Digits) -> None:
    gate = IdleGate()
    rng = np.random.default_rng(1)
    idle = [gate.worth_decoding(scenes.noisy(lobby, rng, 3.0)) for _ in range(120)]
    assert sum(idle[-50:]) == 10, "every fifth frame, and no other"
    with_pass = shown(digits(1), scenes.Showing(side=140), lobby, 1)
    assert gate.worth_decoding(with_pass)
    assert all(gate.worth_decoding(with_pass) for _ in range(20))


def test_a_saved_photograph_is_read_like_a_frame(decoder: Decoder, lobby: Gray, digits: Digits) -> None:
    """Through JPEG at the quality of a cheap camera."""
    frame = shown(digits(9), scenes.by_hand(np.random.default_rng(9), 0.4), lobby, 9)
    ok, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 40])
    assert ok
    image = Image.fromarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8))
    assert [one.text for one in decoder.decode(np.asarray(image))] == [digits(9)]
