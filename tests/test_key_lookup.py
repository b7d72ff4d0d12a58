"""The look-up of a key by sshd answers as the store does, however the set-up files of each version ask."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from store import database, people
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.ssh import public_keys
from tests.helpers.keys import ed25519, rsa
from tests.helpers.school import School
from tests.helpers.unprivileged import bound, environment
from tui.ssh import setup_files
from tui.ssh.setup_files import Setup

pytestmark = pytest.mark.sqlite("about a file of its own")

ROOT = Path(__file__).parents[1]
WAYS = (
    ("0.3.0", ("-I", "-m", "tui.authorized_keys")),
    ("0.5.0", ("-I", "-m", "tui.ssh.key_lookup")),
    ("now", ("-IS", "-c", setup_files.LOOKUP, str(ROOT))),
)
"""The arguments of Python before those of sshd, by the version that wrote the set-up files."""
SHOWS_MODULES = "; print(*[name for name in sys.modules if name.partition('.')[0] in {}])"
NOT_NEEDED = (
    "peewee",
    "playhouse",
    "sqlite3",
    "pathlib",
    "re",
    "typing",
    "dataclasses",
    "textual",
    "click",
    "screens",
)


def looked_up(
    way: tuple[str, ...], target: str, line: str, fingerprint: str = ""
) -> subprocess.CompletedProcess[str]:
    """What Python answers to sshd."""
    kind, blob, *_ = line.split()
    asked = (fingerprint or public_keys.parse(line).fingerprint, kind, blob)
    variables = {"HOME": "/", "MUSTER_WRAPPER": "/etc/muster/muster", "MUSTER_DATABASE": target}
    return subprocess.run(
        [sys.executable, *way, "muster", *asked], env=variables, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def offered(school: School) -> dict[str, str]:
    """A line of each kind of key that may be offered, and that lets in by the rules of the store or not."""
    ana, gone = school.person("Ana Brandt"), school.person("Gil Gone")
    numbers = {"known": 1, "revoked": 2, "given again": 3, "deactivated": 4, "unknown": 5}
    lines = {name: ed25519(number) for name, number in numbers.items()}
    made = {
        name: ssh_keys.add(OPERATOR, lines[name], user_id=gone if name == "deactivated" else ana)
        for name in ("known", "revoked", "given again", "deactivated")
    }
    for name in ("revoked", "given again"):
        ssh_keys.revoke(OPERATOR, made[name].id)
    ssh_keys.add(OPERATOR, lines["given again"], user_id=ana)
    people.deactivate(OPERATOR, gone)
    return lines


def expected(line: str) -> str:
    """The answer, by what the store shows to the operator."""
    key = public_keys.parse(line)
    for view in ssh_keys.of_everybody(OPERATOR):
        is_theirs = (view.fingerprint, view.revoked_at) == (key.fingerprint, None)
        if is_theirs and any(row.active for row in people.list_people(OPERATOR, view.person).rows):
            command = f'command="/etc/muster/muster session --key-id {view.id}"'
            return f"restrict,pty,{command} {key.kind} {key.blob}\n"
    return ""


def test_each_kind_of_key_is_answered_as_the_store_has_it_whoever_wrote_the_set_up_files(
    offered: dict[str, str],
) -> None:
    wanted = {name: expected(line) for name, line in offered.items()}
    assert [name for name, line in wanted.items() if line] == ["known", "given again"]
    target = database.name()
    database.close()
    for version, way in WAYS:
        for name, line in offered.items():
            done = looked_up(way, target, line)
            assert (done.returncode, done.stdout, done.stderr) == (0, wanted[name], ""), (version, name)


@pytest.mark.parametrize("version", [version for version, _ in WAYS])
def test_a_key_that_is_another_than_its_fingerprint_says_lets_nobody_in(
    offered: dict[str, str], version: str
) -> None:
    known = public_keys.parse(offered["known"])
    for other in (f"ssh-rsa {known.blob}", f"{known.kind} {public_keys.parse(ed25519(9)).blob}", rsa(3072)):
        done = looked_up(dict(WAYS)[version], database.name(), other, known.fingerprint)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_is_imported_for_any_kind_of_key_that_takes_longer_than_the_answer(
    offered: dict[str, str],
) -> None:
    # `answer` ends the process.
    main = setup_files.LOOKUP.replace("answer", "main")
    way = ("-IS", "-c", main + SHOWS_MODULES.format(NOT_NEEDED), str(ROOT))
    for name, line in offered.items():
        lines = looked_up(way, database.name(), line).stdout.splitlines()
        assert lines[-1] == "", name


def test_the_wrapper_looks_up_as_before_once_muster_has_moved(
    offered: dict[str, str], tmp_path: Path
) -> None:
    setup = Setup(tmp_path)
    for file in setup_files.files(setup, database.name()):
        setup_files.write(setup, file, force=True)
    key = public_keys.parse(offered["known"])
    asked = [str(setup.wrapper), "keys", "muster", key.fingerprint, key.kind, key.blob]
    answers = [subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout]
    moved = setup.wrapper.read_text().replace(f"installed={shlex.quote(str(ROOT))}\n", "installed=/gone\n")
    assert "installed=/gone\n" in moved
    setup.wrapper.write_text(moved)
    answers.append(subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout)
    command = f'command="{setup.wrapper} session --key-id 1"'
    assert answers == [f"restrict,pty,{command} {key.kind} {key.blob}\n"] * 2


# ------------------------------------------------------------- where the database cannot be read as usual

BOTH = """
import sys
from store import database, errors
from store.models import User
from store.models.access import SshKey
from store.ssh import offered_key

def said(find):
    try:
        return find()
    except errors.MusterError as error:
        return f"{type(error).__name__}: {error.message}"

def by_models():
    database.attach(sys.argv[1])
    columns = (SshKey.id, SshKey.kind, SshKey.blob, User.active, SshKey.revoked_at)
    with database.reading():
        found = SshKey.select(*columns).join(User).where(SshKey.fingerprint == sys.argv[2])
        return database.row(found.order_by(SshKey.revoked_at.is_null(False), SshKey.id.desc()).limit(1))

print(said(by_models))
print(said(lambda: offered_key.find(sys.argv[1], sys.argv[2])))
"""
WRITTEN = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("UPDATE ssh_keys SET fingerprint = 'SHA256:new' WHERE id = 1")
os._exit(0)
"""


def _leave_a_log(file: Path) -> None:
    """Give key 1 another fingerprint, which stands in the log alone."""
    subprocess.run([sys.executable, "-c", WRITTEN, file], check=True)


def _close(file: Path) -> None:
    for path in file.parent.iterdir():
        path.chmod(0o444)
    file.parent.chmod(0o555)


def _read_only(file: Path) -> str:
    _close(file)
    return str(file)


def _read_only_with_a_log(file: Path) -> str:
    _leave_a_log(file)
    return _read_only(file)


def _read_only_with_a_log_out_of_reach(file: Path) -> str:
    _leave_a_log(file)
    _close(file)
    file.with_name(f"{file.name}-wal").chmod(0)
    return str(file)


def _with_a_log(file: Path) -> str:
    _leave_a_log(file)
    return str(file)


def _out_of_reach(file: Path) -> str:
    file.parent.chmod(0)
    return str(file)


def _unreadable(file: Path) -> str:
    file.chmod(0o200)
    return str(file)


def _linked(file: Path) -> str:
    (file.parent.parent / "link.db").symlink_to(file)
    return str(file.parent.parent / "link.db")


def _oddly_named(file: Path) -> str:
    return str(file.rename(file.with_name("a%20b?c#d.db")))


def _empty(file: Path) -> str:
    file.write_bytes(b"")
    return str(file)


def _damaged(file: Path) -> str:
    file.write_bytes(b"no database at all" * 1_000)
    return str(file)


def _changed_by(sql: str) -> Callable[[Path], str]:
    def change(file: Path) -> str:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute(sql)
            connection.commit()
        return str(file)

    return change


CASES: dict[str, tuple[Callable[[Path], str], str]] = {
    "as usual": (str, "(1, "),
    "by URL": (lambda file: f"sqlite:///{file}", "(1, "),
    "by a link": (_linked, "(1, "),
    "by an odd name": (_oddly_named, "(1, "),
    "two slashes": (lambda file: f"/{file}", "(1, "),
    "with what stands in the log": (_with_a_log, "None"),
    "read-only": (_read_only, "(1, "),
    "read-only, with what stands in the log": (_read_only_with_a_log, "None"),
    "read-only, its log out of reach": (_read_only_with_a_log_out_of_reach, "ReadOnlyError: "),
    "out of reach": (_out_of_reach, "MissingError: "),
    "not to be read": (_unreadable, "MissingError: "),
    "not there": (lambda file: f"{file}.gone", "MissingError: There is no database"),
    "a folder": (lambda file: str(file.parent), "InvalidError: "),
    "another kind": (lambda _: "mysql://ana@x/y", "InvalidError: "),
    "on a server that is away": (lambda _: "postgresql://127.0.0.1:1/y", "LostError: "),
    "with a password": (lambda _: "postgresql://ana:geheim@127.0.0.1:1/y", "InvalidError: A password"),
    "of another machine": (lambda _: "sqlite://x/y.db", "InvalidError: "),
    "empty": (_empty, "CorruptError: "),
    "damaged": (_damaged, "CorruptError: "),
    "of another program": (_changed_by("ALTER TABLE ssh_keys RENAME TO others"), "CorruptError: "),
    "newer": (
        _changed_by("INSERT INTO schema_migration (name, applied) VALUES ('9999_newer', '')"),
        "NewerError: ",
    ),
    "not in UTF-8": (
        _changed_by("UPDATE ssh_keys SET blob = CAST(x'ff' AS TEXT) WHERE id = 1"),
        "CorruptError: ",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_look_up_finds_or_is_refused_is_what_the_models_find_and_are_refused(
    offered: dict[str, str], tmp_path: Path, case: str
) -> None:
    database.close()
    folder = tmp_path / "srv"
    folder.mkdir()
    spoil, begins = CASES[case]
    target = spoil(Path(shutil.copy(database.location(), folder / "school.db")))
    fingerprint = public_keys.parse(offered["known"]).fingerprint
    try:
        done = subprocess.run(
            [*bound(), sys.executable, "-c", BOTH, target, fingerprint],
            env=environment(tmp_path),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        by_models, by_lookup = done.stdout.splitlines()
        assert by_lookup == by_models.replace(", True, ", ", 1, ")
        assert by_lookup.startswith(begins)
    finally:
        folder.chmod(0o755)


def test_a_look_up_leaves_nothing_beside_the_database(offered: dict[str, str], tmp_path: Path) -> None:
    database.close()
    folder = tmp_path / "srv"
    folder.mkdir()
    file = Path(shutil.copy(database.location(), folder / "school.db"))
    assert looked_up(dict(WAYS)["now"], str(file), offered["known"]).stdout
    assert [*folder.iterdir()] == [file]
