"""The centre's roof: the sync server and the operators' console."""
