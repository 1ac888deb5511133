"""What the kiosk touches with its hands: cameras, decoders, scanners, printers, labels, and their virtual doubles."""
