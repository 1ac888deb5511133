"""What ``doctor`` finds about stock rights, at a kiosk and at the centre, and what to do about it."""

from shared.allotments import pools, reports, standing, store
from shared.allotments.guard import GuardFile
from shared.allotments.rules import FROZEN_WORDS, Frozen
from shared.db.database import Reads
from shared.sync.findings import Finding

SHOWN = 5


def kiosk_findings(db: Reads, guard: GuardFile) -> list[Finding]:
    """Whether this kiosk may sell, and how much."""
    now = standing.standing(db, guard)
    if now.frozen is Frozen.NO_GUARD and not store.rights(db):
        return [Finding(True, "还没有配额：联网同步后才能在柜台销售")]
    if now.frozen is not None:
        return [Finding(False, f"柜台暂停销售：{FROZEN_WORDS[now.frozen]}请联网同步一次，之后自动恢复")]
    known = [row for row in store.rights(db) if row.lot == now.lot]
    free = sum(max(0, now.highest(row.offer, row.counters).right) for row in known)
    return [Finding(True, f"额度护卫完好（批次 {now.lot}）：{len(known)} 个商品，共可售 {free} 件")]


def centre_findings(db: Reads) -> list[Finding]:
    """Whether the pools agree with their holders, who is awaited after a restore, what waits for a count."""
    known = store.pools(db)
    if not known:
        return []
    broken = reports.broken_pools(db)
    findings = [
        Finding(
            not broken,
            f"余量与配额不符：{'、'.join(broken[:SHOWN])}" if broken else f"{len(known)} 个商品的余量与配额相符",
        )
    ]
    generation = pools.generation_of(db)
    for region in sorted({pool.region for pool in known if pool.generation < generation}):
        absent = pools.missing(db, region, generation, SHOWN)
        if absent:
            who = "、".join(one.device for one in absent)
            findings.append(
                Finding(
                    False,
                    f"区域 {region} 在第 {generation} 代还没有对完账，暂停分配：等待 {who}。失联的设备请在后台清点核销",
                )
            )
    over = [pool for pool in known if pool.free < 0]
    if over:
        text = "、".join(f"{pool.offer} 多 {-pool.free} 件" for pool in over[:SHOWN])
        findings.append(Finding(False, f"占用超过总量：{text}。请核对实物，必要时提高总量或联系居民退款"))
    risky = [share for region in sorted({pool.region for pool in known}) for share in reports.at_risk_in(db, region)]
    if risky:
        units = sum(max(0, share.counters.right) for share in risky)
        findings.append(Finding(False, f"{len(risky)} 笔配额处于风险中，共 {units} 件：请在后台清点核销"))
    return findings
