"""What the set-up files of Muster 0.3.0 run to look up a key. Newer ones run `tui.ssh.key_lookup`."""

from __future__ import annotations

from tui.ssh.key_lookup import main

if __name__ == "__main__":
    main()
