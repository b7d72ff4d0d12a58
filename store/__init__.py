"""What is true: tables, rules, look-ups, changes, files in and out. Knows no user interface."""

import sys

# Peewee imports each driver that is installed, which takes as long as the rest of a start: they are kept
# from it, and `engines.postgresql_server` imports the one that it needs, once it is needed.
for _driver in ("psycopg", "psycopg2", "psycopg2cffi"):
    sys.modules.setdefault(_driver, None)  # type: ignore[arg-type]
