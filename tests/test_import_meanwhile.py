"""Others go on working while an import reads and works out what comes of its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from store import clock, database
from store.audit import audit
from store.importing import activity, oneroster
from store.importing.oneroster.rules import FileReader
from store.importing.transaction import CHECKING, WRITING
from store.models import AuditLine, Completion, Review, User
from store.models.kept_statements import KeptStatement
from store.permissions import OPERATOR
from store.views.states import Decision
from tests.helpers.activity_fixtures import (
    COURSE,
    ESSAY,
    QUIZ,
    TOM,
    add_person,
    completions,
    count,
    look,
    ndjson,
    reviews,
    say,
    score,
)
from tests.helpers.roster_files import dump, grade, hill

pytestmark = pytest.mark.usefixtures("base", "noon")


def elsewhere(work: Callable[[], None]) -> None:
    """Do it on another connection, and refuse to wait for it: nobody is locked out."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            database.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert not failed, failed


def meanwhile(monkeypatch: pytest.MonkeyPatch, *works: Callable[[], None]) -> list[str]:
    """Do each of these once, when an import of activity has worked out what it will write; how often it
    did.
    """
    done: list[str] = []
    run = activity._Import.run
    left = list(works)

    def worked_out(self: Any, *arguments: Any, **options: Any) -> None:
        run(self, *arguments, **options)
        done.append("worked out")
        if left:
            elsewhere(left.pop(0))

    monkeypatch.setattr(activity._Import, "run", worked_out)
    return done


def review_of(completion: int) -> Callable[[], None]:
    """A review of some work, as the program writes it."""

    def work() -> None:
        with database.writing():
            Review.insert(
                completion=completion, decision=Decision.APPROVE, points=9, created_at=clock.now()
            ).execute()
            Completion.update(state="complete", points=9, version=Completion.version + 1).where(
                Completion.id == completion
            ).execute()
            audit.write(OPERATOR, "review.approve", "completion", completion)

    return work


def person_added() -> None:
    made = add_person("tom@school.example", "Tom", "Reyes")
    with database.writing():
        audit.write(OPERATOR, "user.add", "user", made)


SCORED = say("scored", QUIZ, parents=[COURSE], id="s1", result=score(7), context={"instructor": TOM})


def test_a_review_of_other_work_changes_nothing_but_the_number_of_the_imports_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person("ana@school.example")
    activity.load(ndjson(tmp_path, say("submitted", ESSAY, parents=[COURSE], id="s0")))
    ((essay,),) = look(Completion.select(Completion.id))
    done = meanwhile(monkeypatch, review_of(essay))
    activity.load(ndjson(tmp_path, SCORED, name="more"))
    assert done == ["worked out"]
    assert completions() == [("Essay 1", "complete", 9.0), ("Quiz 1", "complete", 7.0)]
    assert [row[:2] for row in reviews()] == [("approve", 9.0), ("approve", 7.0)]
    # Voided, it takes its own review back and not the other one.
    activity.load(ndjson(tmp_path, void("s1"), name="void"))
    assert look(Review.select(Review.points, Review.undone_at.is_null())) == [(9.0, True)]
    assert completions() == [("Essay 1", "complete", 9.0)]


def void(key: str) -> dict[str, Any]:
    return {**say("voided", {"objectType": "StatementRef", "id": key}), "id": f"void {key}"}


def test_a_review_of_the_same_work_is_taken_into_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person("ana@school.example")
    activity.load(ndjson(tmp_path, say("submitted", QUIZ, parents=[COURSE], id="s0")))
    ((quiz,),) = look(Completion.select(Completion.id))
    done = meanwhile(monkeypatch, review_of(quiz))
    again = say("submitted", QUIZ, parents=[COURSE], id="s1", minute=-5, result={"response": "Earlier."})
    activity.load(ndjson(tmp_path, again, name="more"))
    assert done == ["worked out"] * 2
    assert completions() == [("Quiz 1", "complete", 9.0)]
    assert look(KeptStatement.select(KeptStatement.key).order_by(KeptStatement.key)) == [("s0",), ("s1",)]


def test_people_who_are_added_meanwhile_are_known_and_not_added_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = meanwhile(monkeypatch, person_added)
    summary = activity.load(ndjson(tmp_path, SCORED, {**SCORED, "actor": TOM, "id": "s2"}), add_people=True)
    assert done == ["worked out"] * 2
    assert count(User) == 2
    assert [tally.added for tally in summary.tallies if tally.file == "people"] == [1]
    assert count(Completion) == 2


def test_where_others_change_it_again_and_again_it_is_worked_out_while_they_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = meanwhile(monkeypatch, person_added, account_changed)
    activity.load(ndjson(tmp_path, SCORED), add_people=True)
    assert done == ["worked out"] * 3
    assert completions() == [("Quiz 1", "complete", 7.0)]
    # Its turns leave no lines, and the log is whole.
    assert [row[0] for row in look(AuditLine.select(AuditLine.action).order_by(AuditLine.id))][
        -1
    ] == "import.activity"
    with database.reading():
        assert list(audit.faults()) == []
        assert count_lines("import.activity") == 1


def account_changed() -> None:
    with database.writing():
        audit.write(OPERATOR, "account.change", "account", 1)


def count_lines(action: str) -> int:
    return AuditLine.select().where(AuditLine.action == action).count()


def test_a_dry_run_that_others_cross_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, person_added)
    summary = activity.load(ndjson(tmp_path, SCORED), add_people=True, dry_run=True)
    assert summary.dry_run
    assert (count(User), count(Completion), count(KeptStatement)) == (1, 0, 0)


def test_others_write_while_a_roster_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = FileReader.run
    read: list[str] = []

    def while_reading(self: FileReader, *arguments: Any) -> Any:
        found = run(self, *arguments)
        elsewhere(lambda: read.append(str(add_person(f"p{len(read)}@other.example"))))
        return found

    monkeypatch.setattr(FileReader, "run", while_reading)
    oneroster.load(grade(hill()).write(tmp_path / "set"))
    assert len(read) == 9
    assert count(Completion) > 0


@pytest.mark.parametrize("stage", ["reading", CHECKING, WRITING])
def test_whoever_stops_an_import_takes_all_of_it_back(tmp_path: Path, stage: str) -> None:
    add_person("ana@school.example")
    activity.load(ndjson(tmp_path, say("submitted", ESSAY, parents=[COURSE], id="s0")))
    before = dump(audit=True)

    def stop(what: str, done: int, total: int) -> None:
        if what == stage or (stage == "reading" and what not in (CHECKING, WRITING)):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        activity.load(ndjson(tmp_path, SCORED, name="more"), add_people=True, progress=stop)
    if stage != CHECKING:
        with pytest.raises(KeyboardInterrupt):
            oneroster.load(grade(hill()).write(tmp_path / "set"), progress=stop)
    assert dump(audit=True) == before
    activity.load(ndjson(tmp_path, SCORED, name="more"), add_people=True)
    assert completions()[-1] == ("Quiz 1", "complete", 7.0)
