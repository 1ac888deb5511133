"""Money is integer fen. It becomes yuan only where a person reads or types it."""

import re
import unicodedata
from decimal import Decimal

_YUAN = re.compile(r"¥?\s*([0-9]{1,9})(?:\.([0-9]{1,2}))?\s*元?")


def yuan(fen: int) -> str:
    """``1230`` → ``¥12.30``; negative amounts carry the sign in front."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100}.{abs(fen) % 100:02d}"


def parse_yuan(text: str) -> int:
    """``12.3``, ``¥12.30`` or ``12.30元`` (full-width digits too) → fen.

    Raises ``ValueError`` for anything else, e.g. three decimals.
    """
    match = _YUAN.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        raise ValueError(f"not an amount in yuan: {text!r}")
    return int(Decimal(f"{match[1]}.{match[2] or 0}") * 100)
