"""Where chains of facts begin."""

HASH_BYTES = 16
START_OF_CHAIN = bytes(HASH_BYTES)
NO_IMAGES = b"\x90"  # an empty list of undo images, packed
