"""Text that people type, made safe for LIKE: every LIKE in a store says ``ESCAPE '!'`` and takes its pattern here."""

SEARCH_CHARACTERS = 64


def searched(text: str) -> str:
    """What is left to search for: printable characters, trimmed, at most 64 of them; may be empty."""
    return "".join(character for character in text if character.isprintable()).strip()[:SEARCH_CHARACTERS].strip()


def literally(text: str) -> str:
    """``text`` with the wildcards of LIKE taken literally."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def containing(text: str) -> str:
    """The pattern for "contains this text"."""
    return f"%{literally(text)}%"
