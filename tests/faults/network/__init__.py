"""Faults of the network, of clocks and of load, caused for real: sockets, namespaces, processes that are stopped."""
