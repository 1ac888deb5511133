"""What the centre's doctor says about lives, forks, backups and the ledger."""

from collections.abc import Callable
from pathlib import Path

from kiosk.config import read_config
from kiosk.copies import operations as copies
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rules import Trouble
from shared.kernel.clock import SystemClock
from shared.sync import quarantine, store
from sync_server import backups, life
from sync_server.doctor import examine, examine_rebuild
from sync_server.host import Centre
from sync_server.ledger import FILE as LEDGER
from tests.carry.test_stick import receive, shelf
from tests.kiosk.sync.conftest import POINT, RunningCentre, claim_code
from tests.kiosk.sync.test_rounds_over_http import round_of
from tests.life.test_backups import PG_DUMP


def said(centre: Centre, *, good: bool) -> str:
    return "\n".join(finding.text for finding in examine(centre) if finding.good is good)


def test_forks_are_told_with_their_cause_and_the_journal_still_joins(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    centre = running_centre.centre
    shelf(running_centre)
    round_of(kiosk)
    assert "没有分叉的设备历史" in said(centre, good=True)
    receive(kiosk, "SF0000000000001")
    round_of(kiosk)
    copies.back_up(kiosk, tmp_path / "copy")
    receive(kiosk, "SF0000000000002")
    round_of(kiosk)
    kiosk.db.close()
    copies.restore(kiosk.config, tmp_path / "copy", SystemClock(), older=True)
    back = open_kiosk(kiosk.config)
    receive(back, "SF0000000000003")
    assert round_of(back) is Trouble.NONE
    receive(back, "SF0000000000004")
    assert round_of(back) is Trouble.NONE
    back.db.close()
    told = said(centre, good=True)
    assert "设备历史分叉 1 次：终端从备份恢复过 1 次（K1 从第 1 条分出" in told
    assert "都已接上或处理" in told
    assert said(centre, good=False) == ""
    (tmp_path / "rebuilt").mkdir()
    rebuilt = examine_rebuild(centre, tmp_path / "rebuilt")
    assert rebuilt.good, rebuilt.text


def test_a_copied_card_is_told_until_somebody_has_looked(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    shelf(running_centre)
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    round_of(kiosk)
    kiosk.db.close()
    environ = {"LINQU_DATA": str(kiosk.config.data), "LINQU_HARDWARE": "another machine"}
    clone = open_kiosk(read_config(environ))
    receive(clone, "SF0000000000002")
    assert round_of(clone) is Trouble.CLONE
    clone.db.close()
    told = said(running_centre.centre, good=False)
    assert "存储卡被搬到或复制到另一台机器，记录已隔离 1 次" in told
    assert "其中 1 条分支等人处理" in told
    centre = running_centre.centre
    (parked,) = store.open_quarantine(centre.db)
    with centre.journal.writing(POINT) as tx:
        quarantine.discard(
            centre.journal, tx, POINT, parked["device"], parked["epoch"], parked["seq"], "复制的卡", "op"
        )
    assert said(centre, good=False) == ""


def test_backups_lives_and_the_ledger_are_told(
    kiosk: Kiosk, new_kiosk: Callable[[str], Kiosk], running_centre: RunningCentre, tmp_path: Path
) -> None:
    centre = running_centre.centre
    object.__setattr__(centre.config, "pg_dump", PG_DUMP)
    shelf(running_centre)
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    round_of(kiosk)
    backups.back_up(centre, tmp_path / "backup")
    receive(kiosk, "SF0000000000002")
    round_of(kiosk)
    told = said(centre, good=True)
    assert "终端记录 2 条，其中 1 条是上次备份之后的" in told
    assert "登记簿 1 行" in told
    life.begin(centre.db, centre.config.data)
    assert "服务器第 2 代" in said(centre, good=True)
    (centre.config.data / life.FILE).write_text('{"generation":7,"mark":0}')
    assert "放回了旧数据库。请重启服务" in said(centre, good=False)
    (centre.config.data / LEDGER).unlink()
    assert "登记簿里没有 K1" in said(centre, good=False)
    second = new_kiosk(running_centre.url)
    enrol(second, running_centre.url, claim_code(centre))
    assert "登记簿 1 行" in said(centre, good=True)
