"""A Moodle: what is asked of it, and what is sent to it."""
