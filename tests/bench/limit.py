"""What is physically possible for the work set: one zstd POST into ``executemany``, one zstd GET out of a table.

No facts, no chain, no signatures, no device, no second index; plain SQLite that may lose its last commits. ``python -m
tests.bench.limit PORT FOLDER`` is its server; a client runs in the process that measures.
"""

import http.client
import json
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import waitress
import zstandard
from flask import Flask, Response, request

from tests.bench.workset import FIELDS, Order

MOST_BYTES = 1 << 30
ZSTD_LEVEL = 3
ANSWER_SECONDS = 300.0
_MARKS = ", ".join("?" * len(FIELDS))
_INSERT = f"INSERT OR REPLACE INTO orders VALUES ({_MARKS})"


def open_table(path: Path) -> sqlite3.Connection:
    """A database with one table."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"CREATE TABLE IF NOT EXISTS orders ({', '.join(FIELDS)}, PRIMARY KEY (id))")
    return db


def write(db: sqlite3.Connection, rows: Iterable[Any]) -> None:
    """All rows in one transaction."""
    db.execute("BEGIN")
    db.executemany(_INSERT, rows)
    db.execute("COMMIT")


def _packed(db: sqlite3.Connection, orders: int) -> bytes:
    newest = db.execute("SELECT * FROM orders ORDER BY rowid DESC LIMIT ?", (orders,))
    lines = "\n".join(json.dumps(dict(zip(FIELDS, row, strict=True)), separators=(",", ":")) for row in newest)
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(lines.encode())


def _write_packed(db: sqlite3.Connection, body: bytes) -> None:
    lines = zstandard.ZstdDecompressor().decompress(body, max_output_size=MOST_BYTES)
    write(db, (tuple(json.loads(line).values()) for line in lines.splitlines()))


class Client:
    """One side of the limit: a table of its own and a connection."""

    def __init__(self, path: Path, port: int) -> None:
        self.db = open_table(path)
        self._port = port

    def fill(self, orders: Iterable[Order]) -> None:
        """Have some to push."""
        write(self.db, orders)

    def push(self, orders: int) -> None:
        """Send the newest. Raises ``RuntimeError`` when the other side has not taken them."""
        if self._ask("POST", "/orders", _packed(self.db, orders)) != b"ok":
            raise RuntimeError("not taken")

    def pull(self, orders: int) -> None:
        """Fetch the newest."""
        _write_packed(self.db, self._ask("GET", f"/orders/{orders}", None))

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        connection.request(method, path, body)
        answer = connection.getresponse().read()
        connection.close()
        return answer


def make_app(path: Path) -> Flask:
    """The other side."""
    open_table(path).close()
    app = Flask(__name__)

    @app.get("/")
    def alive() -> str:
        return "ok"

    @app.post("/orders")
    def take() -> str:
        db = open_table(path)
        _write_packed(db, request.get_data())
        db.close()
        return "ok"

    @app.get("/orders/<int:orders>")
    def give(orders: int) -> Response:
        db = open_table(path)
        body = _packed(db, orders)
        db.close()
        return Response(body)

    return app


if __name__ == "__main__":
    waitress.serve(
        make_app(Path(sys.argv[2]) / "limit.db"),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        threads=4,
        max_request_body_size=MOST_BYTES,
    )
