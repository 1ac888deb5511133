"""Looks at a frame for 0.3 ms to see whether decoding it is worth 4 ms."""

import numpy as np
from numpy.typing import NDArray

from hardware.pictures import Gray

CHANGE = 6.0
"""Gray levels: the mean change of the most changed cell that counts as somebody there; sensor noise stays under 3."""
LOOK_ANYWAY = 5
STAY_FRAMES = 45


class IdleGate:
    """Opens when the picture changes and stays open for three seconds; every fifth frame passes in any case, so that
    a pass held perfectly still is read all the same."""

    def __init__(self) -> None:
        self._scene: NDArray[np.float32] | None = None
        self._open_for = STAY_FRAMES
        self._count = 0

    def worth_decoding(self, gray: Gray) -> bool:
        """True when the frame should go to the decoder."""
        cells = _cells(gray)
        changed = self._scene is None or self._scene.shape != cells.shape or _most(cells, self._scene) > CHANGE
        if self._scene is None or self._scene.shape != cells.shape:
            self._scene = cells
        else:
            self._scene += (cells - self._scene) * np.float32(0.1)
        self._open_for = STAY_FRAMES if changed else max(0, self._open_for - 1)
        self._count += 1
        return self._open_for > 0 or self._count % LOOK_ANYWAY == 0


def _cells(gray: Gray) -> NDArray[np.float32]:
    """The frame as a coarse grid of means over a sparse sample."""
    sample = gray[::8, ::8]
    high, wide = sample.shape[0] // 10 * 10, sample.shape[1] // 10 * 10
    if not high or not wide:
        return sample.astype(np.float32)
    blocks = sample[:high, :wide].reshape(high // 10, 10, wide // 10, 10)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _most(cells: NDArray[np.float32], scene: NDArray[np.float32]) -> float:
    return float(np.abs(cells - scene).max())
