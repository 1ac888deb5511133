"""What a kiosk does after a good round: settle a restore or a loss, drop facts that are long safe at the centre."""

from datetime import timedelta

from kiosk import store as kiosk_store
from kiosk.copies import operations as copies
from kiosk.erasure.operations import forget_the_erased
from kiosk.host import Kiosk
from kiosk.watermark import raise_after_round
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.limits import FACTS_KEPT_DAYS, PRUNE_SECONDS, REPLACED_KEPT_DAYS
from shared.sync import store


class Upkeep:
    """Runs after each good round of one sync process."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self._prune_at = 0.0

    def after_round(self) -> None:
        """Everything that is due now."""
        copies.settle(self._kiosk)
        forget_the_erased(self._kiosk)
        settle_loss(self._kiosk)
        raise_after_round(self._kiosk.db, self._kiosk.watermark)
        now = self._kiosk.clock.monotonic()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_SECONDS
            prune(self._kiosk)
            copies.forget_replaced(self._kiosk, REPLACED_KEPT_DAYS)


def settle_loss(kiosk: Kiosk) -> None:
    """The centre has been asked since facts were found missing, and has sent what it had."""
    loss = kiosk_store.last_loss(kiosk.db)
    if loss is not None and loss.settled_at is None:
        with kiosk.db.writing() as tx:
            kiosk_store.settle_losses(tx, utc_text(kiosk.clock.now()))


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
