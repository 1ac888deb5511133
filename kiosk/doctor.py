"""What ``kiosk doctor`` looks at, and how it says what it found."""

from datetime import timedelta

import msgspec

from kiosk import store as kiosk_store
from kiosk.host import Kiosk
from shared.kernel.clock import utc_text
from shared.kernel.limits import LOSS_SHOWN_DAYS
from shared.sync import rows, store
from shared.sync.accept import feeds_of
from shared.sync.findings import Finding
from shared.sync.journal import chain_hash

FULLEST_TABLES = 5
REBUILD = "请停止程序，用 python -m kiosk restore 恢复备份；没有备份就用 python -m kiosk rebuild 从中心重建"


def examine(kiosk: Kiosk) -> list[Finding]:
    """Database, keys, chain, outbox, quarantine, and the digests to compare with the centre's."""
    findings = [_integrity(kiosk), _sizes(kiosk)]
    state = kiosk.state()
    if state is None:
        return [*findings, Finding(False, "本机还没有登记：python -m kiosk enrol --server 地址 --code 登记码")]
    findings.append(
        Finding(True, f"设备 {state.device}，自提点 {state.point}，上次联系中心 {state.last_contact or '从未'}")
    )
    findings.append(_chain(kiosk))
    findings.extend(_loss(kiosk))
    waiting, oldest = store.outbox(kiosk.db)
    findings.append(Finding(True, f"待发 {waiting} 条" + (f"，最早 {oldest}" if oldest else "")))
    parked = store.count_quarantine(kiosk.db)
    findings.append(Finding(parked == 0, f"隔离区 {parked} 条" + ("，需要处理" if parked else "")))
    findings.extend(
        Finding(True, f"数据流 {feed} 摘要 {rows.digest(kiosk.db, kiosk.house, feed)}") for feed in feeds_of(state)
    )
    return findings


def _integrity(kiosk: Kiosk) -> Finding:
    bad = kiosk.db.damage()
    return Finding(not bad, f"数据库损坏：{bad[0]}。{REBUILD}" if bad else "数据库完整")


def _loss(kiosk: Kiosk) -> list[Finding]:
    """Confirmed facts that are gone: the write-ahead log was lost or damaged, or an older database was put here."""
    loss = kiosk_store.last_loss(kiosk.db)
    if loss is None:
        return []
    gone = f"第 {loss.had_seq + 1} 到 {loss.newest_seq} 条记录丢失" if loss.missing else "最近的改动丢失，没有少记录"
    gone = f"数据库日志损坏或丢失，本机{gone}（{loss.found_at} 发现）"
    if loss.settled_at is None:
        return [Finding(False, f"{gone}：联网后由中心补发；其中 {loss.unsent} 条中心还没有收到")]
    if not loss.unsent:
        return [Finding(True, f"{gone}，中心已全部补发")]
    fresh = loss.settled_at > utc_text(kiosk.clock.now() - timedelta(days=LOSS_SHOWN_DAYS))
    return [Finding(not fresh, f"{gone}，中心已补发它有的；{loss.unsent} 条中心没有收到过：请对照货架核对包裹")]


def _sizes(kiosk: Kiosk) -> Finding:
    """How much lies here: the fullest tables, so that growth is seen before the disk is full."""
    counts = sorted(((table.count, table.name) for table in kiosk.db.tools.tables), reverse=True)
    fullest = "、".join(f"{name} {count}" for count, name in counts[:FULLEST_TABLES] if count)
    megabytes = sum(path.stat().st_size for path in kiosk.config.data.glob("kiosk.db*")) / 1_000_000
    return Finding(True, f"数据库 {megabytes:.1f} MB，{len(counts)} 张表，行数最多：{fullest or '全空'}")


def _chain(kiosk: Kiosk) -> Finding:
    """Hash every kept fact again and compare with what was written."""
    kept = store.facts_after(kiosk.db, 0)
    before = store.START_OF_CHAIN
    for index, fact in enumerate(kept):
        if index == 0 and fact["seq"] > 1:
            before = bytes(fact["hash"])
            continue
        hashed = chain_hash(before, fact["kind"], fact["at"], fact["actor"], bytes(fact["payload"]))
        if hashed != bytes(fact["hash"]) or (index and fact["seq"] != kept[index - 1]["seq"] + 1):
            return Finding(False, f"事实链在第 {fact['seq']} 条断开：请联系运营")
        msgspec.msgpack.decode(bytes(fact["payload"]))
        before = hashed
    return Finding(True, f"事实链完整，{len(kept)} 条")
