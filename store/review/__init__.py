"""Reviews, drafts, and saved replies: what a mentor says of a person's work."""
