"""Tests of the kiosk roof."""
