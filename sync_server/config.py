"""The centre's settings, read once at start from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import POSTGRES_PARTITIONS, POSTGRES_PARTITIONS_MAX


@dataclass(frozen=True)
class Config:
    """Where things are. ``database_url`` empty: one SQLite file in ``data``. ``pg_dump`` empty: the one in PATH.

    ``partitions``: into how many parts PostgreSQL cuts tables that grow with the points when it makes them; 1 for none.
    """

    data: Path
    database_url: str
    host: str
    port: int
    threads: int
    language: str
    timezone: str
    secure_cookies: bool
    trusted_proxy: str
    demo: bool
    pg_dump: str = ""
    partitions: int = POSTGRES_PARTITIONS


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read ``LINQU_*`` and ``DATABASE_URL``. Raises ``BadInput`` naming the variable that makes no sense."""

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
        data=Path(text("DATA", "var/centre")).absolute(),
        database_url=environ.get("DATABASE_URL", "").strip(),
        host=text("HOST", "127.0.0.1"),
        port=number("PORT", "8080", 65535),
        threads=number("THREADS", "16", 256),
        language=text("LANGUAGE", "zh_Hans_CN"),
        timezone=text("TIMEZONE", "Asia/Shanghai"),
        secure_cookies=text("SECURE_COOKIES") == "1",
        trusted_proxy=text("TRUSTED_PROXY"),
        demo=text("DEMO") == "1",
        pg_dump=text("PG_DUMP"),
        partitions=number("PARTITIONS", str(POSTGRES_PARTITIONS), POSTGRES_PARTITIONS_MAX),
    )
