"""A real waitress for a test, which is really gone afterwards."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from kiosk.__main__ import WEB_THREADS


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve ``app`` on a port of this machine (0: any); gives the address."""
    server = create_server(app, host="127.0.0.1", port=port, threads=WEB_THREADS)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # Screens that still wait are told, so that no thread writes to a server that is gone.
    app.extensions["linqu_scan_board"].hint("")
    server.task_dispatcher.shutdown()
    # The loop ends by itself when nothing is left in its map; then every connection is closed, as a dead process does.
    left = dict(server._map)
    server.trigger.pull_trigger(server._map.clear)
    thread.join(5)
    wasyncore.close_all(left, ignore_all=True)
