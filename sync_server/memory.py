"""How this process takes memory from the system."""

import ctypes
import ctypes.util

_M_ARENA_MAX = -8  # malloc.h
ARENAS = 2


def keep_memory_together() -> None:
    """Let all threads share two of the C library's heaps instead of one each.

    Each thread that once took a large batch would keep that much for ever: 40 MB more over sixteen threads. C libraries
    other than glibc have no such heaps and no ``mallopt``.
    """
    library = ctypes.util.find_library("c")
    mallopt = getattr(ctypes.CDLL(library), "mallopt", None) if library else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)
