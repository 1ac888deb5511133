"""What ``sync_server doctor`` looks at, and how it says what it found."""

from pathlib import Path

from shared.db import open_sqlite
from shared.sync import store
from shared.sync.findings import Finding
from shared.sync.journal import chain_hash
from shared.sync.rebuild import differences, rebuild
from shared.sync.wire import unpack_batch
from sync_server.host import Centre


def examine(centre: Centre) -> list[Finding]:
    """Life of the database, the chains of the journal, quarantine."""
    life = store.server_life(centre.db)
    parked = store.count_quarantine(centre.db)
    return [
        Finding(life is not None, f"服务器代 {life[0]}" if life else "中心还没有初始化"),
        _chains(centre),
        Finding(parked == 0, f"隔离区 {parked} 条" + ("，需要处理" if parked else "")),
    ]


def _chains(centre: Centre) -> Finding:
    """Hash every fact of the journal again, device by device."""
    count = 0
    for point in store.journal_points(centre.db):
        heads: dict[tuple[str, str], tuple[int, bytes]] = {}
        after = 0
        while batches := store.journal_rows(centre.db, point, after):
            for batch in batches:
                seq, chain = heads.get((batch.device, batch.epoch), (0, store.START_OF_CHAIN))
                first_seq, lines = unpack_batch(batch.body)
                for line in lines:
                    chain = chain_hash(chain, line.kind, line.at, line.actor, line.payload)
                if first_seq != seq + 1 or chain != bytes(batch.chain_after):
                    return Finding(False, f"日志 {point} 第 {batch.number} 批与其校验不符")
                heads[(batch.device, batch.epoch)] = (seq + len(lines), chain)
                count += len(lines)
                after = batch.number
    return Finding(True, f"日志完整，{count} 条事实")


def examine_rebuild(centre: Centre, folder: Path) -> Finding:
    """Replay the journal into an empty database and compare each feed's digest with what stands here."""
    empty = open_sqlite(folder / "rebuilt.db", key=None, authoritative=True)
    count = rebuild(centre.db, centre.house, empty)
    wrong = differences(centre.db, empty, centre.house)
    empty.close()
    if wrong:
        return Finding(False, f"重放 {count} 条事实后，{len(wrong)} 个数据流不一致：{'、'.join(wrong[:5])}")
    return Finding(True, f"重放 {count} 条事实，所有数据行一致")
