"""``python -m shared.web.catalogs update|compile|check``: the translations, from source strings to compiled files.

``update`` collects every marked string, keeps what is translated and fills the Taiwan catalog where it is empty: OpenCC
turns characters and phrases, ``zh_Hant_TW/words.tsv`` what Taiwan calls differently still. ``compile`` writes the files
the apps read; ``check`` prints what is missing or out of date and then exits 1.
"""

import io
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from shared.web.i18n import LANGUAGES, SOURCE, TRANSLATIONS

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("kiosk", "sync_server", "shared", "deploy", "hardware")
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TAIWAN_WORDS = TRANSLATIONS / "zh_Hant_TW" / "words.tsv"
TRANSLATED = tuple(language.code for language in LANGUAGES if language != SOURCE)


def po_path(code: str) -> Path:
    """Where the catalog of a language is written by people."""
    return TRANSLATIONS / code / "LC_MESSAGES" / "messages.po"


def collect() -> Catalog:
    """Every marked string of the floors that exist."""
    found = Catalog(project="linqu", charset="utf-8")
    for floor in FLOORS:
        if not (ROOT / floor).is_dir():
            continue
        for name, _line, message, _comments, context in extract_from_dir(
            ROOT / floor, METHODS, OPTIONS, keywords=KEYWORDS
        ):
            found.add(message, None, [(f"{floor}/{name}", 0)], context=context)
    return found


def read(code: str) -> Catalog:
    """The catalog of a language as it stands; an empty one for a new language."""
    path = po_path(code)
    catalog = Catalog(locale=code)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=code)
    # The same strings give the same bytes, whoever writes them and when.
    catalog.header_comment = f"# Linqu 邻取: {code}"
    catalog.project, catalog.version, catalog.charset, catalog.fuzzy = "linqu", "1", "utf-8", False
    catalog.creation_date = catalog.revision_date = EPOCH
    catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = "linqu"
    return catalog


def compiled(catalog: Catalog) -> bytes:
    """The bytes of the file that the apps read."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def taiwan_words() -> Callable[[str], str]:
    """What turns mainland Chinese into the words of Taiwan: each place is replaced once, and the longest word wins."""
    # OpenCC is a tool of people who develop, not of the running product.
    from opencc import OpenCC

    convert = OpenCC("s2twp").convert
    words = dict(line.split("\t") for line in TAIWAN_WORDS.read_text("utf-8").splitlines())
    known = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
    beside_latin = re.compile("(?<=[\u4e00-\u9fff])(?=QR Code)|(?<=QR Code)(?=[\u4e00-\u9fff])")
    return lambda text: beside_latin.sub(" ", known.sub(lambda found: words[found.group()], convert(text)))


def _fill_taiwan(catalog: Catalog) -> None:
    convert = taiwan_words()
    for message in catalog:
        if message.id and not message.string and isinstance(message.id, str):
            message.string = convert(message.id)


def update() -> None:
    """Bring both catalogs to the strings of today, written in a fixed order and without times."""
    for code in TRANSLATED:
        catalog = read(code)
        # Collected anew each time: a catalog keeps the very message objects it is given.
        catalog.update(collect(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.creation_date = EPOCH
        if code == "zh_Hant_TW":
            _fill_taiwan(catalog)
        path = po_path(code)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=110, sort_output=True, omit_header=False, include_lineno=False)


def compile_all() -> None:
    """Write the compiled file beside each catalog."""
    for code in TRANSLATED:
        po_path(code).with_suffix(".mo").write_bytes(compiled(read(code)))


def missing(under: str = "") -> dict[str, list[str]]:
    """Per language, the strings (of files below ``under``) that have no translation yet."""
    wanted = [
        (str(message.id if isinstance(message.id, str) else message.id[0]), message.context)
        for message in collect()
        if message.id and any(name.startswith(under) for name, _line in message.locations)
    ]
    gaps: dict[str, list[str]] = {}
    for code in TRANSLATED:
        catalog = read(code)
        entries = [(text, catalog.get(text, context)) for text, context in wanted]
        gaps[code] = [text for text, entry in entries if entry is None or not entry.string]
    return gaps


def stale() -> list[str]:
    """Languages whose compiled file does not say what the catalog says."""
    return [code for code in TRANSLATED if po_path(code).with_suffix(".mo").read_bytes() != compiled(read(code))]


def main(words: list[str]) -> int:
    """Run one of the commands; returns the exit status."""
    if words == ["update"]:
        update()
        compile_all()
        return 0
    if words == ["compile"]:
        compile_all()
        return 0
    if words == ["check"]:
        gaps = missing()
        for code, texts in gaps.items():
            for text in texts:
                click.echo(f"{code}: {text}")
        old = stale()
        for code in old:
            click.echo(f"{code}: compiled file is out of date")
        return 1 if old or any(gaps.values()) else 0
    click.echo(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
