"""The audit log: writing its lines, and reading them."""
