"""How often a kiosk should come. Pure."""

SHORTEST_SECONDS = 10
LONGEST_SECONDS = 60
KIOSKS_PER_SECOND = 20


def next_round_seconds(kiosks: int) -> int:
    """Seconds until the next round, so that all kiosks together make at most about 20 requests a second."""
    return max(SHORTEST_SECONDS, min(LONGEST_SECONDS, kiosks // KIOSKS_PER_SECOND))
