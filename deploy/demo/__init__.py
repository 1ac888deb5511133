"""The demo: a seeded neighbourhood in Jinan that runs against real processes."""
