"""Every pair of state and event, and what stands in a label's QR code."""

import pytest

from kiosk.labels import rules
from kiosk.labels.rules import TRANSITIONS, JobEvent, JobState, LabelMark, Proof, after, label_text, read_label_text
from shared.kernel.errors import Refused


@pytest.mark.parametrize("event", JobEvent)
@pytest.mark.parametrize("state", JobState)
def test_every_pair(state: JobState, event: JobEvent) -> None:
    to = after(state, event)
    assert to is TRANSITIONS.get((state, event))
    if event is JobEvent.TAKEN:
        assert (to is JobState.SENDING) == (state is JobState.QUEUED), "only a waiting label is ever sent"
    if to is JobState.QUEUED:
        assert (state, event) == (JobState.SENDING, JobEvent.NOT_SENT), "only certainty puts a label back in line"
    if state in {JobState.CONFIRMED, JobState.CANCELLED}:
        assert to is None, "what has ended stays as it is"


def test_every_state_can_be_reached_and_is_said() -> None:
    assert {JobState.QUEUED, *TRANSITIONS.values()} == set(JobState)
    assert set(rules.STATE_WORDS) == set(JobState)
    assert set(rules.PROOF_WORDS) == set(Proof)
    assert set(rules.REASON_WORDS) == set(rules.ReprintReason)


def test_a_label_is_read_back() -> None:
    mark = LabelMark("K1.7QF3Z.1A", 2, "K1.7QF3Z.19")
    assert read_label_text(label_text(mark)) == mark
    assert read_label_text(f" {label_text(mark).lower()}\n") == mark, "a wedge scanner may have its own mind about case"


@pytest.mark.parametrize(
    "text", ["", "LQL", "LQL/K1/0/K2", "LQL/K1/1", "LQL/K1/1/K2/3", "LQL/K1/1000/K2", "LQ202611220001", "LQL/K 1/1/K2"]
)
def test_other_codes_are_no_labels(text: str) -> None:
    assert read_label_text(text) is None


def test_copies_end_somewhere() -> None:
    assert rules.next_copy(0) == 1
    with pytest.raises(Refused):
        rules.next_copy(rules.MOST_COPIES)
