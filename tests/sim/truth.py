"""What was really sold. It is written down beside the product: no restore takes a bag out of a resident's hands."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Truth:
    """Units that residents have: by order, from which lot of which holder. ``totals``: the most there ever was."""

    units: dict[str, dict[str, int]] = field(default_factory=dict)
    holder: dict[str, tuple[str, str]] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    totals: dict[str, int] = field(default_factory=dict)

    def sold(self, order: str, holder: tuple[str, str], units: dict[str, int]) -> None:
        """Somebody walked away with it."""
        self.units[order], self.holder[order] = units, holder

    def gone(self) -> Counter[str]:
        """Units of each offer that residents have."""
        found: Counter[str] = Counter()
        for order, units in self.units.items():
            if order not in self.back:
                found.update(units)
        return found

    def counted(self, offer: str, device: str, lot: str) -> int:
        """What a person finds who counts what one lot sold."""
        mine = (order for order, holder in self.holder.items() if holder == (device, lot) and order not in self.back)
        return sum(self.units[order].get(offer, 0) for order in mine)
