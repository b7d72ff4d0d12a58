"""What somebody asks for over SSH without screens: it ends with their session, whoever reads it or not."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from store import clock, database, errors, preferences
from store.models import Membership
from store.models.access import SessionRow
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.views import Actor
from store.views.groups import Role
from tests.helpers.keys import ed25519
from tests.helpers.school import School

pytestmark = pytest.mark.sqlite("about a file of its own")

ROOT = Path(__file__).parents[1]
PEOPLE = 1_500


@pytest.fixture
def key_id(school: School) -> int:
    """An admin's key, in an account whose report is longer than a pipe holds."""
    root = school.person("Root Admin", admin=True)
    group = school.group("Everybody")
    now = clock.to_micros(clock.now())
    rows = [
        {
            "user": school.person(f"Person Number{number}"),
            "group": group,
            "role": Role.MEMBER,
            "created_at": now,
        }
        for number in range(PEOPLE)
    ]
    with database.writing():
        Membership.insert_many(rows).execute()
    return ssh_keys.add(OPERATOR, ed25519(1), user_id=root).id


def ask(file: Path, key_id: int, line: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "MUSTER_DATABASE": str(file), "SSH_ORIGINAL_COMMAND": line}
    command = [sys.executable, "-m", "tui", "session", "--key-id", str(key_id)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )


def test_a_report_that_nobody_reads_ends_when_its_key_is_revoked(base: Path, key_id: int) -> None:
    with ask(base, key_id, "report memberships") as asked:
        assert asked.stdout is not None
        # It has begun to write, and nothing is read of it.
        assert select.select([asked.stdout], [], [], 60)[0]
        assert asked.poll() is None
        ssh_keys.revoke(OPERATOR, key_id)
        assert asked.wait(30) == 1
    with database.reading():
        row = database.row(SessionRow.select(SessionRow.ended_at.is_null(), SessionRow.reason))
    assert row is not None and not row[0]
    assert "revoked" in row[1]


def test_nothing_more_is_remembered_for_a_session_that_was_ended(school: School) -> None:
    ana = school.person("Ana Brandt")
    key = ssh_keys.add(OPERATOR, ed25519(2), user_id=ana)
    actor: Actor = sessions.begin(key.id, "192.0.2.7")
    preferences.put(actor, "theme", "muster-light")
    ssh_keys.revoke(OPERATOR, key.id)
    for after in (lambda: preferences.put(actor, "theme", "x"), lambda: preferences.get(actor, "theme")):
        with pytest.raises(errors.SignedOutError):
            after()
