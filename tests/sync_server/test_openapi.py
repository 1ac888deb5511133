"""The description of the API is that of the API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sync_server
from sync_server.app import make_app
from sync_server.config import read_config
from sync_server.host import init_centre, open_centre
from sync_server.openapi import document

FILE = Path(sync_server.__file__).with_name("openapi.json")


def references(value: Any) -> Iterator[str]:
    """Every ``$ref`` in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_file_is_what_the_command_prints() -> None:
    """``python -m sync_server openapi > sync_server/openapi.json`` after a change."""
    assert json.loads(FILE.read_text("utf-8")) == json.loads(json.dumps(document()))


def test_every_reference_leads_somewhere() -> None:
    """A reader's tool must find all it is pointed to."""
    known = document()["components"]["schemas"]
    named = set(references(document()))
    assert len(named) > 10
    assert {name for name in named if name.removeprefix("#/components/schemas/") not in known} == set()


def test_every_route_for_programs_is_described_and_no_other(tmp_path: Path) -> None:
    """A route that is added without words here turns this red."""
    config = read_config({"LINQU_DATA": str(tmp_path)})
    init_centre(config)
    centre = open_centre(config)
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in make_app(centre).url_map.iter_rules()
        if rule.rule.startswith("/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    centre.db.close()
    described = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert served == described
