"""The pieces screens are made of: plain data in, messages out."""
