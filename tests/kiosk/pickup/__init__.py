"""Tests of kiosk/pickup."""
