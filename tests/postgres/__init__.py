"""PostgreSQL for real: several servers, lost connections, cut tables, one moment to read."""
