"""The one list: rows read in windows and drawn line by line."""
