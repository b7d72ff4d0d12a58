"""The README's examples, one after the other, on the database that they make."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import forked
from tests.test_cli import muster

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SECTIONS = ("Begin with your own people", "Day by day", "The weekly digest", "Your own keys and colours")
OPENS_SCREENS = "muster"
ELSEWHERE = ("muster init", "MUSTER_SMTP_URL=")
"""Begins of examples that are tried apart: one makes another database, the other needs a mail server."""


def examples(section: str) -> list[str]:
    """The commands of a section, as they are typed at a shell."""
    _, _, text = README.partition(f"\n## {section}\n")
    assert text, section
    text = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def typed(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell for which `muster` is this program; a command alone needs no shell."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    if re.fullmatch(r"muster [^<>|&;$*`#]*", line):
        return forked.run(shlex.split(line)[1:], cwd=home, environment=environment)
    return subprocess.run(
        ["bash", "-euc", f'muster() {{ "{sys.executable}" -m tui "$@"; }}\n{line}'],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home, with the examples of the clone in it."""
    shutil.copytree(ROOT / "tests" / "examples", tmp_path / "tests" / "examples")
    return tmp_path


def test_the_examples_work_one_after_the_other(home: Path) -> None:
    lines = [line for section in SECTIONS for line in examples(section)]
    assert len(lines) > 10
    for line in lines:
        if line == OPENS_SCREENS or line.startswith(ELSEWHERE):
            continue
        done = typed(line, home)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert "Onboarding" in (home / "onboarding.html").read_text("utf-8")
    assert "Onboarding" in (home / "groups.csv").read_text("utf-8")


def test_a_dry_run_of_the_examples_leaves_no_database(home: Path) -> None:
    [dry] = [line for line in examples(SECTIONS[0]) if "--dry-run" in line]
    assert typed(dry, home).returncode == 0
    assert not [*home.rglob("*.db")]


def test_an_account_is_made_as_the_readme_says(home: Path) -> None:
    [init] = [line for line in examples(SECTIONS[0]) if line.startswith("muster init")]
    assert typed(init, home).returncode == 0
    assert "ana@northfield.example" in muster("user", "list", home=home).stdout


def test_options_that_the_readme_names_are_options_of_commands() -> None:
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    pages = [page.read_text("utf-8") for page in (ROOT / "tui").rglob("*.py")]
    foreign = {"--quiet", "--editable", "--system", "--user-group", "--home-dir", "--shell", "--password"}
    foreign |= {"--create", "--now", "--help"}
    # Those of PostgreSQL's own programs.
    foreign |= {
        "--owner",
        "--encoding",
        "--template",
        "--pwprompt",
        "--replication",
        "--no-owner",
        "--dbname",
    }
    unknown = {one for one in options - foreign if not any(f'"{one}"' in page for page in pages)}
    assert not unknown
