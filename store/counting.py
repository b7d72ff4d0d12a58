"""The triggers that count: with each write to memberships, work, people and groups. Those of reviews keep
since when work is sent back.

Triggers, so that no write can forget them: undoing, importing and splitting people write the same few tables.
Each counts one row after the other, and is said once for both kinds of database: SQLite runs it after the row
was written and PostgreSQL before, since only then it sees the earlier rows of the same statement there.
They are taken away for an upgrade, which may make tables anew, and made again after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from peewee import SqliteDatabase

WAITS = "state = 'needs_review'"
RETURNS = "decision = 'return'"
PREFIX = "counted_"


def stop(db: Any) -> None:
    """Take the triggers away."""
    if isinstance(_real(db), SqliteDatabase):
        found = db.execute_sql(
            f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '{PREFIX}%'"
        ).fetchall()
        for (name,) in found:
            db.execute_sql(f'DROP TRIGGER "{name}"')
        return
    found = db.execute_sql(
        f"SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace "
        f"AND proname LIKE '{PREFIX}%'"
    ).fetchall()
    for (name,) in found:
        db.execute_sql(f'DROP FUNCTION "{name}"() CASCADE')


def start(db: Any) -> None:
    """Make the triggers."""
    is_sqlite = isinstance(_real(db), SqliteDatabase)
    for trigger in _triggers(_Sql(is_sqlite)):
        for statement in _sqlite(trigger) if is_sqlite else _postgresql(trigger):
            db.execute_sql(statement)


def _real(db: Any) -> Any:
    return getattr(db, "obj", db)


class _Trigger(NamedTuple):
    """What is done when. On PostgreSQL it is done before the row is written, unless `after`; `there` selects
    the row that an upsert would find."""

    name: str
    table: str
    event: str
    when: str
    statements: list[str]
    after: bool = False
    there: str = ""


def _triggers(sql: _Sql) -> Iterator[_Trigger]:
    yield from _of_memberships(sql)
    yield from _of_work(sql)
    yield from _of_people(sql)
    yield from _of_groups(sql)
    yield from _of_reviews(sql)


def _of_memberships(sql: _Sql) -> Iterator[_Trigger]:
    table = "memberships"
    there = f"SELECT 1 FROM {table} WHERE user_id = NEW.user_id AND group_id = NEW.group_id"
    moved = "OLD.user_id <> NEW.user_id OR OLD.group_id <> NEW.group_id OR OLD.active <> NEW.active"
    both = [*sql.member_out("OLD", "OLD.active"), *sql.member_in("NEW", "NEW.active")]
    role = (
        "UPDATE waiting SET role = NEW.role, last_day = NEW.last_day "
        "WHERE user_id = NEW.user_id AND group_id = NEW.group_id"
    )
    yield _Trigger("counted_member_in", table, "INSERT", "NEW.active", sql.member_in("NEW"), there=there)
    yield _Trigger("counted_member_out", table, "DELETE", "OLD.active", sql.member_out("OLD"))
    yield _Trigger("counted_member", table, "UPDATE OF user_id, group_id, active", moved, both)
    yield _Trigger("counted_role", table, "UPDATE OF role, last_day", "NEW.active", [role])


def _of_work(sql: _Sql) -> Iterator[_Trigger]:
    table = "completions"
    there = f"SELECT 1 FROM {table} WHERE user_id = NEW.user_id AND step_id = NEW.step_id"
    differs = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in ("state", "user_id", "step_id", "id"))
    handed_in = "COALESCE(OLD.submitted_at, 0) <> COALESCE(NEW.submitted_at, 0)"
    when = f"(OLD.{WAITS} OR NEW.{WAITS}) AND ({differs} OR {handed_in})"
    both = [*sql.work_out("OLD", f"OLD.{WAITS}"), *sql.work_in("NEW", f"NEW.{WAITS}")]
    columns = "UPDATE OF id, state, user_id, step_id, submitted_at"
    yield _Trigger("counted_work_in", table, "INSERT", f"NEW.{WAITS}", sql.work_in("NEW"), there=there)
    yield _Trigger("counted_work_out", table, "DELETE", f"OLD.{WAITS}", sql.work_out("OLD"))
    yield _Trigger("counted_work", table, columns, when, both)


def _of_people(sql: _Sql) -> Iterator[_Trigger]:
    event = "UPDATE OF active"
    gone = ["DELETE FROM waiting WHERE user_id = OLD.id", *sql.person("-")]
    back = [*sql.person("+"), sql.rows_of_person()]
    yield _Trigger("counted_person_out", "users", event, "OLD.active AND NOT NEW.active", gone)
    yield _Trigger("counted_person_in", "users", event, "NEW.active AND NOT OLD.active", back)


def _of_groups(sql: _Sql) -> Iterator[_Trigger]:
    row = (
        "INSERT INTO group_counts (group_id, people, waiting, people_here, waiting_here) "
        "VALUES (NEW.id, 0, 0, 0, 0)"
    )
    gone = ["DELETE FROM group_counts WHERE group_id = OLD.id"]
    nested = "COALESCE(OLD.parent_id, 0) <> COALESCE(NEW.parent_id, 0) OR OLD.active <> NEW.active"
    moved = "COALESCE(OLD.path, '') <> COALESCE(NEW.path, '')"
    both = [sql.group("-", "OLD", "NEW"), sql.group("+", "NEW", "OLD")]
    yield _Trigger("counted_group_in", "groups", "INSERT", "NEW.id > 0", [row, *sql.path()], after=True)
    yield _Trigger("counted_group_out", "groups", "DELETE", "OLD.id > 0", gone)
    yield _Trigger("counted_group", "groups", "UPDATE OF parent_id, active", nested, sql.path(), after=True)
    yield _Trigger("counted_path", "groups", "UPDATE OF path", moved, both)


def _of_reviews(sql: _Sql) -> Iterator[_Trigger]:
    """When all rows are written: what is the latest return is asked of all of them."""
    table = "reviews"
    event = "UPDATE OF completion_id, decision, created_at, undone_at"
    both = [sql.sent_back("OLD"), sql.sent_back("NEW")]
    yield _Trigger("counted_return_in", table, "INSERT", f"NEW.{RETURNS}", both[1:], after=True)
    yield _Trigger("counted_return_out", table, "DELETE", f"OLD.{RETURNS}", both[:1], after=True)
    yield _Trigger("counted_return", table, event, f"OLD.{RETURNS} OR NEW.{RETURNS}", both, after=True)


class _Sql:
    """The statements of triggers. `row` is NEW or OLD, `only` a condition under which they do anything."""

    def __init__(self, is_sqlite: bool) -> None:
        self.is_sqlite = is_sqlite

    def above(self, path: str) -> str:
        """Select of the ids on a path."""
        if self.is_sqlite:
            return f"SELECT value FROM {self._parts(path)}"
        return f"SELECT CAST(value AS INTEGER) FROM {self._parts(path)}"

    def above_all(self, user: str) -> str:
        """Select of the ids on the paths of all groups that a person is in."""
        value = "part.value" if self.is_sqlite else "CAST(part.value AS INTEGER)"
        return (
            f"SELECT {value} FROM memberships m CROSS JOIN groups g CROSS JOIN "
            f"{'' if self.is_sqlite else 'LATERAL '}{self._parts('g.path')} AS part{self._column()} "
            f"WHERE m.user_id = {user} AND m.active AND g.id = m.group_id AND g.path IS NOT NULL"
        )

    def _parts(self, path: str) -> str:
        if self.is_sqlite:
            return f"json_each('[' || replace(trim({path}, '/'), '/', ',') || ']')"
        named = "" if path == "g.path" else " AS part(value)"
        # Of an array PostgreSQL expects ten values, and looks each up: of what a function gives a thousand,
        # for which it would read all counters.
        return f"unnest(string_to_array(trim(BOTH '/' FROM {path}), '/')){named}"

    def _column(self) -> str:
        return "" if self.is_sqlite else "(value)"

    @staticmethod
    def _elsewhere(user: str, but: str) -> str:
        """Condition on group_counts: a person is in its group, or below, by another membership too."""
        return (
            "EXISTS (SELECT 1 FROM memberships m CROSS JOIN groups g "
            f"WHERE m.user_id = {user} AND {but} AND m.active AND g.id = m.group_id "
            "AND g.path LIKE '%/' || group_counts.group_id || '/%')"
        )

    @staticmethod
    def _is_active(user: str) -> str:
        return f"EXISTS (SELECT 1 FROM users u WHERE u.id = {user} AND u.active)"

    @staticmethod
    def _waits(user: str) -> str:
        return f"(SELECT COUNT(*) FROM completions c WHERE c.user_id = {user} AND c.{WAITS})"

    def _member(self, row: str, sign: str, only: str) -> list[str]:
        user = f"{row}.user_id"
        waits, if_counted = self._waits(user), f"{only} AND {self._is_active(user)}"
        path = f"(SELECT path FROM groups WHERE id = {row}.group_id)"
        return [
            f"UPDATE group_counts SET people_here = people_here {sign} 1, "
            f"waiting_here = waiting_here {sign} {waits} WHERE group_id = {row}.group_id AND {if_counted}",
            f"UPDATE group_counts SET people = people {sign} 1, waiting = waiting {sign} {waits} "
            f"WHERE group_id IN ({self.above(path)}) AND {if_counted} "
            f"AND NOT {self._elsewhere(user, f'm.id <> {row}.id')}",
        ]

    def member_in(self, row: str, only: str = "1 = 1") -> list[str]:
        added = (
            "INSERT INTO waiting (group_id, submitted_at, completion_id, user_id, step_id, role, last_day) "
            f"SELECT {row}.group_id, c.submitted_at, c.id, c.user_id, c.step_id, {row}.role, {row}.last_day "
            f"FROM completions c WHERE c.user_id = {row}.user_id AND c.{WAITS} "
            f"AND {only} AND {self._is_active(f'{row}.user_id')}"
        )
        return [*self._member(row, "+", only), added]

    def member_out(self, row: str, only: str = "1 = 1") -> list[str]:
        gone = f"DELETE FROM waiting WHERE user_id = {row}.user_id AND group_id = {row}.group_id AND {only}"
        return [gone, *self._member(row, "-", only)]

    def _work(self, row: str, sign: str, only: str) -> list[str]:
        user = f"{row}.user_id"
        if_counted = f"{only} AND {self._is_active(user)}"
        here = f"SELECT group_id FROM memberships WHERE user_id = {user} AND active"
        return [
            f"UPDATE group_counts SET waiting = waiting {sign} 1 "
            f"WHERE group_id IN ({self.above_all(user)}) AND {if_counted}",
            f"UPDATE group_counts SET waiting_here = waiting_here {sign} 1 "
            f"WHERE group_id IN ({here}) AND {if_counted}",
        ]

    def work_in(self, row: str, only: str = "1 = 1") -> list[str]:
        added = (
            "INSERT INTO waiting (group_id, submitted_at, completion_id, user_id, step_id, role, last_day) "
            f"SELECT m.group_id, {row}.submitted_at, {row}.id, {row}.user_id, {row}.step_id, m.role, "
            f"m.last_day FROM memberships m WHERE m.user_id = {row}.user_id AND m.active "
            f"AND {only} AND {self._is_active(f'{row}.user_id')}"
        )
        return [*self._work(row, "+", only), added]

    def work_out(self, row: str, only: str = "1 = 1") -> list[str]:
        gone = f"DELETE FROM waiting WHERE completion_id = {row}.id AND {only}"
        return [gone, *self._work(row, "-", only)]

    def person(self, sign: str) -> list[str]:
        waits = self._waits("NEW.id")
        here = "SELECT group_id FROM memberships WHERE user_id = NEW.id AND active"
        return [
            f"UPDATE group_counts SET people = people {sign} 1, waiting = waiting {sign} {waits} "
            f"WHERE group_id IN ({self.above_all('NEW.id')})",
            f"UPDATE group_counts SET people_here = people_here {sign} 1, "
            f"waiting_here = waiting_here {sign} {waits} WHERE group_id IN ({here})",
        ]

    @staticmethod
    def rows_of_person() -> str:
        return (
            "INSERT INTO waiting (group_id, submitted_at, completion_id, user_id, step_id, role, last_day) "
            "SELECT m.group_id, c.submitted_at, c.id, c.user_id, c.step_id, m.role, m.last_day "
            "FROM memberships m CROSS JOIN completions c "
            f"WHERE m.user_id = NEW.id AND m.active AND c.user_id = NEW.id AND c.{WAITS}"
        )

    def group(self, sign: str, row: str, other: str) -> str:
        """What a group gives to those on one path of it, and not on the other one."""
        others = "m.group_id <> NEW.id"
        people = (
            "SELECT COUNT(*) FROM memberships p CROSS JOIN users u WHERE p.group_id = NEW.id AND p.active "
            f"AND u.id = p.user_id AND u.active AND NOT {self._elsewhere('p.user_id', others)}"
        )
        waits = (
            "SELECT COUNT(*) FROM waiting w WHERE w.group_id = NEW.id "
            f"AND NOT {self._elsewhere('w.user_id', others)}"
        )
        return (
            f"UPDATE group_counts SET people = people {sign} ({people}), waiting = waiting {sign} ({waits}) "
            f"WHERE group_id IN ({self.above(f'{row}.path')}) "
            f"AND group_id NOT IN ({self.above(f'{other}.path')})"
        )

    @staticmethod
    def sent_back(row: str) -> str:
        latest = f"SELECT MAX(created_at) FROM reviews WHERE completion_id = {row}.completion_id"
        return (
            f"UPDATE completions SET returned_at = ({latest} AND {RETURNS} AND undone_at IS NULL) "
            f"WHERE id = {row}.completion_id"
        )

    def path(self) -> list[str]:
        """A group's path anew, and of all below: those of a group that has none begin their own.

        It has none while it is not in use, or is put below itself, which only broken data has.
        """
        new = (
            "(SELECT COALESCE(above.path, '/') || here.id || '/' FROM groups here "
            "LEFT JOIN groups above ON above.id = here.parent_id WHERE here.id = NEW.id AND here.active "
            "AND COALESCE(above.id, 0) <> here.id "
            "AND COALESCE(above.path, '') NOT LIKE '%/' || here.id || '/%')"
        )
        find = "instr" if self.is_sqlite else "strpos"
        # Read off its own path: that of the child is another one as soon as it is written.
        rest = (
            f"SELECT substr(groups.path, {find}(groups.path, '/' || child.id || '/') + 1) FROM groups child "
            "WHERE child.parent_id = NEW.id AND groups.path LIKE '%/' || child.id || '/%' LIMIT 1"
        )
        below = (
            "SELECT below.id FROM groups child CROSS JOIN groups below WHERE child.parent_id = NEW.id "
            "AND below.path >= child.path "
            "AND below.path < substr(child.path, 1, length(child.path) - 1) || '0'"
        )
        here = "COALESCE((SELECT path FROM groups WHERE id = NEW.id), '/')"
        return [
            f"UPDATE groups SET path = {new} WHERE id = NEW.id",
            f"UPDATE groups SET path = {here} || ({rest}) WHERE id IN ({below}) AND id <> NEW.id",
        ]


def _sqlite(trigger: _Trigger) -> Iterator[str]:
    yield (
        f'CREATE TRIGGER "{trigger.name}" AFTER {trigger.event} ON "{trigger.table}" FOR EACH ROW '
        f"WHEN {trigger.when} BEGIN {'; '.join(trigger.statements)}; END"
    )


def _postgresql(trigger: _Trigger) -> Iterator[str]:
    row = "OLD" if trigger.event == "DELETE" else "NEW"
    # The row of an upsert that is there already is not inserted.
    first = f"IF EXISTS ({trigger.there}) THEN RETURN NEW; END IF; " if trigger.there else ""
    yield (
        f'CREATE FUNCTION "{trigger.name}"() RETURNS trigger LANGUAGE plpgsql AS $$ '
        f"BEGIN {first}{'; '.join(trigger.statements)}; RETURN {row}; END $$"
    )
    when = "AFTER" if trigger.after else "BEFORE"
    yield (
        f'CREATE TRIGGER "{trigger.name}" {when} {trigger.event} ON "{trigger.table}" FOR EACH ROW '
        f'WHEN ({trigger.when}) EXECUTE FUNCTION "{trigger.name}"()'
    )
