"""A centre and a signed-in browser, as for the console."""

from tests.sync_server.fixtures import desk, open_centre_on, server, signed_in

__all__ = ["desk", "open_centre_on", "server", "signed_in"]
