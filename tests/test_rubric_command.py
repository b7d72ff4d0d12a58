"""`muster rubric`, as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store import database
from tests.helpers.rubrics import GUIDE, RUBRIC, of, put
from tests.helpers.school import School, dump
from tui.cli import cli

Muster = Callable[..., Result]


@pytest.fixture
def muster(school: School) -> Muster:
    """Run a command on a school with a course, whose steps have a rubric and a guide."""
    steps = school.course("Writing", (10.0, 20.0))
    put(steps[0], *RUBRIC)
    put(steps[1], *GUIDE)
    target = database.name()

    def run(*args: str) -> Result:
        result = CliRunner().invoke(cli, ["rubric", *args, "--database", target])
        database.attach(target)
        return result

    return run


def test_rubrics_are_listed(muster: Muster) -> None:
    assert muster("list").output.splitlines() == [
        "1\tWriting\tWriting lesson 1\tWriting step 1.1\trubric\t3\t10",
        "2\tWriting\tWriting lesson 1\tWriting step 1.2\tguide\t2\t20",
    ]


def test_what_was_exported_brings_back_what_was_removed(muster: Muster, tmp_path: Path) -> None:
    exported = muster("export", "--step", "2").output
    assert muster("remove", "2").output == "removed; to undo it: muster rubric undo\n"
    assert muster("remove", "2").exit_code == 1
    file = tmp_path / "rubrics.csv"
    file.write_text(exported, encoding="utf-8")
    dry = muster("import", str(file), "--dry-run")
    assert dry.output.splitlines()[-1] == "Dry run: nothing was changed."
    assert of(2) is None
    assert muster("import", str(file)).exit_code == 0
    found = of(2)
    assert found is not None
    assert [each.title for each in found.criteria] == ["Code", "Tests"]
    assert "Undid the import of " in muster("undo").output and of(2) is None
    assert muster("undo").output.endswith(": 1 step has the earlier rubrics again.\n") and of(2) is not None
    assert muster("undo").exit_code == 1


def test_faults_are_listed_and_nothing_is_changed(muster: Muster, tmp_path: Path) -> None:
    before = dump()
    file = tmp_path / "rubrics.csv"
    file.write_text("course,step,criterion,level,points\nWriting,Writing step 1.1,Tone\x1b[2J,,9\n")
    done = muster("import", str(file))
    assert done.exit_code == 1
    assert "line 2, step, “Writing step 1.1”: the criteria give 9 points at most" in done.output
    assert dump() == before
