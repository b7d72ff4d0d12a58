"""Each recorded failure of a Moodle in the midst of a full comparison is told, and withdraws nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store import database
from store.models import Completion, Course, Enrolment, Membership, Step, User
from store.models.sites import SitePerson
from store.permissions import OPERATOR
from store.sites import sites
from store.sites.errors import SiteError
from tests.helpers.fake_moodle.server import Answer
from tests.helpers.linked import Linked

FAILURES = Path(__file__).parents[2] / "shared" / "samples" / "moodle" / "failures"
NO_FAILURES = ("_as_admin", "site_needs_upgrade", "_site_info", "_public_config")
ASKED = (
    "core_webservice_get_site_info",
    "core_course_get_courses_by_field",
    "core_course_get_contents",
    "core_enrol_get_enrolled_users",
    "mod_assign_get_assignments",
    "mod_assign_get_submissions",
    "mod_assign_get_grades",
)
"""What a full comparison asks: each failure comes at one of them."""


def answers() -> Iterator[tuple[str, Answer]]:
    """One recorded answer of each kind of failure."""
    known = set()
    for path in sorted(FAILURES.glob("*.json")):
        exchange = json.loads(path.read_text(encoding="utf-8"))
        found = exchange["answer"]
        code = found.get("errorcode") or str(found)[:80] if isinstance(found, dict) else str(found)[:80]
        kind = (exchange["status"], code)
        if path.stem.endswith(NO_FAILURES) or "site_needs_upgrade" in path.stem or kind in known:
            continue
        known.add(kind)
        body = found if exchange["answer_is"] == "text" else json.dumps(found)
        yield path.stem, Answer(body.encode(), exchange["status"], headers=exchange["headers"])


def standing() -> list[Any]:
    """All that a comparison could withdraw."""
    with database.reading():
        return [
            database.rows(Enrolment.select(Enrolment.user, Enrolment.course).where(Enrolment.active)),
            database.rows(Step.select(Step.id).where(Step.active)),
            database.rows(Course.select(Course.id).where(Course.active)),
            database.rows(Completion.select(Completion.id, Completion.state)),
            database.rows(SitePerson.select(SitePerson.id, SitePerson.state)),
            database.rows(User.select(User.id).where(User.active)),
            Membership.select().where(Membership.active).count(),
        ]


@pytest.mark.skipif(not FAILURES.is_dir(), reason="the recordings are not here")
def test_each_kind_of_failure_in_a_full_comparison_is_told_and_withdraws_nothing(synced: Linked) -> None:
    before = standing()
    # Were any of it taken for the truth, these would be missed.
    for course in synced.there.courses.values():
        for number in list(course.enrolments)[:1]:
            synced.there.leave(course, synced.there.users[number])
    found = dict(answers())
    assert len(found) > 15
    for number, (name, answer) in enumerate(found.items()):
        function = ASKED[number % len(ASKED)]
        for _ in range(12):
            synced.server.fault(function, answer=answer)
        try:
            said = synced.sync(full=True).words
        except SiteError as error:
            said = error.message
        while synced.server.take_fault(function).answer:
            pass
        assert "127.0.0.1 " in said and said.endswith("."), (name, function, said)
        assert sites.list_sites(OPERATOR)[0].last_words or sites.list_sites(OPERATOR)[0].stopped
        assert standing() == before, (name, function, said)
