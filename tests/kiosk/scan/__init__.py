"""Tests of kiosk/scan."""
