"""One's own actions in words, and what is still in sight of them."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path
from typing import Any, get_args

import pytest

import store
from store import database, group_deletion, groups, members, people, reports, settings
from store.audit import action_names, action_words, audit
from store.importing import day_change
from store.models import Group, Membership, Step, User
from store.permissions import OPERATOR
from store.review import bulk, replies, reviews
from store.undo import my_actions, undo
from store.views.actions import UndoState
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.settings import Thresholds
from store.views.states import Decision
from tests import test_audit
from tests.helpers.school import counting
from tests.helpers.world import World


def words(world: World, who: str = "admin") -> list[str]:
    return [deed.words for deed in my_actions.mine(world.actor(who)).rows]


def do_everything(world: World, who: str) -> None:
    """One of each, on things of their own."""
    actor, group = world.actor(who), world.groups["group"]
    reviews.save(actor, world.work["ana"], 1, Decision.APPROVE, points=7.5, feedback="Fine")
    reviews.save(actor, world.work["ben"], 1, Decision.RETURN, feedback="Again")
    members.change_role(actor, world.places["ana in group"], Role.MEMBER, Role.MENTOR)
    members.remove(actor, world.places["ben in group"])
    added = [world.people[name] for name in ("ana", "member", "tutor", "mentor")]
    members.add(actor, world.groups["below"], added, Role.MEMBER)
    made = groups.create(actor, "New", parent=group)
    groups.edit(actor, group, 1, name="Other", description="")
    groups.nest(actor, world.groups["below"], 1, world.groups["beside"])
    group_deletion.delete(actor, made, 1, Subgroups.MOVE_UP)


EVERYTHING = [
    "Deleted New",
    "Moved Group below under Group beside",
    "Edited Other",
    "Created the group New",
    "Added Ana Learner, Member Person and 2 more to Group below as members",
    "Removed Ben Learner from Other",
    "Made Ana Learner a mentor of Other, member before",
    "Returned Writing step 1.1, Ben Learner",
    "Approved Writing step 1.1, Ana Learner, 7.5 points",
]


def test_each_action_is_told_in_words_newest_first(world: World) -> None:
    do_everything(world, "admin")
    assert words(world) == EVERYTHING


@pytest.mark.parametrize(("points", "told"), [(0, "0 points"), (1, "1 point"), (1.5, "1.5 points")])
def test_one_point_is_told_as_one(world: World, points: float, told: str) -> None:
    reviews.save(world.actor("admin"), world.work["ana"], 1, Decision.APPROVE, points=points)
    assert words(world) == [f"Approved Writing step 1.1, Ana Learner, {told}"]


def test_other_actions_of_an_admin_are_told_and_stay(world: World) -> None:
    admin = world.actor("admin")
    reports.write(admin, "groups", io.StringIO())
    [found] = my_actions.mine(admin).rows
    assert found.words == "Exported the groups report"
    assert (found.stand, found.why) == ("stays", my_actions.KIND_STAYS)


def test_what_was_done_to_people_is_told_to_admins_only(world: World) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    people.add(admin, "New", "Person", "new@x.example")
    people.edit(admin, ana, last_name="Other")
    people.edit(admin, ana, admin=True)
    people.edit(admin, ana, admin=False)
    people.deactivate(admin, ana)
    people.edit(admin, ana, active=True)
    assert words(world) == [
        "Reactivated Ana Other",
        "Deactivated Ana Other",
        "Took admin rights from Ana Other",
        "Made Ana Other an admin",
        "Edited Ana Other",
        "Added New Person to the account",
    ]
    assert {deed.stand for deed in my_actions.mine(admin).rows} == {UndoState.OPEN}
    world.school.change(User, world.people["admin"], is_admin=False)
    told = my_actions.mine(admin).rows
    assert all(action_names.HIDDEN_PERSON in deed.words for deed in told)
    assert {(deed.stand, deed.why) for deed in told} == {(UndoState.STAYS, my_actions.UNSEEN)}


def test_a_kind_of_action_that_is_not_known_is_listed_all_the_same(world: World) -> None:
    with database.writing():
        audit.write(world.actor("admin"), "lesson.fold", "lesson", 1)
    assert words(world) == ["Other: lesson, fold"]


def test_replies_settings_and_digests_are_told_in_words(world: World) -> None:
    admin, group = world.actor("admin"), world.groups["group"]
    own = replies.add(admin, "Show how", "Show how you got there.")
    replies.edit(admin, own, 1, title="Show", body="Show it.", points=None, shared=True)
    replies.delete(admin, own, 2)
    on = groups.set_digest(admin, group, 1, True)
    groups.set_digest(admin, group, on.version, False)
    settings.change(admin, Thresholds(), Thresholds(inactive_days=21))
    assert words(world) == [
        "Changed when members are flagged",
        "Turned the weekly digest of Group group off",
        "Turned the weekly digest of Group group on",
        "Deleted the shared reply “Show”",
        "Edited the shared reply “Show”",
        "Saved a reply of your own",
    ]


def test_every_action_that_is_written_down_has_words() -> None:
    written = written_actions()
    # What other tests know to be written is found, or this would look at nothing.
    assert set(test_audit.WRITES) <= written
    by_date = {f"{noun}.{what}" for noun in day_change._NOUNS.values() for what in ("begin", "end")}
    written |= by_date | {"membership.change"}
    assert written - set(my_actions.NOT_LISTED) - set(action_words._WORDS) == set()


# What stands in the place of a name that is put together.
ENDINGS = {
    "review": [Decision.APPROVE.value, Decision.RETURN.value],
    "report": list(get_args(reports.Report)),
    "import": ["activity", "groups", "oneroster"],
}


def written_actions() -> set[str]:
    """The actions that the store's source names where it writes to the log, or calls what is told an `action`
    to write there.
    """
    files = Path(store.__file__).parent.rglob("*.py")
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    writers = {one.name for one in functions if "action" in [each.arg for each in one.args.args]}
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    return {
        action
        for call in calls
        if ast.unparse(call.func) in writers | {"audit.write"}
        for argument in call.args
        for action in actions_in(argument)
    }


def actions_in(node: ast.expr) -> set[str]:
    match node:
        case ast.Constant(value=str() as name) if re.fullmatch("[a-z]+[.][a-z]+", name):
            return {name}
        case ast.JoinedStr(values=[ast.Constant(value=str() as noun), ast.FormattedValue()]) if re.fullmatch(
            "[a-z]+[.]", noun
        ):
            return {f"{noun}{ending}" for ending in ENDINGS[noun.rstrip(".")]}
    return set()


def test_everybody_sees_their_own(world: World) -> None:
    do_everything(world, "admin")
    assert my_actions.mine(world.actor("leader")).total == 0
    assert my_actions.mine(OPERATOR).total == 0


def test_a_move_to_the_top_and_one_person_are_told_so(world: World) -> None:
    admin = world.actor("admin")
    groups.nest(admin, world.groups["below"], 1, None)
    members.add(admin, world.groups["below"], [world.people["ana"]], Role.LEADER)
    members.add(admin, world.groups["below"], [world.people["ben"], world.people["tutor"]], Role.MENTOR)
    group_deletion.delete(admin, world.groups["above"], 1, Subgroups.DELETE)
    assert words(world) == [
        "Deleted Group above and 2 below it",
        "Added Ben Learner and Tutor Learner to Group below as mentors",
        "Added Ana Learner to Group below as leader",
        "Moved Group below to the top level",
    ]


def test_a_group_that_was_unmade_is_named_and_one_put_back_only_where_it_is_seen(world: World) -> None:
    leader = world.actor("leader_above")
    groups.create(leader, "New", parent=world.groups["group"])
    undo.undo(leader, undo.last(leader).line_id)  # type: ignore[union-attr]
    group_deletion.delete(leader, world.groups["group"], 1, Subgroups.DELETE)
    undo.undo(leader, undo.last(leader).line_id)  # type: ignore[union-attr]
    assert words(world, "leader_above") == ["Deleted Group group and 1 below it", "Created the group New"]
    groups.nest(world.actor("admin"), world.groups["group"], 1, None)
    assert words(world, "leader_above")[0] == f"Deleted {action_names.HIDDEN_GROUP} and 1 below it"


def test_windows_follow_on_each_other(world: World) -> None:
    do_everything(world, "admin")
    pages = [my_actions.mine(world.actor("admin"), offset=at, limit=4) for at in (0, 4, 8)]
    assert [deed.words for page in pages for deed in page.rows] == EVERYTHING
    assert {page.total for page in pages} == {9}


def test_a_bulk_action_is_one_line_with_its_number(world: World) -> None:
    admin = world.actor("admin")
    found = bulk.preview(admin, [world.work["ana"], world.work["ben"]], Decision.RETURN)
    bulk.apply(admin, found.ready, Decision.RETURN, feedback="Again")
    page = my_actions.mine(admin)
    assert ([deed.words for deed in page.rows], page.total) == (["Returned 2 at once"], 1)
    undo.undo(admin, page.rows[0].line_id)
    assert [deed.stand for deed in my_actions.mine(admin).rows] == ["undone"]


def test_a_bulk_action_taken_back_in_part_says_so(world: World) -> None:
    admin = world.actor("admin")
    found = bulk.preview(admin, [world.work["ana"], world.work["ben"]], Decision.RETURN)
    bulk.apply(admin, found.ready, Decision.RETURN, feedback="Again")
    reviews.save(world.actor("mentor"), world.work["ana"], 2, Decision.APPROVE, points=1)
    undo.undo(admin, my_actions.mine(admin).rows[0].line_id)
    assert [deed.stand for deed in my_actions.mine(admin).rows] == ["partly"]


def test_what_was_taken_back_says_when(world: World, noon: Any) -> None:
    admin = world.actor("admin")
    members.remove(admin, world.places["ana in group"])
    undo.undo(admin, my_actions.mine(admin).rows[0].line_id)
    deed = my_actions.mine(admin).rows[0]
    assert (deed.stand, deed.undone_at) == ("undone", noon)


@pytest.mark.parametrize("lost", ["role", "place", "group"])
def test_what_is_out_of_sight_now_is_not_named(world: World, lost: str) -> None:
    do_everything(world, "leader_above")
    # The work of somebody whom they removed is out of their sight already.
    hidden = {"Returned": action_names.HIDDEN_WORK, "Created the": action_names.HIDDEN_GROUP}
    starts = {start: f"{start.split()[0]} {what}" for start, what in hidden.items()}
    still = [next((starts[start] for start in starts if one.startswith(start)), one) for one in EVERYTHING]
    assert words(world, "leader_above") == still
    if lost == "role":
        world.school.change(Membership, world.places["leader_above in above"], role=Role.MEMBER)
    elif lost == "place":
        world.school.change(Membership, world.places["leader_above in above"], active=False)
    else:
        world.school.change(Group, world.groups["above"], active=False)
    found = my_actions.mine(world.actor("leader_above")).rows
    told = " ".join(deed.words for deed in found)
    for name in ("Ana", "Ben", "Member", "Tutor", "Other", "below", "beside", "New", "Writing"):
        assert name not in told, told
    assert {(deed.stand, deed.why) for deed in found} == {("stays", my_actions.UNSEEN)}


def test_a_step_that_was_removed_is_still_named(world: World) -> None:
    reviews.save(world.actor("mentor"), world.work["ana"], 1, Decision.RETURN, feedback="Again.")
    world.school.change(Step, world.steps[0], active=False)
    assert words(world, "mentor") == ["Returned Writing step 1.1, Ana Learner"]


def test_one_who_sees_one_of_two_groups_reads_the_name_of_that_one(world: World) -> None:
    leader = world.actor("leader")
    groups.nest(leader, world.groups["alone"], 1, world.groups["group"])
    world.school.change(Membership, world.places["leader in group"], role=Role.MEMBER)
    assert words(world, "leader") == [f"Moved Group alone under {action_names.HIDDEN_GROUP}"]


@pytest.mark.parametrize("who", ["admin", "leader_above"])
def test_names_are_read_at_once(world: World, monkeypatch: Any, who: str) -> None:
    do_everything(world, who)
    actor = world.actor(who)
    with counting(monkeypatch) as few:
        my_actions.mine(actor)
    for _ in range(5):
        members.change_role(actor, world.places["ana in group"], Role.MENTOR, Role.LEADER)
        members.change_role(actor, world.places["ana in group"], Role.LEADER, Role.MENTOR)
        made = groups.create(actor, "New", parent=world.groups["group"])
        group_deletion.delete(actor, made, 1, Subgroups.MOVE_UP)
        found = bulk.preview(actor, [world.work["lower"]], Decision.RETURN)
        bulk.apply(actor, found.ready, Decision.RETURN, feedback="Again")
        undo.undo(actor, undo.last(actor).line_id)  # type: ignore[union-attr]
    with counting(monkeypatch) as many:
        assert my_actions.mine(actor).total == 34
    # One more, for the bulk actions.
    assert many.count <= few.count + 2
    assert few.count < 12
