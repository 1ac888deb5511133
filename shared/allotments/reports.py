"""Where every unit of an offer is, for operators."""

from dataclasses import dataclass

from shared.allotments import pools, store
from shared.allotments.pools import Missing
from shared.allotments.rules import AT_RISK, Counters, Offer, Pool, Share, committed
from shared.db.database import Reads
from shared.devices import store as devices


@dataclass(frozen=True, slots=True)
class ShareLine:
    """What one holder has of an offer. ``point`` is empty for phone sales of a server installation.

    ``silent_since``: UTC text of its last contact; None when it was never heard of, or is an installation.
    """

    share: Share
    silent_since: str | None
    revoked: bool

    @property
    def counters(self) -> Counters:
        """Granted, sold, returned, undone."""
        return self.share.counters

    @property
    def free(self) -> int:
        """Units it may still sell, as far as the centre has heard."""
        return max(0, self.counters.right)

    @property
    def phone(self) -> bool:
        """Whether these are phone sales."""
        return not self.share.point

    @property
    def at_risk(self) -> int:
        """Units that it may have sold without having told, and nobody has counted."""
        return self.free if self.share.state in AT_RISK else 0


@dataclass(frozen=True, slots=True)
class OfferReport:
    """Every unit of an offer: ``free`` in the pool, ``at_points`` to be sold there, ``gone``, ``at_risk``.

    ``free + at_points + at_risk + gone`` is the total, but for units whose holder counts more sold than granted.
    ``free`` below zero: so many more than the total were promised or sold. ``missing``: whose word a frozen offer waits
    for. ``consistent``: the pool agrees with the sum over its holders.
    """

    offer: Offer
    pool: Pool
    lines: list[ShareLine]
    frozen: bool
    missing: list[Missing]
    consistent: bool

    @property
    def free(self) -> int:
        """Units in the pool."""
        return self.pool.free

    @property
    def at_points(self) -> int:
        """Units that points may still sell by themselves."""
        return sum(line.free for line in self.lines if line.share.state not in AT_RISK)

    @property
    def at_risk(self) -> int:
        """Units whose holder is silent for ever and has not been counted."""
        return sum(line.at_risk for line in self.lines)

    @property
    def gone(self) -> int:
        """Units sold, less those undone."""
        return sum(line.counters.gone for line in self.lines)


@dataclass(frozen=True, slots=True)
class OfferSummary:
    """One line of the list of offers."""

    offer: Offer
    pool: Pool
    frozen: bool


def offer_report(db: Reads, offer_id: str) -> OfferReport | None:
    """Where every unit of an offer is; None when there is no such offer."""
    pool = store.pool(db, offer_id)
    offer = store.offer(db, pool.region, offer_id) if pool else None
    if pool is None or offer is None:
        return None
    generation = pools.generation_of(db)
    missing = pools.missing(db, pool.region, generation) if pool.generation < generation else []
    shares = store.shares(db, offer_id)
    known = {one: devices.device(db, one) for one in {share.device for share in shares}}
    lines = []
    for share in shares:
        device = known[share.device]
        lines.append(
            ShareLine(
                share,
                device.last_contact if device else None,
                bool(device and device.revoked_at),
            )
        )
    held = committed(share.counters for share in shares)
    return OfferReport(offer, pool, lines, bool(missing), missing, held == pool.held)


def offer_summaries(db: Reads, region: str) -> list[OfferSummary]:
    """All offers of a region with their pools, those on sale first."""
    generation = pools.generation_of(db)
    known = {pool.offer: pool for pool in store.pools(db, region)}
    stuck = any(pool.generation < generation for pool in known.values()) and bool(
        pools.missing(db, region, generation, 1)
    )
    return [
        OfferSummary(offer, pool, stuck and pool.generation < generation)
        for offer in store.offers(db, region)
        if (pool := known.get(offer.id))
    ]


def at_risk_in(db: Reads, region: str) -> list[Share]:
    """Everything in a region that waits for a person's count."""
    return store.shares_in_state(db, region, AT_RISK)


def broken_pools(db: Reads) -> list[str]:
    """Offers whose pool disagrees with the sum over their holders, for the doctor; empty when all is well."""
    return [
        pool.offer
        for pool in store.pools(db)
        if committed(share.counters for share in store.shares(db, pool.offer)) != pool.held
    ]
