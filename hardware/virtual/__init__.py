"""Doubles of the devices for demonstrations and tests: a camera that is shown passes, a printer on a pty."""
