"""Tests of kiosk/devices."""
