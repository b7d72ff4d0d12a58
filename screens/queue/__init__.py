"""What waits for review: the list, its filter, and reviewing many items together."""
