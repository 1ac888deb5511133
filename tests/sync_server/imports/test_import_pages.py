"""Imports as operators do them: upload, look, confirm."""

import io
from datetime import date
from pathlib import Path

import pytest

from deploy.demo.import_files import write_all
from deploy.demo.neighbourhood import generate
from tests.sync_server.happenings import cells
from tests.sync_server.opening import Desk


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_all(folder, generate(7, date(2026, 11, 22)))
    return folder


def upload(desk: Desk, kind: str, name: str, data: bytes) -> str:
    answer = desk.post(
        "/console/imports", {"kind": kind, "file": (io.BytesIO(data), name)}, content_type="multipart/form-data"
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_upload_preview_confirm(signed_in: Desk, files: Path) -> None:
    where = upload(signed_in, "goods", "goods.csv", (files / "goods.csv").read_bytes())
    page = signed_in.get(where).text
    assert "确认导入 264 项" in page
    assert "章丘大葱" in page
    assert signed_in.post(f"{where}/confirmation").status_code == 303
    assert "已导入" in signed_in.get(where).text
    assert "goods.csv" in signed_in.get("/console/imports").text


def test_problems_are_shown_row_by_row_and_as_a_file(signed_in: Desk) -> None:
    bad = "手机号,姓名,自提点\n123,王小明,JN-HL01\n13800001234,=cmd,JN-HL01\n".encode()
    where = upload(signed_in, "residents", "../../etc/passwd.csv", bad)
    page = signed_in.get(where).text
    assert "2 行有问题" in page
    assert "passwd.csv" in page
    assert "../" not in page
    assert signed_in.post(f"{where}/confirmation").status_code == 422
    exported = cells(signed_in.get(f"{where}/problems.csv").text)
    assert [row[0] for row in exported[1:]] == ["2", "3"]
    assert exported[2][2] == "'=cmd"
    assert signed_in.post(f"{where}/discarding").status_code == 303
    assert signed_in.get(where).status_code == 422


def test_an_upload_may_be_larger_than_a_form_but_not_endless(signed_in: Desk) -> None:
    rows = "".join(f"138{n:08d},王小明,JN-HL01\n" for n in range(45_000)).encode()
    assert len(rows) > 1024 * 1024
    upload(signed_in, "residents", "r.csv", "手机号,姓名,自提点\n".encode() + rows)
    token = {"csrf_token": signed_in.csrf(), "kind": "residents"}
    huge = {**token, "file": (io.BytesIO(bytes(9 * 1024 * 1024)), "huge.csv")}
    assert signed_in.client.post("/console/imports", data=huge, content_type="multipart/form-data").status_code == 413
    large = {**token, "file": (io.BytesIO(bytes(2 * 1024 * 1024)), "large.csv")}
    signed_in.post("/console/session/end")
    assert signed_in.client.post("/console/imports", data=large, content_type="multipart/form-data").status_code == 413


def test_a_file_that_cannot_be_read_is_explained_beside_the_form(signed_in: Desk) -> None:
    data = {"kind": "goods", "file": (io.BytesIO(b"%PDF-1.7"), "goods.pdf")}
    answer = signed_in.post("/console/imports", data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "这不是表格文件" in answer.text
    assert 'type="file"' in answer.text
    assert signed_in.post("/console/imports", {"kind": "goods"}).status_code == 400


@pytest.mark.parametrize("language", ["zh_Hans_CN", "zh_Hant_TW", "en"])
def test_the_sample_files_can_be_imported(signed_in: Desk, language: str) -> None:
    signed_in.post("/language", {"lang": language})
    for kind in ("goods", "residents", "orders"):
        data = signed_in.get(f"/console/imports/samples/{kind}.csv").data
        where = upload(signed_in, kind, f"{kind}.csv", data)
        assert "IMPORT_PROBLEMS" not in signed_in.get(where).text
        assert signed_in.post(f"{where}/confirmation").status_code == 303
        assert signed_in.get(where).status_code == 200
