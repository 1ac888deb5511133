"""Where frames come from. Start at :func:`hardware.cameras.opening.open_camera`."""
