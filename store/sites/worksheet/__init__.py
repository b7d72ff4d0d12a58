"""Moodle's offline grading worksheet: in, and out again without a token."""
