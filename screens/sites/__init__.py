"""The sites that the account is linked with, for admins."""
