"""A real centre behind HTTP and kiosks that enrol with it."""

from tests.kiosk.sync.conftest import kiosk, new_kiosk, running_centre

__all__ = ["kiosk", "new_kiosk", "running_centre"]
