"""Label printers. Start at :func:`hardware.printers.opening.open_printer`."""
