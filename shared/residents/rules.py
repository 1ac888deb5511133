"""Residents: a kiosk knows a number, a masked name and four digits; the rest stays at the centre."""

import unicodedata
from dataclasses import dataclass

from shared.kernel.errors import N_, Refused
from shared.kernel.passes import RESIDENT_BITS
from shared.kernel.privacy import mask_name, normal_phone, phone_tail

NAME_CHARACTERS = 40
NUMBER_MAX = (1 << RESIDENT_BITS) - 1


@dataclass(frozen=True, slots=True)
class Resident:
    """What a point knows of a resident. ``number`` is what passes carry."""

    id: str
    number: int
    name_masked: str
    phone_tail: str


@dataclass(frozen=True, slots=True)
class ResidentDetail:
    """What only the centre knows."""

    id: str
    number: int
    name: str
    phone: str
    created_at: str

    def masked(self) -> Resident:
        """The part that may travel."""
        return Resident(self.id, self.number, mask_name(self.name), phone_tail(self.phone))


def clean_name(text: str) -> str:
    """A name without outer space and control characters. Raises ``Refused`` RESIDENT_NAME when nothing is left."""
    name = "".join(character for character in unicodedata.normalize("NFC", text) if character.isprintable()).strip()
    if not name or len(name) > NAME_CHARACTERS:
        raise Refused("RESIDENT_NAME", N_("姓名为空或太长。"), N_("请改正姓名。"))
    return name


def clean_phone(text: str) -> str:
    """Eleven digits. Raises ``Refused`` RESIDENT_PHONE for anything that is no mobile number."""
    try:
        return normal_phone(text)
    except ValueError:
        raise Refused("RESIDENT_PHONE", N_("这不是手机号码。"), N_("请填写 11 位手机号。")) from None
