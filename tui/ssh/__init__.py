"""Serving people over SSH: the session, what may be asked without one, the keys, and the set-up of sshd."""
