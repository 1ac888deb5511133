"""The scan process: looks through the camera, listens to serial scanners, tells the web process what it read."""
