"""What ``sync_server doctor`` looks at, and how it says what it found and what to do."""

from collections import Counter
from pathlib import Path

from shared.allotments.findings import centre_findings
from shared.db import Database, SqliteDatabase, open_sqlite
from shared.devices import store as devices
from shared.residents import store as residents
from shared.sync import store
from shared.sync.findings import Finding
from shared.sync.journal import CENTRE_DEVICE, chain_hash
from shared.sync.rebuild import differences, rebuild
from shared.sync.redaction import is_redacted
from shared.sync.rejoin import Why
from shared.sync.wire import FactLine, unpack_batch
from sync_server import life
from sync_server.host import Centre

LANES_SHOWN = 5
FACTS_WITHOUT_BACKUP = 1_000
WHY = {
    Why.RESTORED: "终端从备份恢复过",
    Why.CENTRE_RESTORED: "中心从备份恢复过",
    Why.LOST: "中心丢失了它较早的记录",
    Why.CLONE: "存储卡被搬到或复制到另一台机器，记录已隔离",
}


def examine(centre: Centre) -> list[Finding]:
    """Life and file of the database, journal, histories, quarantine, backups, ledger."""
    now = store.server_life(centre.db)
    if now is None:
        return [Finding(False, "中心还没有初始化：python -m sync_server init")]
    lanes = store.all_lanes(centre.db)
    return [
        *_file(centre),
        _life(centre, now),
        _chains(centre),
        *_branches(centre, lanes),
        _parked(centre),
        _durable(lanes),
        *_ledger(centre),
        *_erasures(centre),
        *centre_findings(centre.db),
    ]


def _file(centre: Centre) -> list[Finding]:
    if not isinstance(centre.db, SqliteDatabase):
        return [_parts(centre.db)]
    bad = centre.db.damage()
    step = "请停止服务，用 python -m sync_server restore 恢复最近的备份；之后的记录由各终端补发"
    return [Finding(not bad, f"数据库损坏：{bad[0]}。{step}" if bad else "数据库完整")]


def _parts(db: Database) -> Finding:
    """Whether PostgreSQL keeps what grows in parts; a database that was made whole goes on as it is."""
    from shared.db.postgres import PostgresDatabase

    parts = db.partitions() if isinstance(db, PostgresDatabase) else {}
    if not parts:
        return Finding(True, "数据表没有按自提点分区，照常使用；新建数据库时由 LINQU_PARTITIONS 决定")
    return Finding(True, f"{len(parts)} 张数据表按自提点分区，每张 {max(parts.values())} 个分区")


def _life(centre: Centre, now: store.ServerLife) -> Finding:
    reached = life.read_reached(centre.config.data)
    text = f"服务器第 {now.generation} 代，自身设备代 {now.epoch}，标记 {now.mark}"
    if reached is None:
        return Finding(True, f"{text}；数据目录里还没有 life.json，启动一次服务后会有")
    if (now.generation, now.mark) < (reached.generation, reached.mark):
        return Finding(
            False, f"{text}，但 life.json 已到第 {reached.generation} 代标记 {reached.mark}：放回了旧数据库。请重启服务"
        )
    behind = [
        device.id for device in devices.devices(centre.db) if _is_behind(device.revoked_at, device.generation, now)
    ]
    if behind:
        return Finding(True, f"{text}；{len(behind)} 台终端还没有和这一代对账：{'、'.join(behind[:LANES_SHOWN])}")
    return Finding(True, text)


def _is_behind(revoked_at: str | None, generation: int, now: store.ServerLife) -> bool:
    return revoked_at is None and 0 < generation < now.generation


Ends = dict[tuple[str, str], tuple[int, bytes]]


def _chains(centre: Centre) -> Finding:
    """Hash every fact of the journal again, and see that the rows of each history join."""
    count = redacted = 0
    for point in store.journal_points(centre.db):
        ends: Ends = {}
        after = 0
        while batches := store.journal_rows(centre.db, point, after):
            for batch in batches:
                lines = unpack_batch(batch.body)[1]
                if not _follows(batch, lines, ends):
                    return Finding(False, f"日志 {point} 第 {batch.number} 批与其校验不符：请从备份恢复")
                redacted += sum(is_redacted(line.payload) for line in lines)
                count += len(lines)
                after = batch.number
    return Finding(True, f"日志完整，{count} 条事实" + (f"，其中 {redacted} 条已隐去个人信息" if redacted else ""))


def _follows(batch: store.JournalRow, lines: list[FactLine], ends: Ends) -> bool:
    """Whether a row's facts give the hash it names, and go on where the row before it in its lane ended.

    Facts that another lane of the device holds already are not written twice, so numbers may jump ahead.
    """
    lane = (batch.device, batch.epoch)
    seq, end = ends.get(lane, (0, store.START_OF_CHAIN))
    chain = end if batch.chain_before is None else bytes(batch.chain_before)
    joined = batch.first_seq > seq + 1 or (batch.first_seq == seq + 1 and chain == end)
    for line in lines:
        chain = chain_hash(chain, line.kind, line.at, line.actor, line.payload)
    ends[lane] = (batch.first_seq + len(lines) - 1, chain)
    return joined and chain == bytes(batch.chain_after) and len(lines) == batch.n


def _branches(centre: Centre, lanes: list[store.Lane]) -> list[Finding]:
    """Histories that forked, in words; bad while facts of a parked one wait for a person."""
    forked = [lane for lane in lanes if lane.why]
    if not forked:
        return [Finding(True, "没有分叉的设备历史")]
    by_why = Counter(WHY.get(Why(lane.why), lane.why) for lane in forked)
    said = "；".join(f"{why} {count} 次" for why, count in by_why.items())
    shown = "、".join(f"{lane.device} 从第 {lane.parent_seq} 条分出 {lane.epoch}" for lane in forked[-LANES_SHOWN:])
    waiting = {(row["point"], row["device"], row["epoch"]) for row in store.open_quarantine(centre.db)}
    parked = sum(1 for lane in forked if lane.parked and (lane.point, lane.device, lane.epoch) in waiting)
    step = f"。其中 {parked} 条分支等人处理：后台“隔离区”" if parked else "，都已接上或处理"
    return [Finding(parked == 0, f"设备历史分叉 {len(forked)} 次：{said}（{shown}）{step}")]


def _parked(centre: Centre) -> Finding:
    count = store.count_quarantine(centre.db)
    if not count:
        return Finding(True, "隔离区 0 条")
    first = "；".join(
        f"{row['point']} {row['device']} 第 {row['seq']} 条：{row['reason']}"
        for row in store.open_quarantine(centre.db, limit=3)
    )
    return Finding(False, f"隔离区 {count} 条（{first}）。请在后台“隔离区”重试或写明理由忽略")


def _durable(lanes: list[store.Lane]) -> Finding:
    """How much of the histories lies in a backup."""
    held = sum(lane.seq - lane.parent_seq for lane in lanes if lane.device != CENTRE_DEVICE)
    lag = sum(
        max(0, lane.seq - max(lane.durable_seq, lane.parent_seq)) for lane in lanes if lane.device != CENTRE_DEVICE
    )
    if not held:
        return Finding(True, "还没有终端的记录")
    if lag == held and held > FACTS_WITHOUT_BACKUP:
        return Finding(False, f"{held} 条终端记录一条也不在备份里：请运行 python -m sync_server backup --daily 文件夹")
    return Finding(True, f"终端记录 {held} 条，其中 {lag} 条是上次备份之后的（终端都还留着）")


def _ledger(centre: Centre) -> list[Finding]:
    """Whether the ledger beside the database knows every device that the database trusts."""
    read = centre.ledger.read()
    known = {line.device for line in read.lines if hasattr(line, "device")}
    missing = [one.id for one in devices.devices(centre.db) if one.revoked_at is None and one.id not in known]
    findings = [
        Finding(True, f"登记簿 {len(read.lines)} 行" + (f"，{read.bad} 行读不出（断电时写了一半）" if read.bad else ""))
    ]
    if missing:
        findings.append(
            Finding(
                False, f"登记簿里没有 {'、'.join(missing[:LANES_SHOWN])}：数据目录换过？请把原来的 ledger.jsonl 放回"
            )
        )
    return findings


def _erasures(centre: Centre) -> list[Finding]:
    behind = [
        point
        for point in residents.points_with_erasures(centre.db)
        if residents.swept(centre.db, point) < store.journal_newest(centre.db, point)
    ]
    # the centre's own facts come without a push; they are searched at the next one, and at the next start
    return (
        [Finding(True, f"{len(behind)} 个自提点的历史还要再查一遍已删除的居民，下次启动时自动完成")] if behind else []
    )


def examine_rebuild(centre: Centre, folder: Path) -> Finding:
    """Replay the journal into an empty database and compare each feed's digest with what stands here."""
    empty = open_sqlite(folder / "rebuilt.db", key=None, authoritative=True)
    count = rebuild(centre.db, centre.house, empty)
    wrong = differences(centre.db, empty, centre.house)
    empty.close()
    if wrong:
        return Finding(False, f"重放 {count} 条事实后，{len(wrong)} 个数据流不一致：{'、'.join(wrong[:5])}")
    return Finding(True, f"重放 {count} 条事实，所有数据行一致")
