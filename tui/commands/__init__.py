"""The commands of `muster`, a file for each group of them. Only `tui.cli` imports them."""
