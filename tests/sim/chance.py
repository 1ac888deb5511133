"""The one place where the simulation takes its chance from: what the product draws by ``secrets`` follows the seed."""

import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class _Draws:
    """The functions of ``secrets`` that the product calls, on a generator with a seed."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def choice(self, of: Sequence[T]) -> T:
        return self._rng.choice(of)

    def randbelow(self, limit: int) -> int:
        return self._rng.randrange(limit)

    def token_bytes(self, count: int | None = None) -> bytes:
        return self._rng.randbytes(count or 32)

    def token_hex(self, count: int | None = None) -> str:
        return self.token_bytes(count).hex()

    def token_urlsafe(self, count: int | None = None) -> str:
        return self.token_hex(count)


_NAMES = ("choice", "randbelow", "token_bytes", "token_hex", "token_urlsafe")


@contextmanager
def seeded_secrets(rng: random.Random) -> Iterator[None]:
    """Within: ids, nonces, epochs and claim codes are drawn from ``rng``. All product code says ``secrets.…``."""
    draws = _Draws(rng)
    kept: dict[str, Any] = {name: getattr(secrets, name) for name in _NAMES}
    try:
        for name in _NAMES:
            setattr(secrets, name, getattr(draws, name))
        yield
    finally:
        for name, function in kept.items():
            setattr(secrets, name, function)
