"""What screens ask: one file per dialog, and in `ask` the ones that every screen uses."""
