"""What goes out of the account as files: gradebooks, results and statements."""
