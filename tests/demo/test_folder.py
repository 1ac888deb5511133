"""The demo's folder: thrown away before the next demo, never while one runs, never what the demo has not made."""

from datetime import date
from pathlib import Path

import pytest

from deploy.demo.folder import FolderTaken, Kept, demo_folder, read_kept, write_kept

KEPT = Kept(7, date(2026, 11, 22), "secret words", {"JN-HL01": 40001, "JN-YZ01": 40002})


def test_a_new_demo_begins_in_an_empty_folder(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "demo", keep=False) as folder:
        (folder / "old.db").write_text("old")
    with demo_folder(tmp_path / "demo", keep=False) as folder:
        assert not (folder / "old.db").exists()


def test_a_finished_town_can_be_gone_on_with(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "demo", keep=False) as folder:
        write_kept(folder, KEPT)
        (folder / "centre.db").write_text("rows")
    with demo_folder(tmp_path / "demo", keep=True) as folder:
        assert read_kept(folder) == KEPT
        assert (folder / "centre.db").read_text() == "rows"


def test_a_town_that_never_was_finished_is_thrown_away(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "demo", keep=False) as folder:
        (folder / "centre.db").write_text("half")
    with demo_folder(tmp_path / "demo", keep=True) as folder:
        assert read_kept(folder) is None
        assert not (folder / "centre.db").exists()


def test_only_the_owner_may_read_the_password(tmp_path: Path) -> None:
    write_kept(tmp_path, KEPT)
    assert (tmp_path / "town.json").stat().st_mode & 0o077 == 0


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "demo", keep=False) as folder:
        (folder / "rows.db").write_text("rows")
        with pytest.raises(FolderTaken, match="another demo"), demo_folder(folder, keep=False):
            raise AssertionError("both hold the folder")
        assert (folder / "rows.db").exists()
    with demo_folder(folder, keep=False):
        assert not (folder / "rows.db").exists()


def test_what_the_demo_has_not_made_is_never_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("dear")
    with pytest.raises(FolderTaken, match="has not made"), demo_folder(tmp_path, keep=False):
        raise AssertionError("a foreign folder was taken")
    assert (tmp_path / "holiday.jpg").exists()
