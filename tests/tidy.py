"""The checks behind test_tidy.py: each takes text or a folder and returns what is wrong, one line a finding.

They live apart from the tests so that every check can be shown a planted fault and be seen to find it.
"""

import ast
import hashlib
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("kiosk", "sync_server", "shared", "hardware")

FUNCTION_LINES = 70
FUNCTION_LINES_MEDIAN = 12
MODULE_LINES = 400
NOISE_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
# A language is offered under its own name, whatever the language of the page.
OWN_NAMES = {"简体中文", "繁體中文", "中文"}
# Labels are Chinese, whatever the language of the screen.
PRINTED = {"冷藏"}
MASKED_NAME = re.compile(r"\S\*+\S?")

# Keywords all small or all capital: "Select a parcel from the shelf" is English.
_SQL_SHAPE = (
    r"\s*(SELECT\s.+?\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+.*?\sAS\s*\("
    r"|(CREATE|ALTER|DROP)\s+(UNIQUE\s+|VIRTUAL\s+|TEMP\s+)?(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s+\w+|VACUUM\b|BEGIN\s+IMMEDIATE)"
)
_SMALL_SHAPE = re.sub(r"(?<!\\)[A-Z]", lambda capital: capital.group().lower(), _SQL_SHAPE)
SQL = re.compile(f"{_SQL_SHAPE}|{_SMALL_SHAPE}", re.DOTALL)
SQL_FILES = {"store.py", "tables.py"}
SQL_FOLDERS = ("shared/db/", "shared/sync/")

OTHER_HOST = re.compile(r"""(?:(?:https?|wss?|ftp):|["'(=,]\s*)//(?!www\.w3\.org/)[\w-]+(?:\.[\w-]+)+""", re.IGNORECASE)
INLINE = {
    "inline script": re.compile(r"<script\b(?![^>]*(?:\ssrc\s*=|application/json))", re.IGNORECASE),
    "inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "style attribute": re.compile(r"""\sstyle\s*=\s*["'{]""", re.IGNORECASE),
    "on… handler": re.compile(r"""\s(?:hx-)?on[a-z:-]+\s*=\s*["'{]""", re.IGNORECASE),
    "javascript: address": re.compile(r"javascript:|[\"']js:", re.IGNORECASE),
}
UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK|for n[o]w\b|lorem ips[u]m|not impl[e]mented)", re.IGNORECASE)
NO_REASON = re.compile(r"#\s*(?:noqa(?::[\sA-Z0-9,]*)?|type:\s*ignore(?:\[[\w, -]*\])?)\s*$")
NAMES_INDEX = re.compile(
    r"--(?:extra-)?index-url|--default-index|--find-links|--trusted-host|^\s*-[if]\b|\w+://", re.MULTILINE
)

_STRING = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_TRANSLATED = re.compile(
    rf"\b(?:_|N_|gettext|ngettext|pgettext)\(\s*{_STRING}(?:\s*(?:~\s*)?,?\s*{_STRING})*", re.DOTALL
)
_LITERAL = re.compile(_STRING, re.DOTALL)
_JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TRANS_BLOCK = re.compile(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", re.DOTALL)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_PY_TRANSLATORS = {"_", "N_", "gettext", "lazy_gettext", "ngettext", "pgettext"}


def files(*suffixes: str, under: tuple[str, ...] = FLOORS) -> list[Path]:
    """The project's own files below the named folders, without what is vendored or generated."""
    found = (path for folder in under for path in sorted((ROOT / folder).rglob("*")) if path.suffix in suffixes)
    return [p for p in found if not {"vendor", "node_modules", "__pycache__"} & set(p.relative_to(ROOT).parts)]


def where(path: Path) -> str:
    """The path as people name it: from the root of the project."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def functions(source: str) -> Iterator[tuple[str, int, int]]:
    """Name, first line and length of each function, from `def` to its last line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def long_functions(source: str) -> list[str]:
    """Functions that no longer fit on a screen."""
    return [f"line {line}: {name} has {n} lines" for name, line, n in functions(source) if n > FUNCTION_LINES]


def median_length(sources: list[str]) -> float:
    """The median length of all functions in lines."""
    return statistics.median(n for source in sources for _name, _line, n in functions(source))


def long_module(source: str) -> list[str]:
    """A module that has grown past its limit."""
    lines = source.count("\n")
    return [f"{lines} lines, at most {MODULE_LINES}"] if lines > MODULE_LINES else []


def noise_name(path: Path) -> list[str]:
    """Names that say nothing about what is inside."""
    words = {word for part in path.with_suffix("").parts for word in part.lower().split("_")}
    return [f"{path} has a name that says nothing"] if words & NOISE_NAMES else []


def _docstrings(tree: ast.AST) -> set[int]:
    owners = (
        n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
    first = (owner.body[0] for owner in owners if owner.body)
    return {id(stmt.value) for stmt in first if isinstance(stmt, ast.Expr)}


def _texts(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string that is not a docstring; the holes of an f-string read as `x`."""
    tree = ast.parse(source)
    skip = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skip.update(id(part) for part in node.values)
            yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "x" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skip:
            yield node.lineno, node.value


def sql_outside(path: str, source: str) -> list[str]:
    """SQL in a file that is not the store, the tables or the ground."""
    if path.rsplit("/", 1)[-1] in SQL_FILES or path.startswith(SQL_FOLDERS):
        return []
    return [f"line {line}: {text.strip()[:60]!r}" for line, text in _texts(source) if SQL.match(text)]


def swallowed(source: str) -> list[str]:
    """Handlers that take every exception and say nothing."""
    handlers = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ExceptHandler))
    return [
        f"line {handler.lineno}: every exception is swallowed"
        for handler in handlers
        if (handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"})
        and all(isinstance(stmt, ast.Pass | ast.Continue) for stmt in handler.body)
    ]


def matching(pattern: re.Pattern[str], text: str) -> list[str]:
    """Each place where the pattern is found, with its line."""
    return [f"line {text.count(chr(10), 0, m.start()) + 1}: {m.group().strip()}" for m in pattern.finditer(text)]


def inline_code(template: str) -> list[str]:
    """What the content security policy would refuse: scripts, styles and handlers written into a page."""
    text = _JINJA_COMMENT.sub("", template)
    return [f"{name}, {hit}" for name, pattern in INLINE.items() for hit in matching(pattern, text)]


def _needs_no_translation(text: str) -> bool:
    return text in OWN_NAMES or MASKED_NAME.fullmatch(text) is not None


def untranslated_template(template: str) -> list[str]:
    """Chinese text in a template that gettext would not find."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match.group())

    text = _TRANS_BLOCK.sub(blank, _JINJA_COMMENT.sub(blank, template))
    findings = []
    for match in _JINJA.finditer(text):
        rest = _TRANSLATED.sub("_(", match.group())
        loose = [s for s in _LITERAL.findall(rest) if CHINESE.search(s) and not _needs_no_translation(s[1:-1])]
        findings += [f"line {text.count(chr(10), 0, match.start()) + 1}: {s}" for s in loose]
    for number, line in enumerate(_JINJA.sub(blank, text).splitlines(), 1):
        bare = [s for s in re.split(r"[<>\"'\s]+", line) if CHINESE.search(s) and not _needs_no_translation(s)]
        findings += [f"line {number}: {s}" for s in bare]
    return findings


def untranslated_python(source: str) -> list[str]:
    """Chinese strings in Python that are not handed to gettext or marked with N_."""
    tree = ast.parse(source)
    skip = _docstrings(tree)
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        if (isinstance(call.func, ast.Name) and call.func.id in _PY_TRANSLATORS) or (
            isinstance(call.func, ast.Attribute) and call.func.attr in _PY_TRANSLATORS
        ):
            skip.update(id(arg) for arg in call.args)
    return [
        f"line {node.lineno}: {node.value[:40]!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in skip
        and CHINESE.search(node.value)
        and node.value not in OWN_NAMES | PRINTED
    ]


def vendored(folder: Path) -> list[str]:
    """Files from elsewhere that are not listed in VENDORED.txt, are listed without licence, or were changed."""
    listed: dict[str, list[str]] = {}
    for line in (folder / "VENDORED.txt").read_text("utf-8").splitlines():
        fields = line.split()
        if fields and not line.startswith("#"):
            listed[fields[0]] = fields
    findings = [f"{name} is listed and does not exist" for name in listed if not (folder / name).is_file()]
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "VENDORED.txt"):
        name = path.relative_to(folder).as_posix()
        fields = listed.get(name, [])
        if len(fields) < len(("file", "version", "licence", "sha256")):
            findings.append(f"{name} needs a line `file version licence sha256` in VENDORED.txt")
        elif hashlib.sha256(path.read_bytes()).hexdigest() not in fields:
            findings.append(f"{name} is not the file that VENDORED.txt names")
    return findings


def loose_pins(requirements: str) -> list[str]:
    """Requirements without an exact version or without a hash, and any word about where they come from."""
    findings = matching(NAMES_INDEX, requirements)
    blocks = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", requirements, flags=re.MULTILINE).strip())
    for block in blocks:
        if "==" not in block.split(";")[0] or "--hash=sha256:" not in block:
            findings.append(f"{block.splitlines()[0]} is not pinned with a hash")
    return findings
