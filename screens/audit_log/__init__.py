"""Who did what, newest first."""
