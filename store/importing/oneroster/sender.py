"""Whose memory a set of files belongs to: that of the code in its manifest, or of an older code.

A sender that changes its code would bring everybody a second time. Files of a code that has brought little
so far, about people who came under another one, are therefore refused until somebody says what they are.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from store import database, errors, text
from store.importing.oneroster.courses import CLASS, CLASS_TITLE
from store.importing.oneroster.people_plan import KIND
from store.importing.oneroster.rules import RosterRead
from store.importing.oneroster.tables import CLASSES, ORGS, USERS
from store.importing.report import Report
from store.models import ExternalId, Group, User

PREFIX = "oneroster"
ORG = ORGS.kind
# One row for each code that goes on for another one, or was said to be one of its own.
CONTINUES = "continues"


class SenderChoice(NamedTuple):
    """What was said of the sender: the code that it `continues`, or that it `is_new`."""

    continues: str | None = None
    is_new: bool = False


UNSAID = SenderChoice()


def settle(source: str, reads: dict[str, RosterRead], choice: SenderChoice, report: Report) -> str:
    """The source whose ids these files have. Call inside a transaction.

    Raises ImportRefusedError where it is another code with the same people, and nothing was said of it,
    and InvalidError where no files have come under the code that it is to continue.
    """
    if choice.continues is not None:
        return _continue(source, find(choice.continues), report)
    if choice.is_new:
        _remember(source, source)
        return source
    known = _said_before(source)
    if known is None:
        _refuse_twins(source, reads, report)
    return known or source


def known_as(source: str) -> str:
    """The source whose ids a sender's files have: its own, or the one it goes on for. In a transaction."""
    return _said_before(source) or source


def label(source: str) -> str:
    """What a source is called in sentences: its code."""
    code = source.removeprefix(PREFIX).removeprefix(":")
    return text.clean_line(code) or "a sender without a code"


def _option(source: str) -> str:
    code = source.removeprefix(PREFIX).removeprefix(":") or PREFIX
    return f"--source {shlex.quote(code)}"


def find(code: str) -> str:
    """The source that somebody named by its code. Raises InvalidError for one that has sent nothing."""
    sources = _sources()
    for source in (f"{PREFIX}:{code.strip()}", code.strip()):
        found = _said_before(source) or source
        if found in sources:
            return found
    known = ", ".join(_option(source).partition(" ")[2] for source in sorted(sources)) or "none"
    asked = text.clean_line(code)
    raise errors.InvalidError(f"No files have come here under the source code {asked}. Known: {known}")


def _sources() -> set[str]:
    query = ExternalId.select(ExternalId.source).where(is_oneroster(), ExternalId.kind != CONTINUES)
    return {row[0] for row in database.rows(query.distinct())}


def is_oneroster() -> Any:
    """Condition on `ExternalId`: a OneRoster sender calls it so."""
    return (ExternalId.source == PREFIX) | ExternalId.source.startswith(f"{PREFIX}:")


def _said_before(source: str) -> str | None:
    """The source that a code was said to go on for, or itself where it was said to be another one."""
    query = ExternalId.select(ExternalId.external_id)
    row = database.row(query.where(ExternalId.source == source, ExternalId.kind == CONTINUES))
    return str(row[0]) if row else None


def _continue(source: str, old: str, report: Report) -> str:
    if source == old:
        return old
    if source in _sources():
        raise errors.InvalidError(
            f"{label(source)} has sent files of its own before, and cannot go on for {label(old)} as well."
        )
    _remember(source, old)
    report.note(f"{label(source)} goes on for {label(old)}, from now on without --source.")
    return old


def _remember(source: str, old: str) -> None:
    ExternalId.delete().where(ExternalId.source == source, ExternalId.kind == CONTINUES).execute()
    ExternalId.insert(source=source, kind=CONTINUES, external_id=old, digest="said").execute()


# ----------------------------------------------------------- the same under another code


@dataclass
class _Others:
    """What another source brought: by id, by address and by name here. Values are their ids here."""

    by_id: dict[str, tuple[int, str, str | None]] = field(default_factory=dict)
    by_email: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, tuple[int, str | None]] = field(default_factory=dict)

    def add(self, key: str, local: int, name: str, email: str | None) -> None:
        """Add one of them."""
        folded = text.fold(name)
        self.by_id[key] = (local, folded, email)
        self.by_name.setdefault(folded, (local, email))
        if email is not None:
            self.by_email[email] = local

    def find(self, key: str, name: str, email: str | None) -> int | None:
        """Who or what a row means: of the same id and name or address; of the same address; or of the same
        name, where an address does not tell them apart."""
        folded = text.fold(name)
        local, called, address = self.by_id.get(key, (None, "", None))
        if local is not None and (called == folded or (email is not None and address == email)):
            return local
        if email is not None and email in self.by_email:
            return self.by_email[email]
        local, address = self.by_name.get(folded, (None, None))
        return local if email is None or address is None else None


class _Twin(NamedTuple):
    """How many rows of the files, of how many that are new to their source, mean what another one brought."""

    source: str
    same: int
    rows: int
    people: bool


def _refuse_twins(source: str, reads: dict[str, RosterRead], report: Report) -> None:
    users = reads.get(USERS.file)
    people = _fresh(source, users, KIND)
    if people and users is not None:
        rows = [(row.id, text.full_name(*row.names), row.email) for row in people]
        for other, known in _people(source).items():
            found = [known.find(*row) for row in rows]
            same = len({local for local in found if local is not None})
            count = sum(local is not None for local in found)
            few = 1 if not users.tells_absence else 3
            if (same > 1 and same * 2 > len(known.by_id)) or (count >= few and count * 2 > len(rows)):
                raise _refusal(source, _Twin(other, count, len(rows), people=True))
    _check_groups(source, reads, report, has_people=bool(people))


def _check_groups(source: str, reads: dict[str, RosterRead], report: Report, *, has_people: bool) -> None:
    """Schools and classes by the ids and names that another source has given them. With people of its own
    in its files, a sender may share a district with another one: then that is only said."""
    orgs = _fresh(source, reads.get(ORGS.file), ORG)
    classes = _fresh(source, reads.get(CLASSES.file), CLASS)
    rows = [(ORG, row.id, row.name) for row in orgs] + [(CLASS, row.id, row.title) for row in classes]
    for other, known in _groups(source).items() if rows else ():
        count = sum(known.get((kind, key)) == text.fold(name) for kind, key, name in rows)
        if count * 2 <= len(rows):
            continue
        if not has_people:
            raise _refusal(source, _Twin(other, count, len(rows), people=False))
        report.note(
            f"{count:,} schools and classes have the ids and names of some that {label(other)} brought; "
            f"those of {label(source)} are others."
        )


def _refusal(source: str, twin: _Twin) -> errors.ImportRefusedError:
    what = "people" if twin.people else "schools and classes"
    return errors.ImportRefusedError(
        f"{twin.same:,} of the {twin.rows:,} {what} in these files are here already, brought by "
        f"{label(twin.source)}. These files come from {label(source)}. Nothing was changed. "
        f"If the sender has changed its code: {_option(twin.source)}. If it is another sender: --new-source"
    )


def _fresh(source: str, read: RosterRead | None, kind: str) -> list[Any]:
    """Rows that are new to the source, if they are more than all it has sent: else it is established."""
    if read is None:
        return []
    query = ExternalId.select(ExternalId.external_id)
    sent = {
        row[0] for row in database.rows(query.where(ExternalId.source == source, ExternalId.kind == kind))
    }
    rows = [row for row in read.rows.values() if not row.gone and row.id not in sent]
    return rows if len(rows) > len(sent) else []


def _people(source: str) -> dict[str, _Others]:
    columns = (
        ExternalId.source,
        ExternalId.external_id,
        User.id,
        User.first_name,
        User.last_name,
        User.email,
    )
    query = ExternalId.select(*columns).join(User, on=(User.id == ExternalId.local_id))
    found: dict[str, _Others] = {}
    for other, key, local, first, last, email in database.rows(query.where(*_elsewhere(source, (KIND,)))):
        found.setdefault(other, _Others()).add(key, local, text.full_name(first, last), email)
    return found


def _groups(source: str) -> dict[str, dict[tuple[str, str], str]]:
    """The names of schools and classes by kind and id, of each other source."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    orgs = ExternalId.select(ExternalId.source, ExternalId.external_id, Group.name).join(
        Group, on=(Group.id == ExternalId.local_id)
    )
    titles = ExternalId.select(ExternalId.source, ExternalId.external_id, ExternalId.digest)
    for kind, query in (
        (ORG, orgs.where(*_elsewhere(source, (ORG,)))),
        (CLASS, titles.where(*_elsewhere(source, (CLASS_TITLE,)))),
    ):
        for other, key, name in database.rows(query):
            found.setdefault(other, {})[kind, key] = text.fold(name)
    return found


def _elsewhere(source: str, kinds: Iterable[str]) -> tuple[Any, ...]:
    """Conditions: what another OneRoster source has sent, and not withdrawn."""
    return (
        ExternalId.kind.in_(list(kinds)),
        is_oneroster(),
        ExternalId.source != source,
        ExternalId.digest != "",
    )
