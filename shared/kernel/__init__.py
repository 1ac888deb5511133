"""Clock, ids, money, passes, privacy, errors, limits: pure, and below everything else."""
