"""Work that was graded and not passed, and what statements said of work, so that it can be taken back.

Which words a column takes cannot be changed in SQLite: the two tables are made anew and filled from the old
ones, with their other columns, their indexes and the highest id they ever gave. Dates without a time, which
a roster brought and which stood as midnight, become days. A frozen copy.
"""

from peewee import SQL, BigIntegerField, CharField, ForeignKeyField, Model, TextField

from store import errors
from store.database import IdField

STATES = ("'skipped')", "'skipped', 'failed')")
DAY, NOON = 86_400_000_000, 43_200_000_001
DECISIONS = ("'return')", "'return', 'fail')")


class Table(Model):
    id = IdField()

    class Meta:
        legacy_table_names = False


class User(Table):
    class Meta:
        table_name = "users"


class Step(Table):
    class Meta:
        table_name = "steps"


class Completion(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT")
    state = CharField()

    class Meta:
        table_name = "completions"


class KeptStatement(Table):
    key = TextField(unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT", index=False)
    at = BigIntegerField()
    kind = CharField()
    said = TextField(default="{}")

    class Meta:
        table_name = "kept_statements"
        indexes = ((("user", "step"), False),)


def up(migrator, db):
    for table, column, words in (("completions", "state", STATES), ("reviews", "decision", DECISIONS)):
        if db.obj.sequences:
            _check_anew(db, table, column, words[1])
        else:
            _rebuild(db, table, *words)
    _make_days(db)
    failed = SQL("\"state\" = 'failed'")
    index = Completion.index(Completion.user, Completion.step, name="completions_failed").where(failed)
    with db.bind_ctx((User, Step, Completion, KeptStatement)):
        db.execute(index)
        db.create_tables((KeptStatement,), safe=False)


def _make_days(db):
    """The results of a gradebook have dates; a day is kept as its noon and a microsecond."""
    graded = "SELECT local_id FROM external_ids WHERE kind = 'result' AND local_id IS NOT NULL"
    for table, column, whose in (
        ("completions", "submitted_at", "id"),
        ("completions", "completed_at", "id"),
        ("attempts", "submitted_at", "completion_id"),
        ("reviews", "created_at", "reviewer_id IS NULL AND completion_id"),
    ):
        db.execute_sql(
            f'UPDATE "{table}" SET "{column}" = "{column}" + {NOON} '
            f'WHERE "{column}" % {DAY} = 0 AND {whose} IN ({graded})'
        )


def _check_anew(db, table, column, last):
    """Where a check can be changed: name all its words again."""
    known = {"state": "'complete', 'needs_review', 'returned', ", "decision": "'approve', "}[column]
    name = f"{table}_{column}_check"
    db.execute_sql(
        f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}", '
        f'ADD CONSTRAINT "{name}" CHECK ("{column}" IN ({known}{last})'
    )


def _rebuild(db, table, old, new):
    """Make a table anew with one more word in a check."""
    query = "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY rowid"
    definitions = db.execute_sql(query, (table,)).fetchall()
    (made,) = (sql for kind, sql in definitions if kind == "table")
    if made.count(old) != 1:
        raise errors.CorruptError(f"The upgrade was taken back: the table {table} is not as Muster made it.")
    last = db.execute_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    passing = f"{table}_anew"
    db.execute_sql(made.replace(old, new).replace(f'"{table}"', f'"{passing}"', 1))
    db.execute_sql(f'INSERT INTO "{passing}" SELECT * FROM "{table}"')
    db.execute_sql(f'DROP TABLE "{table}"')
    db.execute_sql(f'ALTER TABLE "{passing}" RENAME TO "{table}"')
    for kind, sql in definitions:
        if kind == "index":
            db.execute_sql(sql)
    if last is not None:
        db.execute_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        db.execute_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last[0]))
