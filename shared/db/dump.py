"""A whole PostgreSQL database in one file, by PostgreSQL's own ``pg_dump``."""

import os
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from shared.db.copies import PART, CopyDamaged, on_disk
from shared.kernel.errors import N_, Refused

# https://www.postgresql.org/docs/current/libpq-envars.html: a password in the arguments could be read by every user
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


class DumpToolMissing(Refused):
    """There is no ``pg_dump`` to call."""

    def __init__(self) -> None:
        super().__init__(
            "PG_DUMP_MISSING", N_("找不到 pg_dump。"), N_("请安装 postgresql-client，或用 LINQU_PG_DUMP 指明它在哪里。")
        )


def write_dump(url: str, file: Path, tool: str = "") -> int:
    """Dump the database behind ``url`` into ``file`` (custom form, for ``pg_restore``); its size in bytes.

    The file appears under its name only when it is whole on the disk. Raises :class:`DumpToolMissing`, ``OSError`` with
    the tool's own words, ``CopyDamaged`` when ``pg_restore`` can't read it.
    """
    program = tool or shutil.which("pg_dump")
    if not program or not Path(program).is_file():
        raise DumpToolMissing
    part = file.with_name(file.name + PART)
    part.unlink(missing_ok=True)
    known = conninfo_to_dict(url)
    environ = {**os.environ, **{_VARIABLES[name]: str(value) for name, value in known.items() if name in _VARIABLES}}
    try:
        _run([program, "--format=custom", "--no-password", f"--file={part}"], environ)
        on_disk(part)
        reader = Path(program).with_name("pg_restore")
        if reader.is_file():
            _run([str(reader), "--list", str(part)], environ, CopyDamaged)
        size = part.stat().st_size
        part.replace(file)
        on_disk(file.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return size


def _run(call: list[str], environ: dict[str, str], error: type[Exception] = OSError) -> None:
    done = subprocess.run(call, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise error(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else call[0])
