"""From the address in the settings to a camera."""

import time
from pathlib import Path

from hardware.cameras.camera import Camera, FrameSource, Monotonic
from hardware.cameras.grabbing import GrabbingCamera
from hardware.cameras.sources import FolderSource, V4l2Source, VideoSource
from shared.kernel.errors import N_, BadInput


def open_camera(
    address: str,
    monotonic: Monotonic = time.monotonic,
    *,
    frames_per_s: float = 15.0,
    loop: bool = False,
    exposure: int | None = None,
) -> Camera:
    """The camera at ``address``, already grabbing. A camera that is absent is not an error: ask its ``health``.

    Addresses: ``v4l2:0``, ``v4l2:/dev/v4l/by-id/…``, ``folder:PATH``, ``video:PATH``, ``virtual:PATH``.
    ``frames_per_s`` and ``loop`` are for files; ``exposure`` (units of 0.1 ms) is for V4L2. Raises
    :class:`BadInput` for an address of no known kind.
    """
    kind, _, rest = address.partition(":")
    if not rest:
        raise _unknown(address)
    source: FrameSource
    match kind:
        case "v4l2":
            source = V4l2Source(rest, exposure=exposure)
        case "folder":
            source = FolderSource(Path(rest), frames_per_s, loop)
        case "video":
            source = VideoSource(Path(rest), frames_per_s, loop)
        case "virtual":
            from hardware.virtual.camera import VirtualSource

            source = VirtualSource(Path(rest), frames_per_s)
        case _:
            raise _unknown(address)
    camera = GrabbingCamera(address, source, monotonic)
    camera.open()
    return camera


def _unknown(address: str) -> BadInput:
    return BadInput(
        "camera_address",
        N_("摄像头地址“%(address)s”无法识别。"),
        N_("请填写 v4l2:0、folder:路径、video:路径 或 virtual:路径。"),
        address=address,
    )
