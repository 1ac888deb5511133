"""An enrolled kiosk at a real centre, with a shelf."""

from tests.kiosk.sync.conftest import kiosk, new_kiosk, running_centre

__all__ = ["kiosk", "new_kiosk", "running_centre"]
