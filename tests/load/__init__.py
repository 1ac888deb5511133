"""Many kiosks from one process: they speak the signed protocol and keep no database; the centre is what is measured."""
