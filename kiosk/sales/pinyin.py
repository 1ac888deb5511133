"""The first letters of a name in pinyin, for finding goods on a screen without a keyboard."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """``章丘大葱`` → ``zqdc``; letters and digits stay, everything else falls out."""
    from pypinyin import Style, lazy_pinyin

    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return "".join(letter for letter in letters.casefold() if letter.isascii() and letter.isalnum())
