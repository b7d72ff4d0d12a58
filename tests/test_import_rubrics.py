"""The file of rubrics: what it gives steps, what is wrong with it by line, and how it comes out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import database, errors, rubrics
from store.importing import rubrics as importing
from store.importing.report import Summary
from store.models import Step
from store.permissions import OPERATOR
from store.views.rubrics import RubricKind
from store.views.states import Marking
from tests.helpers.rubrics import GUIDE, RUBRIC, of, put
from tests.helpers.school import School, dump

FILE = """course,lesson,step,criterion,description,level,points
Writing,,Writing step 1.1,Tone,"Polite, and warm",Missing,0
Writing,,Writing step 1.1,Tone,,Clear,"7,5"
Writing,,Writing step 1.1,Facts,,Wrong,0
Writing,,Writing step 1.1,Facts,,Right,2.5
writing,WRITING LESSON 1,writing step 1.2,Code,,,15
writing,WRITING LESSON 1,writing step 1.2,Tests,,,5
"""


@pytest.fixture
def steps(school: School) -> list[int]:
    """Steps of 10 and of 20 points, and of none."""
    return school.course("Writing", (10.0, 20.0, None))


def load(folder: Path, content: str | bytes, *, dry_run: bool = False) -> Summary:
    path = folder / "rubrics.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return importing.load(path, dry_run=dry_run)


def test_a_file_gives_steps_rubrics_and_guides(school: School, steps: list[int], tmp_path: Path) -> None:
    summary = load(tmp_path, FILE)
    [tally] = summary.tallies
    assert (tally.read, tally.added, tally.deactivated) == (6, 4, 0)
    rubric, guide = of(steps[0]), of(steps[1])
    assert rubric is not None
    assert guide is not None
    assert (rubric.kind, guide.kind) == (RubricKind.RUBRIC, RubricKind.GUIDE)
    tone, facts = rubric.criteria
    assert (tone.title, tone.description, tone.points) == ("Tone", "Polite, and warm", 7.5)
    assert [(level.title, level.points) for level in facts.levels] == [("Wrong", 0), ("Right", 2.5)]
    assert [(each.title, each.points, each.levels) for each in guide.criteria] == [
        ("Code", 15, ()),
        ("Tests", 5, ()),
    ]
    assert school.audit_lines() == [("import.rubrics", "import", None, None)]


def test_the_same_file_again_changes_nothing_and_steps_it_lacks_stay(
    school: School, steps: list[int], tmp_path: Path
) -> None:
    load(tmp_path, FILE)
    before = dump()
    load(tmp_path, FILE)
    assert dump() == before
    lines = FILE.splitlines(keepends=True)
    [tally] = load(
        tmp_path, "".join([lines[0], lines[5].replace("15", "12"), lines[6].replace("5\n", "8\n")])
    ).tallies
    assert (tally.added, tally.deactivated) == (2, 2)
    rubric = of(steps[0])
    assert rubric is not None
    assert len(rubric.criteria) == 2


def test_a_dry_run_leaves_everything_as_it_was(school: School, steps: list[int], tmp_path: Path) -> None:
    before = dump()
    summary = load(tmp_path, FILE, dry_run=True)
    assert (summary.dry_run, summary.tallies[0].added) == (True, 4)
    assert dump() == before
    assert not school.audit_lines()


HEAD = FILE.splitlines(keepends=True)[0]
FIRST = "Writing step 1.1"
GOOD = f"Writing,,{FIRST},Tone,,,10\n"


def row(criterion: str, points: str, *, level: str = "", described: str = "", step: str = FIRST) -> str:
    return f"Writing,,{step},{criterion},{described},{level},{points}\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (row("Tone", "9"), "line 2, step, “Writing step 1.1”: the criteria give 9 points at most"),
        (GOOD + "Cooking,,Soup,Salt,,,1\n", "line 3, course, “Cooking”: there is no such course"),
        (row("Tone", "10", step="Essay"), "line 2, step, “Essay”: there is no such step in this course"),
        (GOOD.replace(",,Writing", ",Second,Writing"), "there is no such step in this course"),
        (row("Tone", "9", step="Writing step 1.3"), "give 9 points at most, and the step has no points"),
        (GOOD + GOOD, "line 3, criterion, “Tone”: line 2 has the same criterion"),
        (GOOD + row("More", "9", level="Much"), "line 3, level, “Much”: the criteria of this step"),
        (row("Tone", "ten"), "line 2, points, “ten”: a number such as 2 or 2.5 is needed"),
        (row("Tone", "-1"), "a number such as 2 or 2.5 is needed"),
        (row("Tone", "1e3"), "a number such as 2 or 2.5 is needed"),
        (row("Tone", "nan"), "a number such as 2 or 2.5 is needed"),
        (row("Tone", "999999999"), "points go from 0 to 1,000,000"),
        (row("", "10"), "line 2, criterion: a title is needed"),
        (row("x" * 501, "10"), "500 characters at most"),
        ("Writing,,Writing step 1.1\n", "line 2, “Writing”: 3 cells where the header has 7"),
        (row("T", "10", level="A") + row("T", "0", level="A"), "line 3, level, “A”: this criterion has such"),
        (
            row("T", "10", level="A", described="One") + row("T", "0", level="B", described="Two"),
            "line 3, description, “Two”: this criterion is described otherwise",
        ),
        (GOOD + GOOD.replace(",,Writing", ",Writing lesson 1,Writing"), "line 2 has the same step"),
        ("", "the file has no rows"),
        ('Writing,,"Writing', "line 2: a quote opens here and is never closed"),
    ],
)
def test_a_fault_is_told_with_its_line_and_nothing_is_written(
    school: School, steps: list[int], tmp_path: Path, rows: str, said: str
) -> None:
    refused_for(school, tmp_path, HEAD + rows, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file has no rows"),
        ("course,step,points\nWriting,A,1\n", "these columns lack: criterion, level"),
        ("group_id,email,role\n1,a@x.example,member\n", "load it with muster import groups"),
        (HEAD.replace("lesson", "course") + GOOD, "line 1, course: the column is there twice"),
        ((HEAD + GOOD).encode("utf-16"), "UTF-16"),
        ((HEAD + GOOD.replace("Tone", "Schönheit")).encode("cp1252"), "but probably Windows-1252"),
        (b"PK\x03\x04[Content_Types].xml xl/workbook.xml", "not a CSV file"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_it_is(
    school: School, steps: list[int], tmp_path: Path, content: str | bytes, said: str
) -> None:
    refused_for(school, tmp_path, content, said)


def refused_for(school: School, folder: Path, content: str | bytes, said: str) -> None:
    before = dump()
    with pytest.raises(errors.ImportRefusedError) as refused:
        load(folder, content)
    faults = list(map(str, refused.value.faults))
    assert [fault for fault in faults if said in fault], faults
    assert dump() == before
    assert not school.audit_lines()


def test_all_faults_are_told_at_once(school: School, steps: list[int], tmp_path: Path) -> None:
    wrong = "Cooking,,Soup,Salt,,,1\nWriting,,Essay,Tone,,,9\nWriting,,Writing step 1.1,Tone,,,9\n"
    with pytest.raises(errors.ImportRefusedError) as refused:
        load(tmp_path, HEAD + wrong)
    assert [str(fault).split(", ")[1] for fault in refused.value.faults] == ["line 2", "line 3", "line 4"]


def test_steps_of_one_title_are_told_apart_by_their_lesson(school: School, tmp_path: Path) -> None:
    first, second = school.course("Twice", (5.0,), lessons=2)
    for step in (first, second):
        school.change(Step, step, title="Reflection")
    with pytest.raises(errors.ImportRefusedError, match="2 steps of this course have this title; name"):
        load(tmp_path, HEAD + "Twice,,Reflection,Depth,,,5\n")
    load(tmp_path, HEAD + "Twice,Twice lesson 2,Reflection,Depth,,,5\n")
    assert of(first) is None
    assert of(second) is not None


def test_a_step_that_is_marked_automatically_takes_none(
    school: School, steps: list[int], tmp_path: Path
) -> None:
    school.change(Step, steps[0], marking=Marking.AUTOMATIC)
    with pytest.raises(errors.ImportRefusedError, match="this step is marked automatically"):
        load(tmp_path, HEAD + GOOD)


def test_columns_in_another_order_and_semicolons_do_no_harm(
    school: School, steps: list[int], tmp_path: Path
) -> None:
    load(tmp_path, "\ufeffPoints;Level;Criterion;Step;Course\n10;;Tone;Writing step 1.1;Writing\n")
    assert of(steps[0]) is not None


def test_what_is_written_is_what_is_read_and_runs_in_no_spreadsheet(
    school: School, steps: list[int], tmp_path: Path
) -> None:
    put(steps[0], RUBRIC[0]._replace(title="=1+2", description="-3; @SUM(A1)"), *RUBRIC[1:])
    put(steps[1], *GUIDE)
    before = dump()
    with database.reading():
        written = "".join(importing.lines(rubrics.listing(OPERATOR)))
    assert "'=1+2" in written
    load(tmp_path, written)
    assert dump() == before
