"""Keys and sessions: who comes in over SSH, and who is in."""
