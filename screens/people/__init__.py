"""Adding and managing people, asked for from several screens."""
