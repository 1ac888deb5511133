"""Tables as CSV that Excel opens: BOM, CRLF, and no cell that a spreadsheet program would compute."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

from sync_server.console.rules import harmless

BLOCK_ROWS = 500


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file in blocks."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow(["" if cell is None else harmless(cell) if isinstance(cell, str) else cell for cell in row])
        if number % BLOCK_ROWS == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download ``<name>.csv``; ``name`` is ASCII."""
    answer = Response(csv_lines(header, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
