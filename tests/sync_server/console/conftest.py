"""A centre on each database, and an operator's browser."""

from tests.sync_server.fixtures import desk, open_centre_on, server, signed_in

__all__ = ["desk", "open_centre_on", "server", "signed_in"]
