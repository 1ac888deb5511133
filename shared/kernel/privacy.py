"""What a screen or a label may show of a person: name ``王*明``, phone ``138****1234``, on paper four digits only."""

import re
import unicodedata

PHONE_PATTERN = re.compile(r"1[3-9][0-9]{9}")


def mask_name(name: str) -> str:
    """First and last character stay, the middle becomes stars; two characters keep the first: ``李*``."""
    name = name.strip()
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_phone(phone: str) -> str:
    """``13812341234`` → ``138****1234``. Raises ``ValueError`` when it is not a mainland mobile number."""
    if not PHONE_PATTERN.fullmatch(phone):
        raise ValueError("not a mobile number")
    return f"{phone[:3]}****{phone[-4:]}"


def phone_tail(phone: str) -> str:
    """The last four digits. Raises ``ValueError`` when it is not a mainland mobile number."""
    if not PHONE_PATTERN.fullmatch(phone):
        raise ValueError("not a mobile number")
    return phone[-4:]


def normal_phone(text: str) -> str:
    """A number as people write it (spaces, dashes, +86) → eleven digits. Raises ``ValueError``."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    digits = re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", digits)
    if not PHONE_PATTERN.fullmatch(digits):
        raise ValueError("not a mobile number")
    return digits
