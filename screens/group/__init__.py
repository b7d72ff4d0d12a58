"""One group: its people, its subgroups, its numbers, and everything one can do to it."""
