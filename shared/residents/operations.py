"""What the centre does with residents. ``tx`` comes from ``journal.writing(point)``."""

from shared.db import Tx
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.residents import store
from shared.residents.facts import Joined
from shared.residents.rules import NUMBER_MAX, Resident, ResidentDetail, clean_name, clean_phone
from shared.sync import Journal


def register(journal: Journal, tx: Tx, point: str, name: str, phone: str, actor: str) -> Resident:
    """Make a resident known at a point; a phone number known already keeps its id, number and name.

    Raises ``Refused`` RESIDENT_NAME, RESIDENT_PHONE, RESIDENT_NUMBERS (all numbers of a pass are given).
    """
    name, phone = clean_name(name), clean_phone(phone)
    detail = store.by_phone(tx, phone) or _new_detail(journal, tx, name, phone)
    masked = detail.masked()
    if store.resident(tx, point, masked.id) != masked:
        payload = Joined(masked.id, masked.number, masked.name_masked, masked.phone_tail)
        journal.record(tx, payload, point=point, actor=actor)
    return masked


def _new_detail(journal: Journal, tx: Tx, name: str, phone: str) -> ResidentDetail:
    number = store.take_number(tx)
    known = store.by_phone(tx, phone)  # another transaction may have come first; the number taken stays unused
    if known:
        return known
    if number > NUMBER_MAX:
        raise Refused("RESIDENT_NUMBERS", N_("居民编号已用完。"), N_("请联系运营。"))
    detail = ResidentDetail(journal.ids.new(), number, name, phone, utc_text(journal.clock.now()))
    store.add_detail(tx, detail)
    return detail
