"""The limits we compare with, as a process of their own: a bare Flask + waitress app on the same kind of database.

``python -m tests.bench.peer PORT FOLDER``: ``POST /rows`` takes zstd-packed rows into one ``executemany``.
``python -m tests.bench.peer PORT FOLDER DATABASE KEYFILE PAGES``: ``GET /pages/NAME`` runs the statements that the JSON
file ``PAGES`` has under that name, on the kiosk's own database, and answers with one line of text.
"""

import json
import secrets
import sys
from pathlib import Path

import msgspec
import waitress
import zstandard
from flask import Flask, request

from shared.db import SqliteDatabase, open_sqlite
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


def make_page_app(db: SqliteDatabase, pages: dict[str, list[str]]) -> Flask:
    """Pages without templates, sessions and languages: only what they ask the database."""
    app = Flask(__name__)

    @app.get("/pages/<name>")
    def page(name: str) -> str:
        return f"{sum(len(db.query(sql)) for sql in pages[name])} rows"

    return app


def main(port: str, folder: str, *database: str) -> None:
    """Serve one or the other."""
    if database:
        path, key, pages = map(Path, database)
        db = open_sqlite(path, key=key.read_text().strip(), authoritative=False)
        app = make_page_app(db, json.loads(pages.read_text()))
    else:
        app = make_app(Path(folder))
    waitress.serve(app, host="127.0.0.1", port=int(port), threads=4)


if __name__ == "__main__":
    main(*sys.argv[1:])
