"""Everybody and every group in sight, reports, and the settings of the account."""
