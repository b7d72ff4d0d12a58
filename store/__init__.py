"""What is true: tables, rules, look-ups, changes, files in and out. Knows no user interface."""
