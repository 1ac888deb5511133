"""What a kiosk does after a good round: settle a restore, drop facts that are long safe at the centre."""

from datetime import timedelta

from kiosk.copies import operations as copies
from kiosk.host import Kiosk
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.limits import FACTS_KEPT_DAYS, PRUNE_SECONDS
from shared.sync import store


class Upkeep:
    """Runs after each good round of one sync process."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self._prune_at = 0.0

    def after_round(self) -> None:
        """Everything that is due now."""
        copies.settle(self._kiosk)
        now = self._kiosk.clock.monotonic()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_SECONDS
            prune(self._kiosk)


def prune(kiosk: Kiosk) -> int:
    """Drop facts that have lain in a backup of the centre for a fortnight; how many.

    The fortnight is counted on the centre's clock: ours may be years off.
    """
    contact = kiosk.enrolled_state().last_contact
    if contact is None:
        return 0
    before = utc_text(parse_utc(contact) - timedelta(days=FACTS_KEPT_DAYS))
    with kiosk.db.writing() as tx:
        return store.prune_facts(tx, before)
