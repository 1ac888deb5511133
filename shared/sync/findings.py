"""What a doctor finds: both roofs say it the same way."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at, in a sentence."""

    good: bool
    text: str


def report(findings: Sequence[Finding]) -> bool:
    """Print every finding, bad ones marked; whether all are good."""
    for finding in findings:
        sys.stdout.write(f"{'✓' if finding.good else '✗'} {finding.text}\n")
    return all(finding.good for finding in findings)
