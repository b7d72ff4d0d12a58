"""Undoing one's own actions, by what was done. `undo` is the way in."""
