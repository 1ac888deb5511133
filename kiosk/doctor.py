"""What ``kiosk doctor`` looks at, and how it says what it found and what to do."""

from datetime import timedelta

import msgspec

from kiosk import store as kiosk_store
from kiosk.carry import operations as carry
from kiosk.copies import operations as copies
from kiosk.copies import store as copy_store
from kiosk.copies.rules import WORDS as STICK_WORDS
from kiosk.copies.rules import StickState
from kiosk.erasure import store as erasure
from kiosk.host import Kiosk
from kiosk.sync.rules import ADVICE, Trouble
from shared.allotments.findings import kiosk_findings
from shared.kernel.clock import utc_text
from shared.kernel.limits import LOSS_SHOWN_DAYS
from shared.sync import rows, store
from shared.sync.accept import feeds_of
from shared.sync.findings import Finding
from shared.sync.journal import chain_hash
from shared.sync.redaction import content, is_redacted

FULLEST_TABLES = 5
REBUILD = "请停止程序，用 python -m kiosk restore 恢复备份；没有备份就用 python -m kiosk rebuild 从中心重建"


def examine(kiosk: Kiosk) -> list[Finding]:
    """Database, history, what waits, copies, and the digests to compare with the centre's."""
    whole = _integrity(kiosk)
    if not whole.good:
        # nothing else that is read from it would be worth a word
        return [whole]
    findings = [whole, _sizes(kiosk)]
    state = kiosk.state()
    if state is None:
        return [*findings, Finding(False, "本机还没有登记：python -m kiosk enrol --server 地址 --code 登记码")]
    findings.append(_identity(state))
    findings.append(_trouble(state))
    findings.append(_chain(kiosk))
    findings.extend(_loss(kiosk))
    findings.append(_outbox(kiosk, state))
    findings.append(_parked(kiosk))
    findings.extend(_restored(kiosk))
    findings.append(_copies(kiosk))
    findings.extend(kiosk_findings(kiosk.db, kiosk.guard))
    findings.extend(_carried(kiosk))
    findings.extend(_erased(kiosk))
    findings.extend(
        Finding(True, f"数据流 {feed} 摘要 {rows.digest(kiosk.db, kiosk.house, feed)}") for feed in feeds_of(state)
    )
    return findings


def _integrity(kiosk: Kiosk) -> Finding:
    bad = kiosk.db.damage()
    return Finding(not bad, f"数据库损坏：{bad[0]}。{REBUILD}" if bad else "数据库完整")


def _identity(state: store.SyncState) -> Finding:
    who = f"设备 {state.device}，自提点 {state.point}，设备代 {state.epoch}，服务器第 {state.generation} 代"
    return Finding(True, f"{who}，上次联系中心 {state.last_contact or '从未'}")


def _trouble(state: store.SyncState) -> Finding:
    """Why the last round failed, with the words that staff see too."""
    trouble = Trouble(state.trouble) if state.trouble in set(Trouble) else Trouble.BAD_ANSWER
    cause, step = ADVICE[trouble]
    return Finding(trouble is not Trouble.CLONE, f"同步：{cause}{step}")


def _outbox(kiosk: Kiosk, state: store.SyncState) -> Finding:
    """What waits for the centre, and what it has but keeps in no backup yet."""
    waiting, oldest = store.outbox(kiosk.db)
    text = f"待发 {waiting} 条" + (f"，最早 {oldest}" if oldest else "")
    lag = max(0, state.acked_seq - state.durable_seq)
    return Finding(True, f"{text}；中心已收 {state.acked_seq} 条，其中 {lag} 条还没有进中心的备份，本机都留着")


def _parked(kiosk: Kiosk) -> Finding:
    parked = store.open_quarantine(kiosk.db, limit=3)
    if not parked:
        return Finding(True, "隔离区 0 条")
    first = "；".join(f"第 {row['seq']} 条 {row['kind']}：{row['reason']}" for row in parked)
    count = store.count_quarantine(kiosk.db)
    return Finding(False, f"隔离区 {count} 条（{first}）。它们照样会发到中心，请运营在后台“隔离区”处理")


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


def _restored(kiosk: Kiosk) -> list[Finding]:
    """A database that was itself put back from a copy, and those that were replaced."""
    findings = []
    restore = copy_store.open_restore(kiosk.db)
    if restore is not None:
        findings.append(
            Finding(
                False,
                f"数据库在 {restore.at} 从 {restore.file} 恢复，还没有与中心联系：取件照常，限量商品先不卖。请接通网络",
            )
        )
    kept = sorted(folder.name for folder in kiosk.config.data.glob("replaced-*"))
    if kept:
        findings.append(
            Finding(True, f"保留着被替换的旧数据库 {len(kept)} 份：{'、'.join(kept)}。确认不再需要后可以删除")
        )
    return findings


def _copies(kiosk: Kiosk) -> Finding:
    """The second copy on the stick."""
    state, last = copies.stick_state(kiosk, kiosk.clock.now()), copy_store.stick_copy(kiosk.db)
    said, step = STICK_WORDS[state]
    when = f"最新一份 {utc_text(last.at)}，到第 {last.seq} 条，{last.file}。" if last else ""
    return Finding(state in (StickState.OK, StickState.OFF), f"{said}{when}{step}")


def _carried(kiosk: Kiosk) -> list[Finding]:
    last = carry.waiting_answer(kiosk)
    if last is None:
        return []
    return [Finding(True, f"{last.made_at} 用 U 盘带出的第 {last.number} 号文件（{last.facts} 条）还没有取回回复")]


def _erased(kiosk: Kiosk) -> list[Finding]:
    left = erasure.unfinished(kiosk.db)
    if not left:
        return []
    until = max(one.until_seq for one in left)
    return [Finding(True, f"{len(left)} 位已删除的居民还留在待发的记录里，发到第 {until} 条后自动清除")]


def _sizes(kiosk: Kiosk) -> Finding:
    """How much lies here: the fullest tables, so that growth is seen before the disk is full."""
    counts = sorted(((table.count, table.name) for table in kiosk.db.tools.tables), reverse=True)
    fullest = "、".join(f"{name} {count}" for count, name in counts[:FULLEST_TABLES] if count)
    megabytes = sum(path.stat().st_size for path in kiosk.config.data.glob("kiosk.db*")) / 1_000_000
    return Finding(True, f"数据库 {megabytes:.1f} MB，{len(counts)} 张表，行数最多：{fullest or '全空'}")


def _chain(kiosk: Kiosk) -> Finding:
    """Hash every kept fact again and compare with what was written, from where the kept ones begin."""
    state = kiosk.enrolled_state()
    seq, before, redacted = state.base_seq, store.fact_hash(kiosk.db, state.base_seq), 0
    for fact in store.facts_after(kiosk.db, 0):
        payload = bytes(fact["payload"])
        hashed = chain_hash(before, fact["kind"], fact["at"], fact["actor"], payload)
        if hashed != bytes(fact["hash"]) or fact["seq"] != seq + 1:
            return Finding(False, f"事实链在第 {fact['seq']} 条断开。{REBUILD}")
        msgspec.msgpack.decode(content(payload))
        redacted += is_redacted(payload)
        seq, before = seq + 1, hashed
    if seq < state.acked_seq:
        return Finding(
            False, f"中心已收到第 {state.acked_seq} 条，本机只到第 {seq} 条：联网后自动补齐，此前限量商品先不卖"
        )
    dropped = f"，更早的 {state.base_seq} 条已在中心备份中、本机不再保留" if state.base_seq else ""
    blanked = f"，其中 {redacted} 条已隐去个人信息" if redacted else ""
    return Finding(True, f"事实链完整，{seq - state.base_seq} 条{blanked}{dropped}")
