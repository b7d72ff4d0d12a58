"""Making two people of one whom a roster or a site mixed up with another."""
