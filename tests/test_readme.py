"""The README says only what is there: files, tests, settings, commands, pictures."""

import ast
import re
from pathlib import Path

import pytest

from kiosk.__main__ import main as kiosk
from sync_server.__main__ import main as centre
from tests.tidy import ROOT

README = ROOT / "README.md"
PICTURE_BYTES = 300_000
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)|src=\"([^\"]+)\"")
SETTING = re.compile(r"\bLINQU_(\w+)")
COMMAND = re.compile(r"python -m (kiosk|sync_server) ([a-z]+)")


def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def missing(text: str, root: Path) -> list[str]:
    """What the text names and is not there."""
    gone = [name for found in LINK.findall(text) if not (root / (name := found[0] or found[1])).exists()]
    for path, function in TEST.findall(text):
        if not (root / path).is_file() or (function and function not in functions_of(root / path)):
            gone.append(f"{path}::{function}")
    return gone


def test_what_is_missing_is_noticed() -> None:
    text = "[a](NOWHERE.md) `tests/test_readme.py::test_nothing` `tests/nowhere.py` `tests/test_readme.py`"
    assert missing(text, ROOT) == ["NOWHERE.md", "tests/test_readme.py::test_nothing", "tests/nowhere.py::"]


def test_files_and_tests_that_are_named_exist() -> None:
    text = README.read_text("utf-8")
    assert len(TEST.findall(text)) > 20
    assert missing(text, ROOT) == []


@pytest.mark.parametrize("roof", ["kiosk", "sync_server"])
def test_settings_are_told_and_read(roof: str) -> None:
    read = set(re.findall(r'(?:text|number)\("(\w+)"', (ROOT / roof / "config.py").read_text("utf-8")))
    told = set(SETTING.findall(README.read_text("utf-8")))
    assert len(read) > 8
    assert read - told == set()


def test_every_setting_that_is_told_is_read_by_a_roof() -> None:
    sources = "".join((ROOT / roof / "config.py").read_text("utf-8") for roof in ("kiosk", "sync_server"))
    told = set(SETTING.findall(README.read_text("utf-8")))
    assert {name for name in told if f'"{name}"' not in sources} == set()


def test_commands_are_those_of_the_roofs() -> None:
    told = set(COMMAND.findall(README.read_text("utf-8")))
    offered = {("kiosk", name) for name in kiosk.commands} | {("sync_server", name) for name in centre.commands}
    assert told == offered


def test_pictures_are_small() -> None:
    pictures = sorted((ROOT / "static" / "tour").glob("*.png"))
    assert len(pictures) >= 4
    assert [path.name for path in pictures if path.stat().st_size >= PICTURE_BYTES] == []
