"""The kiosk's settings, read once at start from the environment (systemd: ``EnvironmentFile=/etc/linqu/kiosk.env``)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.kernel.errors import N_, BadInput


@dataclass(frozen=True)
class Config:
    """Where things are. Addresses of devices are in the form of ``hardware``'s openers; empty means there is none.

    ``copy`` is a folder on a stick that gets a second copy of the database every ``copy_hours`` hours or ``copy_facts``
    facts; on the same disk as the data only where ``copy_same_disk`` says that this is meant. ``stick`` is where a
    stick is mounted that carries sync by hand. ``relay`` is where this
    kiosk listens (``host:port``) for neighbours without a network, ``relays`` are the neighbours that this one asks.
    """

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
    hardware: str = ""
    copy: Path | None = None
    copy_hours: int = 4
    copy_facts: int = 200
    copy_same_disk: bool = False
    stick: Path = Path("/media/linqu")
    relay: str = ""
    relays: tuple[str, ...] = ()

    @property
    def local_url(self) -> str:
        """Where the kiosk's own web process answers."""
        return f"http://{self.host}:{self.port}"


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read ``LINQU_*``. Raises ``BadInput`` that names the variable when a value makes no sense."""

    def text(name: str, default: str = "") -> str:
        return environ.get(f"LINQU_{name}", default).strip()

    def number(name: str, default: str, most: int) -> int:
        value = text(name, default)
        if not value.isdigit() or not 0 < int(value) <= most:
            raise BadInput(
                "CONFIG",
                N_("设置 %(name)s 不对：%(value)s"),
                N_("请改为 1 到 %(most)s 的数。"),
                name=f"LINQU_{name}",
                value=value,
                most=most,
            )
        return int(value)

    return Config(
        data=Path(text("DATA", "var/kiosk")).absolute(),
        server=text("SERVER").rstrip("/"),
        host=text("HOST", "127.0.0.1"),
        port=number("PORT", "8000", 65535),
        camera=text("CAMERA", "v4l2:0"),
        scanner=text("SCANNER"),
        printer=text("PRINTER", "serial:/dev/linqu-printer"),
        certificates=text("CA"),
        language=text("LANGUAGE", "zh_Hans_CN"),
        timezone=text("TIMEZONE", "Asia/Shanghai"),
        demo=text("DEMO") == "1",
        hardware=text("HARDWARE"),
        copy=Path(text("COPY")).absolute() if text("COPY") else None,
        copy_hours=number("COPY_HOURS", "4", 24 * 30),
        copy_facts=number("COPY_FACTS", "200", 1_000_000),
        copy_same_disk=text("COPY_SAME_DISK") == "1",
        stick=Path(text("STICK", "/media/linqu")).absolute(),
        relay=text("RELAY"),
        relays=tuple(address.rstrip("/") for address in text("RELAYS").split()),
    )
