"""A OneRoster service over REST: what is asked of it, and what is sent to it."""
