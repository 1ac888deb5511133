"""Long lists: which page is shown, where the others are, and all of it for a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _

from shared.kernel.limits import CONSOLE_EXPORT_ROWS, CONSOLE_PAGE_ROWS

T = TypeVar("T")

PAGE_MAX = 100_000
EXPORT_BLOCK = 1_000


@dataclass(frozen=True)
class Listing:
    """One page of a list: addresses of its neighbours (empty: there is none) and where it stands."""

    offset: int
    total: int
    newer: str
    older: str
    note: str
    csv: str


def page_number() -> int:
    """The page asked for, from 1; anything that makes no sense is the first."""
    text = request.args.get("page", "1")
    return max(1, min(int(text), PAGE_MAX)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def offset() -> int:
    """How many rows come before the page asked for."""
    return (page_number() - 1) * CONSOLE_PAGE_ROWS


def listing(total: int, csv_endpoint: str = "", **filters: str) -> Listing:
    """What stands below a list of ``total`` rows. ``filters`` are kept in the addresses."""
    page, kept = page_number(), {name: value for name, value in filters.items() if value}
    pages = max(1, -(-total // CONSOLE_PAGE_ROWS))
    endpoint = request.endpoint or ""

    def there(number: int) -> str:
        return _address(endpoint, {**kept, "page": str(number)}) if 1 <= number <= pages else ""

    note = _("第 %(page)s 页，共 %(pages)s 页 · %(total)s 条", page=min(page, pages), pages=pages, total=total)
    csv = _address(csv_endpoint, kept) if csv_endpoint else ""
    return Listing(offset(), total, there(page - 1), there(page + 1), note, csv)


def _address(endpoint: str, query: dict[str, str]) -> str:
    return f"{url_for(endpoint)}?{urlencode(query)}" if query else url_for(endpoint)


def everything(read: Callable[[int, int], list[T]]) -> Iterator[T]:
    """All rows of a list in blocks, as far as one file goes. ``read(limit, offset)`` gives a block."""
    for start in range(0, CONSOLE_EXPORT_ROWS, EXPORT_BLOCK):
        block = read(EXPORT_BLOCK, start)
        yield from block
        if len(block) < EXPORT_BLOCK:
            return
