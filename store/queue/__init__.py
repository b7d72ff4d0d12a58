"""What waits for review: reads, filters, saved views."""
