"""Frames as a kiosk's camera gives them: a lobby, and a phone with a QR code held up by a hand. Seeded."""

from dataclasses import dataclass

import numpy as np
import qrcode
from numpy.typing import NDArray
from qrcode.constants import ERROR_CORRECT_M

from hardware.pictures import Gray, projected, smoothed, streaked

WIDTH, HEIGHT = 1280, 720
MODULE_PIXELS, CODE_PIXELS = 12, 600
Point = tuple[float, float]


@dataclass(frozen=True)
class Showing:
    """How a pass is shown. Lengths in frame pixels, angles in degrees, noise in gray levels."""

    side: float = 230.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    centre: Point = (WIDTH / 2, HEIGHT / 2)
    blur: float = 0.6
    motion: int = 0
    motion_angle: float = 0.0
    brightness: float = 0.9
    noise: float = 4.0


def lobby(seed: int) -> Gray:
    """A dim room behind the person: soft shapes, uneven light."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    light = 42 + 18 * (xs / WIDTH - 0.5) * rng.uniform(-1, 1) + 18 * (ys / HEIGHT - 0.5) * rng.uniform(-1, 1)
    for _ in range(14):
        left, top = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        wide, high = int(rng.integers(40, 320)), int(rng.integers(30, 260))
        light[top : top + high, left : left + wide] += float(rng.uniform(-18, 30))
    return smoothed(np.clip(light, 4, 140).astype(np.uint8), 4.0)


def noisy(gray: Gray, rng: np.random.Generator, sigma: float) -> Gray:
    """Sensor noise; never twice the same picture."""
    # A quarter of the noise, tiled: fresh for every frame at a third of the cost.
    high, wide = gray.shape
    tile = rng.standard_normal((high // 2, wide // 2), dtype=np.float32) * np.float32(sigma)
    noise = np.tile(tile, (2, 2))[:high, :wide]
    return np.clip(gray[: noise.shape[0], : noise.shape[1]] + noise, 0, 255).astype(np.uint8)


def phone(text: str) -> tuple[Gray, tuple[Point, ...]]:
    """A phone's screen that shows the code, and where the code's corners are on it."""
    modules = _modules(text)
    # on a phone a code with more modules has smaller ones, and a frame takes no longer to draw
    pixels = max(3, min(MODULE_PIXELS, CODE_PIXELS // modules.shape[0]))
    code = np.kron(np.where(modules, 12, 245).astype(np.uint8), np.ones((pixels, pixels), np.uint8))
    side, quiet = code.shape[0], 4 * pixels
    card = np.full((side + 2 * quiet, side + 2 * quiet), 245, np.uint8)
    card[quiet : quiet + side, quiet : quiet + side] = code
    bezel = max(8, side // 20)
    wide = card.shape[1] + 2 * bezel + side // 6
    high = int(wide * 1.9)
    screen = np.full((high, wide), 225, np.uint8)
    screen[:bezel], screen[-bezel:], screen[:, :bezel], screen[:, -bezel:] = 8, 8, 8, 8
    left, top = (wide - card.shape[1]) // 2, (high - card.shape[0]) // 2
    screen[top : top + card.shape[0], left : left + card.shape[1]] = card
    for line in range(3):
        y = bezel * 3 + line * side // 9
        screen[y : y + side // 22, bezel * 3 : bezel * 3 + side // (line + 2)] = 90
    x, y = float(left + quiet), float(top + quiet)
    return screen, ((x, y), (x + side, y), (x + side, y + side), (x, y + side))


def held_up(screen: Gray, code: tuple[Point, ...], showing: Showing, scene: Gray, rng: np.random.Generator) -> Gray:
    """One frame: the screen as ``showing`` says, before ``scene``."""
    high, wide = screen.shape
    scale = showing.side / (code[1][0] - code[0][0])
    middle = ((code[0][0] + code[2][0]) / 2, (code[0][1] + code[2][1]) / 2)
    outline = ((0.0, 0.0), (float(wide), 0.0), (float(wide), float(high)), (0.0, float(high)))
    corners = [_seen((x - middle[0], y - middle[1]), scale, showing) for x, y in outline]
    lit = np.clip(screen.astype(np.float32) * showing.brightness, 0, 255).astype(np.uint8)
    frame = projected(lit, scene, corners)
    if showing.blur > 0.2:
        frame = smoothed(frame, showing.blur)
    if showing.motion > 1:
        frame = streaked(frame, showing.motion, showing.motion_angle)
    return noisy(frame, rng, showing.noise)


def by_hand(rng: np.random.Generator, hardness: float = 0.4) -> Showing:
    """A showing as people give it; ``hardness`` from 0 (patient, near, still) to 1 (far, tilted, moving, dark)."""
    tilt = 6 + 22 * hardness
    return Showing(
        side=float(rng.uniform(230 - 90 * hardness, 300 - 90 * hardness)),
        yaw=float(rng.uniform(-tilt, tilt)),
        pitch=float(rng.uniform(-tilt, tilt)),
        roll=float(rng.uniform(-25, 25) * (0.4 + hardness)),
        centre=(WIDTH / 2 + float(rng.uniform(-140, 140)), HEIGHT / 2 + float(rng.uniform(-60, 60))),
        blur=float(rng.uniform(0.3, 0.8 + 1.6 * hardness)),
        motion=int(rng.integers(0, 2 + int(7 * hardness))),
        motion_angle=float(rng.uniform(0, 180)),
        brightness=float(rng.uniform(0.95 - 0.6 * hardness, 1.05)),
        noise=float(rng.uniform(2, 4 + 8 * hardness)),
    )


def _modules(text: str) -> NDArray[np.bool_]:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    return np.array(code.get_matrix(), dtype=np.bool_)


def _seen(point: Point, scale: float, showing: Showing) -> Point:
    """A point of the phone's plane (pixels from the code's middle) as a camera with a 60° lens sees it."""
    x, y = point[0] * scale, point[1] * scale
    yaw, pitch, roll = (float(np.deg2rad(angle)) for angle in (showing.yaw, showing.pitch, showing.roll))
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    depth = x * np.sin(yaw) + y * np.sin(pitch)
    focal = 1.1 * WIDTH
    near = focal / (focal + depth)
    return showing.centre[0] + x * np.cos(yaw) * near, showing.centre[1] + y * np.cos(pitch) * near
