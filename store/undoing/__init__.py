"""Taking back one action each, by what it was done to. `store.undo` is the way in."""
