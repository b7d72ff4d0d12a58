"""Taking in the work of a worksheet, and giving back what was said of it here.

People are known by what an earlier sheet of the step was matched with; else by email, and only where whoever
imports it says so. A row is the work as it is at the Moodle: what was decided here since is not overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import NamedTuple

from peewee import fn

from store import clock, database, errors, text
from store.batches import chunks
from store.importing.ledger import Ledger, digest, mark
from store.importing.report import Report, Summary, Tally
from store.importing.transaction import importing
from store.models import Attempt, Completion, Course, Lesson, Review, Step, User
from store.models.sites import SiteStep
from store.review_conditions import stands
from store.sites.worksheet import sheet as worksheet
from store.sites.worksheet import words as worksheet_words
from store.sites.worksheet import zip_files as worksheet_zip
from store.sites.worksheet.sheet import Sheet, SheetRow
from store.sites.worksheet.zip_files import NOTHING, Handed
from store.views.states import Decision, State

PERSON, ATTEMPT, GRADE = "person", "attempt", "grade"
_NOT_HANDED_IN = tuple(words.casefold() for words in worksheet_words.NOT_HANDED_IN)


def source_of(step_id: int) -> str:
    """What `ExternalId` has as the source of a step's worksheets."""
    return f"worksheet:{step_id}"


# -------------------------------------------------------------------- who is who


class Matches(NamedTuple):
    """Who is who: people here by the numbers of rows. `by_email` are the numbers known by email alone, each
    with the email; `unknown` the lines of nobody who is here.
    """

    users: dict[str, int]
    by_email: dict[str, str]
    unknown: tuple[int, ...]


def find_step(named: str) -> int:
    """The step with this title or number. Raises NotFoundError for none, InvalidError for several."""
    wanted = text.fold(named)
    with database.reading():
        columns = (Step.id, Step.title, Course.title)
        query = Step.select(*columns).join(Lesson).join(Course).where(Step.active, Course.active)
        rows = database.rows(query.order_by(Course.title, Step.id))
    found = [row for row in rows if text.fold(row[1]) == wanted] or [
        row for row in rows if str(row[0]) == named
    ]
    if not found:
        raise errors.NotFoundError("No step has that title or number.")
    if len(found) > 1:
        several = "; ".join(f"{row[0]} in {text.clean_line(row[2])}" for row in found[:20])
        raise errors.InvalidError(f"Several steps have that title. Name one by its number: {several}.")
    return int(found[0][0])


def match(sheet: Sheet, step_id: int, people: Mapping[str, str] | None = None) -> Matches:
    """Find the people of a sheet; `people` has the emails here of numbers that somebody named.

    Call inside a transaction. Raises NotFoundError for no such step, InvalidError for an email of nobody.
    """
    if database.row(Step.select(Step.id).where(Step.id == step_id, Step.active)) is None:
        raise errors.NotFoundError("No such step. It may have been withdrawn.")
    if database.row(SiteStep.select(SiteStep.id).where(SiteStep.step == step_id)) is not None:
        raise errors.InvalidError("This step comes from a linked site: its work comes with muster sync.")
    ledger = Ledger(source_of(step_id), (PERSON,))
    users, by_email, unknown = {}, {}, []
    named = {number: text.email_key(email) for number, email in (people or {}).items()}
    emails = {text.email_key(sheet.value(row, "email")): row for row in sheet.rows}
    emails.pop("", None)
    here: dict[str, int] = {}
    for some in chunks(sorted({*emails, *named.values()})):
        query = User.select(User.email, User.id).where(User.email.in_(list(some)), User.active)
        here |= dict(database.rows(query))
    if missing := sorted(set(named.values()) - here.keys()):
        raise errors.InvalidError(f"Nobody here has the email {text.clean_line(missing[0])}.")
    for row in sheet.rows:
        email = text.email_key(sheet.value(row, "email"))
        if row.number in named:
            users[row.number] = here[named[row.number]]
            continue
        known = ledger.local_id(PERSON, row.number)
        if known is not None:
            users[row.number] = known
        elif email and email in here:
            users[row.number], by_email[row.number] = here[email], email
        else:
            unknown.append(row.line)
    return Matches(users, by_email, tuple(unknown))


# ------------------------------------------------------------------------ taking in


def load(
    sheet: Sheet,
    name: str,
    step_id: int,
    *,
    archive: Path | None = None,
    people: Mapping[str, str] | None = None,
    by_email: bool = False,
    dry_run: bool = False,
) -> Summary:
    """Take in the work of a sheet, in one transaction with one audit line; files of the zip are kept first.

    Raises InvalidError where people are known by email alone and `by_email` does not allow that, and what
    `zip_files` raises.
    """
    report = Report(dry_run=dry_run)
    handed = worksheet_zip.read(archive) if archive else {}
    if archive and not dry_run:
        # Not inside the transaction: others would wait for as long as the files take.
        with database.reading():
            matches = match(sheet, step_id, people)
        _require_allowed(matches, by_email)
        theirs = [row for row in sheet.rows if row.number in matches.users and row.number in handed]
        numbers = [row.number for row in theirs if _is_of(sheet, row, handed[row.number])]
        handed = worksheet_zip.keep(archive, handed, numbers)
    with importing("worksheet", report):
        matches = match(sheet, step_id, people)
        _require_allowed(matches, by_email or dry_run)
        if matches.unknown:
            lines = ", ".join(map(str, matches.unknown[:20]))
            rows_left = f"{text.counted(len(matches.unknown), 'row')} of people who are not here"
            report.note(f"Left out: {rows_left} (lines {lines}).")
        rows = _Rows(sheet, step_id, matches, report.tally(name))
        for row in sheet.rows:
            rows.take(row, handed.get(row.number, NOTHING))
        rows.end()
        if rows.others:
            folders = text.counted(rows.others, "folder")
            report.note(f"Left out: {folders} of the zip, of somebody else or of a team.")
        for note in worksheet_zip.told(rows.listed, rows.kept, dry_run):
            report.note(note)
    return report.summary()


class _Rows:
    """Takes in the rows of a sheet. `listed` counts new files, `kept` those that can be opened here, `others`
    the folders of the zip that are not of the person in the row. Make it inside the transaction.
    """

    def __init__(self, sheet: Sheet, step_id: int, matches: Matches, tally: Tally) -> None:
        self.listed = self.kept = self.others = 0
        self._sheet = sheet
        self._step_id = step_id
        self._users = matches.users
        self._tally = tally
        tally.read = len(sheet.rows)
        self._ledger = Ledger(source_of(step_id), (PERSON, ATTEMPT, GRADE))
        self._stood = _stood(step_id, list(matches.users.values()))

    def take(self, row: SheetRow, work: Handed) -> None:
        """Take in a row with what the zip has for its number."""
        user_id = self._users.get(row.number)
        if user_id is None:
            self._tally.rejected += 1
            return
        self._ledger.remember(PERSON, row.number, user_id, digest(user_id))
        if not _is_of(self._sheet, row, work):
            # The folder of a team has the number of the team, which may be that of anybody.
            self.others += 1
            work = NOTHING
        if _is_handed_in(self._sheet, row, work):
            self._take_work(row, work, user_id)

    def _take_work(self, row: SheetRow, work: Handed, user_id: int) -> None:
        sheet, ledger, before = self._sheet, self._ledger, self._stood.get(user_id)
        given = _grade_mark(sheet, row)
        decided_here = before is not None and before.decided_here
        attempt_id = ledger.local_id(ATTEMPT, row.number)
        now, is_same = _work_mark(sheet, row, work, ledger.mark(ATTEMPT, row.number))
        same_work = attempt_id is not None and is_same
        same_grade = ledger.unchanged(GRADE, row.number, given)
        ledger.remember(GRADE, row.number, attempt_id, given)
        if same_work and attempt_id is not None:
            ledger.remember(ATTEMPT, row.number, attempt_id, now)
            self.kept += worksheet_zip.bring(attempt_id, work.files)
        # What was said here counts until there is new work: the grade in the sheet may be its echo.
        if same_work and (same_grade or decided_here):
            return
        attempt_id = _put(
            sheet,
            row,
            work,
            Whose(self._step_id, user_id, before),
            attempt_id if same_work else None,
            takes_grade=not decided_here and not (same_grade and before is not None),
        )
        ledger.remember(ATTEMPT, row.number, attempt_id, now)
        if not same_work:
            self.listed += len(work.files)
            self.kept += sum(1 for file in work.files if file.url)
        self._tally.added += before is None
        self._tally.changed += before is not None

    def end(self) -> None:
        """Keep what is known of the rows for the next sheet."""
        self._ledger.flush()


def _require_allowed(matches: Matches, by_email: bool) -> None:
    if matches.by_email and not by_email:
        raise errors.InvalidError(
            f"{text.counted(len(matches.by_email), 'person', 'people')} in the sheet would be known by email "
            "alone. See who with --dry-run, then allow it with --match-by-email."
        )


class _Stood(NamedTuple):
    """Work as it is here. `decided_here`: somebody here said something of it that counts."""

    id: int
    version: int
    attempts: int
    decided_here: bool


def _stood(step_id: int, users: Sequence[int]) -> dict[int, _Stood]:
    found: dict[int, _Stood] = {}
    for some in chunks(sorted(set(users))):
        theirs = (Completion.step == step_id) & Completion.user.in_(list(some))
        counted = Attempt.select(Attempt.completion, fn.COUNT(Attempt.id)).join(Completion)
        attempts = dict(database.rows(counted.where(theirs).group_by(Attempt.completion)))
        own = Review.select(Review.completion).join(Completion)
        own = own.where(theirs, Review.reviewer.is_null(False), stands())
        decided_here = {row[0] for row in database.rows(own.distinct())}
        query = Completion.select(Completion.user, Completion.id, Completion.version).where(theirs)
        for user_id, work, version in database.rows(query):
            found[user_id] = _Stood(work, version, attempts.get(work, 0), work in decided_here)
    return found


class Whose(NamedTuple):
    """The step and the person, and their work as it is here."""

    step_id: int
    user_id: int
    before: _Stood | None


def _work_mark(sheet: Sheet, row: SheetRow, work: Handed, before: str) -> tuple[str, bool]:
    """A fingerprint of what was handed in, in the sheet and in the zip, and whether it is as `before`.

    Without anything in the zip, what was in it stands.
    """
    # Not the time: it moves on when a teacher does something, too.
    said = sheet.value(row, "text")
    in_sheet, _, in_zip = before.partition(".")
    files = [[file.name, file.size] for file in work.files]
    is_as_marked_before = bool(before) and before == digest(said, work.text, files)
    inside = [[file.name, file.size, file.checksum] for file in work.files]
    now_in_zip = in_zip if work == NOTHING else mark([work.text, inside])
    is_same = (in_sheet, in_zip) == (mark(said), now_in_zip)
    is_same = is_same or (not in_zip and in_sheet == mark(said))
    return f"{mark(said)}.{now_in_zip}", is_same or is_as_marked_before


def _grade_mark(sheet: Sheet, row: SheetRow) -> str:
    return digest(sheet.value(row, "grade"), sheet.value(row, "feedback"))


def _is_of(sheet: Sheet, row: SheetRow, work: Handed) -> bool:
    """Whether a folder of the zip says that it is this person's: Moodle leaves signs of names out."""
    name = sheet.value(row, "name") or sheet.value(row, "identifier").removesuffix(row.number)
    return not work.owner or _letters(work.owner) == _letters(name)


def _letters(name: str) -> str:
    return "".join(char for char in text.fold(name) if char.isalnum())


def _is_handed_in(sheet: Sheet, row: SheetRow, work: Handed) -> bool:
    if sheet.value(row, "status").casefold().startswith(_NOT_HANDED_IN):
        return False
    said = sheet.value(row, "text") or sheet.value(row, "handed-in").strip("-") or sheet.value(row, "grade")
    return bool(said or work.text or work.files)


def _put(
    sheet: Sheet, row: SheetRow, work: Handed, whose: Whose, attempt_id: int | None, *, takes_grade: bool
) -> int:
    """Write the work of a row; returns the id of its attempt: a new one unless `attempt_id` says which."""
    now, before = clock.now(), whose.before
    at = worksheet.moment(sheet.value(row, "handed-in")) or now
    points, words = _given(sheet, row) if takes_grade else (None, "")
    is_graded = points is not None or bool(words)
    values = {
        "state": State.COMPLETE if is_graded else State.NEEDS_REVIEW,
        "points": points,
        "submitted_at": at,
        "completed_at": now if is_graded else None,
    }
    if before is None:
        completion_id = int(Completion.insert(user=whose.user_id, step=whose.step_id, **values).execute())
    else:
        completion_id = before.id
        changed = Completion.update(**values, version=before.version + 1)
        changed.where(Completion.id == completion_id).execute()
    if attempt_id is None:
        body = text.clean_text(work.text if work.text is not None else sheet.value(row, "text")).strip()
        number = (before.attempts if before else 0) + 1
        attempt = Attempt.insert(completion=completion_id, number=number, text=body, submitted_at=at)
        attempt_id = int(attempt.execute())
        worksheet_zip.attach(attempt_id, work.files)
    if is_graded:
        feedback = "\n\n".join(filter(None, (words, text.clean_text(sheet.value(row, "feedback")).strip())))
        Review.insert(
            completion=completion_id,
            attempt=attempt_id,
            decision=Decision.APPROVE,
            points=points,
            feedback=feedback,
            created_at=now,
        ).execute()
    return attempt_id


def _given(sheet: Sheet, row: SheetRow) -> tuple[float | None, str]:
    """Points, or the words of a scale."""
    said = sheet.value(row, "grade")
    if "scale" in sheet.columns:
        return None, text.clean_line(said)
    with suppress(ValueError):
        points = float(said.replace(",", "."))
        if 0 <= points < 1_000_000:
            return points, ""
    return None, ""


# ---------------------------------------------------------------------- giving back


def reviewed(sheet: Sheet, step_id: int) -> str:
    """The sheet with its header and those rows alone that were reviewed here since it was taken in.

    Points that were approved, and feedback as HTML made of escaped words. A scale's words are left as they
    are: nobody gives them here.
    """
    changes: dict[str, dict[str, str]] = {}
    with database.reading():
        ledger = Ledger(source_of(step_id), (ATTEMPT,))
        for row in sheet.rows:
            attempt_id = ledger.local_id(ATTEMPT, row.number)
            if attempt_id is None:
                continue
            query = Review.select(Review.decision, Review.points, Review.feedback).where(
                Review.attempt == attempt_id, Review.reviewer.is_null(False), stands()
            )
            said = database.row(query.order_by(Review.created_at.desc(), Review.id.desc()).limit(1))
            if said is None:
                continue
            values = {"feedback": escape(said[2], quote=False).replace("\n", "<br>")} if said[2] else {}
            if said[0] == Decision.APPROVE and said[1] is not None and "scale" not in sheet.columns:
                values["grade"] = f"{said[1]:.2f}"
            changes[row.number] = values
    return worksheet.edited(sheet, changes)
