"""Words of the sale screens, in the reader's language."""

import secrets

from flask_babel import gettext as _

from kiosk.sales.rules import FROZEN_STEPS, ON_SALE_WORDS, Good
from shared.allotments.rules import FROZEN_WORDS, Frozen
from shared.web.i18n import words


def new_nonce() -> str:
    """The name of one press of the button that sells."""
    return secrets.token_urlsafe(12)


def on_sale(good: Good) -> str:
    """Why it cannot go into the basket; nothing where it can."""
    return words(ON_SALE_WORDS[good.on_sale], {})


def frozen(why: Frozen | None) -> tuple[str, str, str] | None:
    """What staff are told while this kiosk sells nothing: that, why, and what to do. None while it sells."""
    if why is None:
        return None
    return _("本机暂停售货"), words(FROZEN_WORDS[why], {}), words(FROZEN_STEPS[why], {})
