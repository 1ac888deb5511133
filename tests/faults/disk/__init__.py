"""What a disk can do to a kiosk: power cuts, kills, failing calls, no room, flipped bits, lost files (R01 to R06)."""
