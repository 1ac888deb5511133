"""The limits we compare with, as a process of their own: a bare Flask + waitress app on the same kind of database.

``python -m tests.bench.peer PORT FOLDER``: ``POST /rows`` takes zstd-packed rows into one ``executemany``.
"""

import secrets
import sys
from pathlib import Path

import msgspec
import waitress
import zstandard
from flask import Flask, request

from shared.db import open_sqlite
from shared.parcels.tables import MIGRATIONS, PARCELS


def make_app(folder: Path) -> Flask:
    """A table like ours, with the same indexes, and nothing around it."""
    db = open_sqlite(folder / "peer.db", key=secrets.token_hex(32), authoritative=True)
    for statements in MIGRATIONS:
        db.run_script(statements)
    app = Flask(__name__)

    @app.post("/rows")
    def take() -> str:
        raw = zstandard.ZstdDecompressor().decompress(request.get_data(), max_output_size=1 << 28)
        rows = msgspec.msgpack.decode(raw, type=list[list[object]])
        with db.writing() as tx:
            tx.execute("DELETE FROM parcels")
            tx.executemany(PARCELS.upsert, rows)
        return str(len(rows))

    return app


if __name__ == "__main__":
    waitress.serve(make_app(Path(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), threads=4)
