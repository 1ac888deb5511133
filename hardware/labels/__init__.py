"""Labels: laid out in millimetres, drawn once as a 1-bit bitmap. Nothing here knows a printer."""
