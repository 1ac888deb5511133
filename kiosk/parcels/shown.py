"""Words, tones and icons for what the counter shows, in the reader's language."""

import secrets

from flask_babel import gettext as _

from kiosk.parcels.rules import EXCEPTION_WORDS, KIND_WORDS, OUTCOME_WORDS, Action, ExceptionReason, OutcomeWords
from shared.cases.rules import CASE_KIND_NAMES, Case
from shared.parcels.rules import (
    CARRIER_NAMES,
    PARCEL_STATE_LOOK,
    PARCEL_STATE_NAMES,
    Parcel,
    ParcelState,
)
from shared.web.i18n import words

CONCERNS_STAFF = (
    ParcelState.READY,
    ParcelState.OVERDUE,
    ParcelState.ARRIVED,
    ParcelState.EXCEPTION,
    ParcelState.EXPECTED,
)
STATES_LISTED = (
    ParcelState.READY,
    ParcelState.OVERDUE,
    ParcelState.EXCEPTION,
    ParcelState.ARRIVED,
    ParcelState.EXPECTED,
    ParcelState.COLLECTED,
)


def new_nonce() -> str:
    """The name of one press of a button that a page offers."""
    return secrets.token_urlsafe(12)


def state(parcel: Parcel) -> str:
    """Its state in words."""
    return words(PARCEL_STATE_NAMES[parcel.state], {})


def state_name(which: ParcelState) -> str:
    """A state in words."""
    return words(PARCEL_STATE_NAMES[which], {})


def tone(parcel: Parcel) -> str:
    """The tone of its state."""
    return PARCEL_STATE_LOOK[parcel.state][0]


def state_icon(parcel: Parcel) -> str:
    """The icon of its state."""
    return PARCEL_STATE_LOOK[parcel.state][1]


def carrier(parcel: Parcel) -> str:
    """Who brought it."""
    return words(CARRIER_NAMES[parcel.carrier], {})


def goods(parcel: Parcel) -> str:
    """What is inside, or who brought it and the end of the waybill."""
    if parcel.contents:
        return " · ".join(f"{content.name} ×{content.quantity}" for content in parcel.contents)
    return f"{carrier(parcel)} …{parcel.waybill[-6:]}"


def who(parcel: Parcel) -> str:
    """Masked name and tail, for one line."""
    return " ".join(part for part in (parcel.name_masked, parcel.phone_tail) if part) or _("收件人未知")


def outcome(done: Action) -> OutcomeWords:
    """How an action's outcome is said, shown and heard; the text is translated."""
    said = OUTCOME_WORDS[done.outcome]
    return OutcomeWords(words(said.text, {}), said.tone, said.icon, said.sound)


def kind(done: Action) -> str:
    """What was done."""
    return words(KIND_WORDS[done.kind], {})


def exception_reasons() -> list[tuple[str, str]]:
    """Reasons for an exception, for a choice."""
    return [(reason.value, words(said, {})) for reason, said in EXCEPTION_WORDS.items()]


def exception_reason(note: str) -> str:
    """The reason of an exception in words; one that another program wrote stays as it is."""
    return words(EXCEPTION_WORDS[ExceptionReason(note)], {}) if note in set(ExceptionReason) else note


def case_kind(case: Case) -> str:
    """What a case is about."""
    return words(CASE_KIND_NAMES[case.kind], {})


def state_named(text: str) -> ParcelState:
    """The state of an address; ready when it names none."""
    return ParcelState(text) if text in set(ParcelState) else ParcelState.READY
