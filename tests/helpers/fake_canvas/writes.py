"""What the API of a fake Canvas changes."""
