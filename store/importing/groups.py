"""The import of mentoring groups and who is in them: groups.csv and group_members.csv.

groups.csv has `id,parent_id,name,description`, group_members.csv `group_id,email,role`; ids are the
sender's own. Each file is the whole truth of its kind: what it had before and lacks now is deactivated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import is_zipfile

from store import database
from store.batches import chunks
from store.importing import foreign, withdrawals
from store.importing.files import Bundle, loose, opened, refuse_foreign, refused
from store.importing.group_writer import FOREST_KINDS, Forest
from store.importing.groups_rules import GROUP, Files, GroupsFile, MemberRecord, MembersFile, read_files
from store.importing.ledger import Ledger
from store.importing.report import Report, Summary
from store.importing.rights import MEMBERSHIP, put_memberships, with_what_ended
from store.importing.transaction import Progress, ensure_account, importing
from store.importing.withdrawals import Going
from store.models import User
from store.text import counted

SOURCE = "groups.csv"
NAMES = ("groups.csv", "group_members.csv")
_NONE = f"there is neither a {NAMES[0]} nor a {NAMES[1]} in it"


def load(
    paths: Sequence[Path],
    *,
    dry_run: bool = False,
    lenient: bool = False,
    allow_withdrawals: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Bring groups and places in line with the files: a folder, a zip, or one or both in any order.

    Strict unless `lenient`: any fault refuses the whole, with ImportRefusedError listing every one
    up to a limit. A dry run does everything and takes it back. More than a fifth of the groups, or of the
    places in them, go only if `allow_withdrawals` says so.
    """
    report = Report(dry_run=dry_run, lenient=lenient)
    with _bundle(paths, report) as bundle:
        files = read_files(bundle, report, progress)
    with importing("groups", report):
        _write(files, report, lenient, allow_withdrawals)
    return report.summary()


@contextmanager
def _bundle(paths: Sequence[Path], report: Report) -> Iterator[Bundle]:
    """The files at the paths: what a folder or a zip has of them, and single files under any name."""
    if len(paths) == 1 and (paths[0].is_dir() or is_zipfile(paths[0])):
        with opened(paths[0], foreign.GROUPS) as sent:
            yield _named(sent.called(NAMES, report), paths[0])
        return
    found: list[Path] = []
    for path in paths:
        try:
            if path.is_dir():
                found += [path / name for name in NAMES if (path / name).is_file()]
            elif path.is_file():
                found.append(path)
            else:
                raise refused(path, "there is no such folder or file")
        except OSError as error:
            raise refused(path, f"it cannot be read ({error.strerror or error})") from error
    if not found:
        raise refused(paths[0] if paths else Path(NAMES[0]), _NONE)
    bundle = loose(found, found[0])
    if not bundle.alike(foreign.GROUPS):
        refuse_foreign(bundle, found[0], foreign.GROUPS, bundle.names)
    yield bundle


def _named(bundle: Bundle, path: Path) -> Bundle:
    """The files of that name; where there is neither, those with such columns."""
    named = bundle.only(NAMES)
    if not named.names:
        named = bundle.only(bundle.alike(foreign.GROUPS))
    if not named.alike(foreign.GROUPS):
        refuse_foreign(bundle, path, foreign.GROUPS, NAMES)
    if not named.names:
        raise refused(path, _NONE)
    return named.checked(path)


def _write(files: Files, report: Report, lenient: bool, allow_withdrawals: bool) -> None:
    ledger = Ledger(SOURCE, (GROUP, MEMBERSHIP, *FOREST_KINDS))
    people = _known(files.members, report) if files.members is not None else {}
    if files.members is not None:
        _check_groups(files.members, files, ledger, report, lenient)
        files.members.rows = [row for row in files.members.rows if row.line not in files.members.left_out]
    if not lenient:
        report.refuse()
    elif not (files.groups and files.groups.rows) and not (files.members and files.members.rows):
        report.refuse("--lenient would load nothing")
    if not allow_withdrawals:
        _check_withdrawals(files, ledger)
    ensure_account("Imported")
    if files.groups is not None:
        _put_groups(files.groups, ledger, report)
        if not lenient:
            report.refuse()
    _put_members(files.members, people, ledger, report)
    ledger.flush()


def _check_withdrawals(files: Files, ledger: Ledger) -> None:
    """Raises ImportRefusedError where the files have so much less than before that they may be cut off.

    Groups count by themselves; of places only how many fewer there are, as people change groups each term.
    """
    going = []
    if files.groups is not None and files.groups.whole:
        groups = ledger.standing(GROUP)
        going.append(Going("groups", len(groups.keys() - files.groups.seen.keys()), len(groups)))
    if files.members is not None and files.members.whole:
        memberships = len(ledger.standing(MEMBERSHIP))
        going.append(Going("memberships", max(0, memberships - len(files.members.rows)), memberships))
    withdrawals.check("an earlier file", *going)


def _put_groups(file: GroupsFile, ledger: Ledger, report: Report) -> None:
    forest = Forest(ledger, report)
    tally = report.tally(file.name)
    forest.put(GROUP, list(file.rows.values()), tally)
    if file.whole:
        gone = [key for key in ledger.standing(GROUP) if key not in file.seen]
        forest.withdraw(GROUP, gone, tally)
    forest.settle()


# --------------------------------------------------------------------- members


def _known(file: MembersFile, report: Report) -> dict[str, int]:
    """The people whom the file names, by email; rows of others are faults, and left out."""
    known: dict[str, tuple[int, bool]] = {}
    for some in chunks(sorted({row.email for row in file.rows if row.email})):
        for email, person, active in database.rows(
            User.select(User.email, User.id, User.active).where(User.email.in_(list(some)))
        ):
            known[email] = (person, active)
    for row in file.rows:
        person, active = known.get(row.email, (0, False))
        if active or not row.email:
            continue
        if person:
            _leave_out(file, row, "email", row.email, "this person was deactivated", report)
        else:
            _leave_out(file, row, "email", row.email, "nobody here has this email", report)
    return {email: person for email, (person, _) in known.items()}


def _check_groups(file: MembersFile, files: Files, ledger: Ledger, report: Report, lenient: bool) -> None:
    """Groups are those of the other file; without it, those that were loaded before."""
    groups = files.groups
    unknown = 0
    for row in file.rows:
        if groups is not None and row.group in groups.rows:
            continue
        if (groups is None or files.unread) and ledger.stands(GROUP, row.group):
            continue
        if groups is not None and row.group in groups.seen:
            if lenient:
                _leave_out(file, row, "group_id", row.group, "the row of that group was left out", report)
        elif not files.unread:
            reason = (
                "no such group was loaded before" if groups is None else f"no such group in {groups.name}"
            )
            _leave_out(file, row, "group_id", row.group, reason, report)
        elif row.line not in file.left_out:
            file.left_out.add(row.line)
            unknown += 1
    if unknown:
        file.whole = False
    if unknown and lenient:
        report.tally(file.name).rejected += unknown
        refer = "refers" if unknown == 1 else "refer"
        reason = f"{counted(unknown, 'row')} {refer} to {files.unread}, which could not be read"
        report.fault(file.name, 0, "", "", reason, whole=True)


def _leave_out(
    file: MembersFile, row: MemberRecord, column: str, value: str, reason: str, report: Report
) -> None:
    report.fault(file.name, row.line, column, value, reason)
    if row.line not in file.left_out:
        report.tally(file.name).rejected += 1
    file.left_out.add(row.line)
    file.whole = False


def _put_members(file: MembersFile | None, people: dict[str, int], ledger: Ledger, report: Report) -> None:
    """Places as the file gives them, and as they stood for what it does not tell."""
    given: dict[str, str] = {}
    if file is None or not file.whole:
        given = ledger.marked(MEMBERSHIP)
    for row in file.rows if file is not None else ():
        if row.role is not None:
            given[f"{people[row.email]}.{ledger.local_id(GROUP, row.group) or 0}"] = row.role
    tally = report.tally(file.name) if file is not None else None
    put_memberships(ledger, with_what_ended(ledger, MEMBERSHIP, given), tally)
