"""From a gray frame to what it says. Start at :class:`hardware.decoding.chain.Decoder`."""
