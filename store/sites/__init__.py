"""Links with the sites where learners work: what comes in from them, and what goes out to them."""
