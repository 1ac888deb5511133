"""Hand-held scanners: serial ones read here, keyboard wedges assembled from keys."""
