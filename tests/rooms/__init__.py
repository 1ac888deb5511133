"""The shared rooms, on the databases they run on."""
