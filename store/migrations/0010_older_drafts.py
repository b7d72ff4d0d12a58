"""Words that somebody typed for the same review in another session, kept beside their draft.

A frozen copy.
"""

from peewee import TextField


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("drafts", "older_points", TextField(default="")),
        migrator.add_column("drafts", "older_feedback", TextField(default="")),
    )
