"""One person in four tabs: activity, courses, what waits, groups."""
