"""One step of one person: the work, and the form that reviews it."""
