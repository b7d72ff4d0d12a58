"""Sessions whose terminal stopped answering.

A frozen copy.
"""

from peewee import BigIntegerField


def up(migrator, db):
    migrator.migrate(migrator.add_column("sessions", "silent_since", BigIntegerField(null=True)))
