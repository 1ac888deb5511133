"""Pictures of goods: which static file shows a product."""

from functools import lru_cache

from shared.web.app import STATIC


@lru_cache(maxsize=4096)
def _there(name: str) -> bool:
    return (STATIC / "goods").joinpath(name).is_file()


def goods_picture(name: str) -> str:
    """The static file under a product's picture name; empty when there is none."""
    return f"goods/{name}" if name and _there(name) else ""
