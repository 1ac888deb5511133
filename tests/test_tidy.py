"""House rules that no linter knows. Every check is first shown a planted fault, so that silence means something."""

import ast
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import tidy
from tests.tidy import ROOT, files, where

TOP_LEVEL = {"deploy", "hardware", "kiosk", "shared", "static", "sync_server", "tests"}
LEFT_BY_TOOLS = {"dist", "node_modules", "var"}
CODE = (*tidy.FLOORS, "deploy", "tests")
PAGE_SUFFIXES = (".html", ".css", ".js", ".svg")
PROSE_SUFFIXES = (".py", ".html", ".css", ".js", ".sh", ".service", ".rules", ".conf", ".md")


def expect_none(found: list[str]) -> None:
    """Show every finding: an assertion would cut the list short."""
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def findings(paths: list[Path], check: Callable[[str], list[str]]) -> list[str]:
    assert paths, "a check that looks at nothing proves nothing"
    return [f"{where(p)}: {found}" for p in paths for found in check(p.read_text("utf-8"))]


# --- size and names ---------------------------------------------------------------------------------------------------


def test_functions_fit_on_a_screen() -> None:
    assert tidy.long_functions("def f():\n" + "    x = 1\n" * 70) == ["line 1: f has 71 lines"]
    assert tidy.long_functions("def f():\n" + "    x = 1\n" * 69) == []
    expect_none(findings(files(".py", under=CODE), tidy.long_functions))


def test_most_functions_are_short() -> None:
    assert tidy.median_length(["def f():\n    pass\n", "def g():\n    a = 1\n    return a\n"]) == 2.5
    median = tidy.median_length([p.read_text("utf-8") for p in files(".py")])
    assert median <= tidy.FUNCTION_LINES_MEDIAN


def test_modules_stay_small() -> None:
    assert tidy.long_module("x = 1\n" * 401) == ["401 lines, at most 400"]
    expect_none(findings(files(".py", under=CODE), tidy.long_module))


def test_names_say_what_is_inside() -> None:
    assert tidy.noise_name(Path("shared/utils.py"))
    assert tidy.noise_name(Path("kiosk/print_manager/pages.py"))
    assert tidy.noise_name(Path("shared/stock/store.py")) == []
    assert [
        f
        for p in files(".py", ".html", ".js", ".css", under=(*CODE, "static"))
        for f in tidy.noise_name(p.relative_to(ROOT))
    ] == []


def test_no_other_top_level_folder() -> None:
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))}
    assert folders - LEFT_BY_TOOLS == TOP_LEVEL


# --- code -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        'db.query("SELECT id FROM parcels WHERE point = ?")',
        'db.query(f"select {columns} from {table}")',
        'tx.execute("insert into orders values (?)")',
        'tx.execute("""\n  UPDATE stock SET on_hand = 0""")',
        'tx.execute("DELETE FROM stock")',
        'tx.execute("CREATE INDEX a ON b (c)")',
        'tx.execute("PRAGMA foreign_keys = ON")',
    ],
)
def test_sql_is_recognised(statement: str) -> None:
    assert tidy.sql_outside("kiosk/pickup/pages.py", statement)
    assert tidy.sql_outside("kiosk/pickup/store.py", statement) == []


@pytest.mark.parametrize("text", ["Select a parcel from the shelf", "update", "Delete", "with all parcels"])
def test_english_is_not_sql(text: str) -> None:
    assert tidy.sql_outside("kiosk/pickup/pages.py", f'"""{text} from"""\nx = "{text}"') == []


def test_sql_lives_in_stores_tables_and_the_ground() -> None:
    paths = files(".py", under=(*tidy.FLOORS, "deploy"))
    expect_none([f"{where(p)}: {f}" for p in paths for f in tidy.sql_outside(where(p), p.read_text("utf-8"))])


def test_no_exception_is_swallowed() -> None:
    assert tidy.swallowed("try:\n    f()\nexcept Exception:\n    pass\n")
    assert tidy.swallowed("try:\n    f()\nexcept:\n    pass\n")
    assert tidy.swallowed("try:\n    f()\nexcept KeyError:\n    pass\n") == []
    expect_none(findings(files(".py", under=CODE), tidy.swallowed))


def test_nothing_is_left_unfinished() -> None:
    assert tidy.matching(tidy.UNFINISHED, "x = 1  # " + "TO" + "DO later")
    assert tidy.matching(tidy.UNFINISHED, "good enough for " + "now")
    paths = [p for p in files(*PROSE_SUFFIXES, under=(*CODE, "static")) if p.name not in {"tidy.py", "test_tidy.py"}]
    expect_none(findings(paths + sorted(ROOT.glob("*.md")), lambda text: tidy.matching(tidy.UNFINISHED, text)))


def test_exemptions_from_the_linters_give_a_reason() -> None:
    def unexplained(source: str) -> list[str]:
        return [f for n, line in enumerate(source.splitlines(), 1) for f in tidy.matching(tidy.NO_REASON, line) if n]

    for bare in ("noqa", "noqa: S101", "type: " + "ignore", "type: " + "ignore[arg-type]"):
        assert unexplained(f"x = f()  # {bare}")
    assert unexplained("x = f()  # noqa: S101 - the fixture checks it") == []
    expect_none(findings(files(".py", under=CODE), unexplained))


def test_nothing_but_names_happens_at_import() -> None:
    """Threads, files, clocks and databases wait until somebody calls."""

    def busy(source: str) -> list[str]:
        loops = (n for n in ast.parse(source).body if isinstance(n, ast.For | ast.While | ast.With | ast.Try))
        calls = (n for n in ast.parse(source).body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call))
        # Hanging something onto a blueprint is what Flask's decorators do too.
        calls = (n for n in calls if "blueprint" not in {w.id for w in ast.walk(n) if isinstance(w, ast.Name)})
        return [f"line {n.lineno}: {ast.unparse(n).splitlines()[0]}" for n in (*loops, *calls)]

    assert busy("with open('x') as f:\n    pass\n")
    assert busy("connect()\n")
    assert busy("LIMIT = int('3')\nguard(blueprint)\n") == []
    expect_none(findings([p for p in files(".py") if p.name != "__main__.py"], busy))


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '<img src="https://cdn.example.com/a.png">',
        "<img src='//cdn.example.com/a.png'>",
        "@import url(//fonts.example.com/x.css);",
        'fetch("http://10.0.0.1/x")',
        'new WebSocket("wss://live.example.com")',
    ],
)
def test_other_hosts_are_recognised(text: str) -> None:
    assert tidy.matching(tidy.OTHER_HOST, text)


def test_pages_name_no_other_host() -> None:
    assert tidy.matching(tidy.OTHER_HOST, '<svg xmlns="http://www.w3.org/2000/svg">') == []
    assert tidy.matching(tidy.OTHER_HOST, "f(a); // never.mind") == []
    paths = files(*PAGE_SUFFIXES, under=(*tidy.FLOORS, "static", "deploy"))
    expect_none(findings(paths, lambda text: tidy.matching(tidy.OTHER_HOST, text)))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        '<p style="color: red">',
        '<button onclick="go()">',
        '<a href="javascript:go()">',
        '<button hx-on:click="go()">',
        """<a hx-vals='js:{a: b()}'>""",
    ],
)
def test_inline_code_is_recognised(text: str) -> None:
    assert tidy.inline_code(text)


def test_pages_hold_no_inline_code() -> None:
    assert tidy.inline_code('<script src="{{ asset("a.js") }}" defer></script> {# <style> #} <p class="style">') == []
    expect_none(findings(files(".html", under=(*tidy.FLOORS, "deploy")), tidy.inline_code))


@pytest.mark.parametrize(
    "text",
    [
        "<p>入库</p>",
        '<p title="入库">',
        "{{ '入库' }}",
        '{{ ui.button("入库") }}',
        "{% set a = '入库' %}",
        "<p>{{ n }} 件</p>",
    ],
)
def test_untranslated_text_is_recognised(text: str) -> None:
    assert tidy.untranslated_template(text)


@pytest.mark.parametrize(
    "text",
    [
        '<p>{{ _("入库") }}</p>',
        "{{ ui.button(_('入库'), icon='in') }}",
        '{{ ngettext("%(num)d 件", "%(num)d 件", n) }}',
        "{# 说明 #}<p>{% trans %}入库{% endtrans %}</p>",
        "<button>繁體中文</button>",
        "{{ ui.parcel('王*明') }}<p>欧***娜</p>",
    ],
)
def test_translated_text_is_left_alone(text: str) -> None:
    assert tidy.untranslated_template(text) == []


def test_every_chinese_text_of_a_page_is_translated() -> None:
    expect_none(findings(files(".html"), tidy.untranslated_template))


def test_every_message_in_python_is_translated() -> None:
    assert tidy.untranslated_python('x = "入库"')
    assert tidy.untranslated_python('x = _("入库")\ny = N_("出库")\n"""说明"""') == [f"line 3: {'说明'!r}"]
    rooms = [p for p in files(".py") if p.name in {"pages.py", "operations.py", "rules.py"}]
    expect_none(findings(rooms, tidy.untranslated_python))


# --- what comes from elsewhere ----------------------------------------------------------------------------------------


def test_vendored_files_are_the_ones_that_were_taken(tmp_path: Path) -> None:
    (tmp_path / "lib.js").write_text("let a;\n")
    (tmp_path / "new.js").write_text("let b;\n")
    (tmp_path / "VENDORED.txt").write_text("# file version licence sha256\nlib.js 1.0 MIT 00\ngone.js 1.0 MIT 00\n")
    assert len(tidy.vendored(tmp_path)) == 3
    expect_none(tidy.vendored(ROOT / "static" / "vendor"))


def test_requirements_are_pinned_and_name_no_index() -> None:
    good = "a==1.0 \\\n    --hash=sha256:00\n"
    assert tidy.loose_pins(good) == []
    for bad in (
        "a>=1.0 \\\n    --hash=sha256:00\n",
        "a==1.0\n",
        "--index-url x\n" + good,
        "-i x\n" + good,
        "a @ https://x/a.whl\n",
    ):
        assert tidy.loose_pins(bad), bad
    expect_none(tidy.loose_pins((ROOT / "requirements.txt").read_text("utf-8")))


def test_every_library_of_the_project_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + [r for extra in project["optional-dependencies"].values() for r in extra]
    names = {re.split(r"[^\w.-]", r, maxsplit=1)[0].lower().replace("_", "-") for r in wanted} - {"linqu"}
    pinned = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text("utf-8"), flags=re.MULTILINE))
    assert len(names) > 20
    assert names - pinned == set()


def test_import_contracts_cover_every_floor() -> None:
    """import-linter would be silent about a floor that it does not know."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert set(linter["root_packages"]) == set(tidy.FLOORS)
    for floor in tidy.FLOORS:
        packages = {p.parent for p in (ROOT / floor).rglob("*.py")}
        expect_none([f"{where(p)} has no __init__.py" for p in packages if not (p / "__init__.py").is_file()])
