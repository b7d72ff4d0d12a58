"""A discussion as far as one may see it, and answering in it."""
