"""The SSH keys of one person."""
