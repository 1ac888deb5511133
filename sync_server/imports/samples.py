"""Two rows for each kind of file, to write over; the phone numbers belong to nobody (0000 in the middle)."""

from sync_server.imports.columns import ImportKind

SAMPLES: dict[ImportKind, tuple[tuple[str, ...], ...]] = {
    ImportKind.GOODS: (
        ("SC001", "章丘大葱", "", "蔬菜", "5斤/捆", "12.80", "山东济南章丘", "", "常温", ""),
        ("RP002", "巴氏鲜牛奶", "", "乳品冷饮", "950毫升/瓶", "15.90", "山东济南", "", "冷藏", ""),
    ),
    ImportKind.RESIDENTS: (
        ("13800001234", "王小明", "JN-HL01"),
        ("13900005678", "李华", "JN-HL01"),
    ),
    ImportKind.ORDERS: (
        ("DD26112000001", "13800001234", "JN-HL01", "SC001", "2", "2026-11-20 18:30", "LQ2611200000101"),
        ("DD26112000001", "13800001234", "JN-HL01", "RP002", "1", "2026-11-20 18:30", "LQ2611200000101"),
    ),
}
