"""The hardware floor on real input: degraded frames, real ptys, real sockets."""
