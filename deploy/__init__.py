"""What brings Linqu onto machines, and the demo."""
