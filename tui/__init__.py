"""The program: what starts it, who is signed in, how it looks."""
