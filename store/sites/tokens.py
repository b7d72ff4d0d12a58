"""The tokens of sites: in a file of their own that only its owner may read, never in the database.

So no backup, copy or line of the audit log holds one. A token is kept under the address that it is sent to.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from store import files
from store.errors import InvalidError
from store.text import clean_line

VARIABLE = "MUSTER_SITE_TOKEN"
"""The environment's variable with a token, for a program without a terminal."""
FILE_VARIABLE = "MUSTER_SITE_TOKENS"
"""The environment's variable with the path of the file, where it is not the usual one."""
NAME = "site-tokens.json"
LIMIT = 4_096
"""Characters of a token; those of Moodle have 32."""


def path() -> Path:
    """The file with the tokens: beside the configuration, unless MUSTER_SITE_TOKENS names another one."""
    named = os.environ.get(FILE_VARIABLE, "").strip()
    if named:
        return Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - only where there are sites

    return user_config_path("muster", appauthor=False) / NAME


def checked(typed: str) -> str:
    """A token as it was typed, without the space around it. Raises InvalidError, which does not repeat it."""
    token = typed.strip()
    if not token or len(token) > LIMIT or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidError("That is no token. Copy it from the site's page as one word.", field="token")
    return token


def find(url: str, *, alone: bool) -> str | None:
    """The token for an address, None where there is none.

    MUSTER_SITE_TOKEN counts where the file has none, and only for a site that is `alone`: it does not say
    which site it is of, and a token goes to its own site only. Raises InvalidError for a file that others may
    read or that cannot be read.
    """
    kept = _read().get(url)
    if kept:
        return kept
    given = os.environ.get(VARIABLE, "")
    return checked(given) if given.strip() and alone else None


def keep(url: str, token: str) -> None:
    """Put a token into the file, in place of an older one for that address."""
    _write({**_read(), url: checked(token)})


def forget(url: str) -> bool:
    """Take the token for an address out of the file; whether there was one."""
    kept = _read()
    if kept.pop(url, None) is None:
        return False
    _write(kept)
    return True


def _read() -> dict[str, str]:
    file = path()
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            raise InvalidError(
                f"Others may read {clean_line(str(file))} ({mode:04o}), which has tokens in it. Run "
                f"`chmod 600` on it, and make new tokens at the sites."
            )
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        # Not from the error: what cannot be parsed holds a token.
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise InvalidError(
            f"{clean_line(str(file))} cannot be read as a list of tokens. Move it away, and give the tokens "
            "again: muster site add"
        )
    return found


def _write(tokens: dict[str, str]) -> None:
    file = path()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = files.passing_name(file)
    with files.create_private(draft) as out:
        json.dump(tokens, out, indent=1, sort_keys=True)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
