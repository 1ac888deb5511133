"""The kiosk's settings, read once at start from the environment (systemd: ``EnvironmentFile=/etc/linqu/kiosk.env``)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.kernel.errors import N_, BadInput


@dataclass(frozen=True)
class Config:
    """Where things are. Addresses of devices are in the form of ``hardware``'s openers; empty means there is none."""

    data: Path
    server: str
    host: str
    port: int
    camera: str
    scanner: str
    printer: str
    certificates: str
    language: str
    timezone: str
    demo: bool

    @property
    def local_url(self) -> str:
        """Where the kiosk's own web process answers."""
        return f"http://{self.host}:{self.port}"


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read ``LINQU_*``. Raises ``BadInput`` that names the variable when a value makes no sense."""

    def text(name: str, default: str = "") -> str:
        return environ.get(f"LINQU_{name}", default).strip()

    port = text("PORT", "8000")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise BadInput(
            "CONFIG",
            N_("设置 %(name)s 不对：%(value)s"),
            N_("请改为 1 到 65535 的端口。"),
            name="LINQU_PORT",
            value=port,
        )
    return Config(
        data=Path(text("DATA", "var/kiosk")).absolute(),
        server=text("SERVER").rstrip("/"),
        host=text("HOST", "127.0.0.1"),
        port=int(port),
        camera=text("CAMERA", "v4l2:0"),
        scanner=text("SCANNER"),
        printer=text("PRINTER", "serial:/dev/linqu-printer"),
        certificates=text("CA"),
        language=text("LANGUAGE", "zh_Hans_CN"),
        timezone=text("TIMEZONE", "Asia/Shanghai"),
        demo=text("DEMO") == "1",
    )
