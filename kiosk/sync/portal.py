"""Is a network that wants a login between us and the centre? Asked in clear, saying nothing of ourselves.

Over TLS a captive portal looks like a wrong certificate or a dead line, and staff would call the wrong people. Port 80
is where portals show themselves: there the centre only ever redirects to its own TLS (``deploy/nginx``).
"""

from urllib.parse import urlsplit

import requests

from kiosk.sync.timed import TimedSession

PROBE_SECONDS = 3.0
PROBE_PATH = "/"
LOGIN_NEEDED = 511


def portal_in_the_way(server: str, port: int = 80) -> bool:
    """Whether plain HTTP to the centre's host is answered by somebody who wants a login. Never raises."""
    parts = urlsplit(server)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host:
        return False
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    with TimedSession() as session:
        session.trust_env = False
        session.headers.clear()
        try:
            with session.within(PROBE_SECONDS), session.get(
                address + PROBE_PATH, timeout=PROBE_SECONDS, stream=True, allow_redirects=False
            ) as answer:  # fmt: skip
                return wants_login(
                    answer.status_code,
                    answer.headers.get("Location", ""),
                    answer.headers.get("Content-Type", ""),
                    host,
                )
        except (requests.exceptions.RequestException, OSError):
            return False


def wants_login(status: int, location: str, content_type: str, host: str) -> bool:
    """Whether an answer on port 80 of the centre's ``host`` comes from a portal: a page, or the way to another host."""
    if 300 <= status < 400:
        try:
            return (urlsplit(location).hostname or host) != host
        except ValueError:
            return True
    return status == LOGIN_NEEDED or (status == 200 and "text/html" in content_type)
