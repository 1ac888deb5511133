"""``python -m tests.web.viewer``: the pattern page at http://127.0.0.1:5099/patterns?distance=kiosk."""

from tests.web.floor import make_floor

if __name__ == "__main__":
    make_floor(testing=False).run(port=5099)
