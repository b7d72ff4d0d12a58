"""Making, editing, nesting and deleting groups."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from store import clock, database, errors, group_deletion, group_tree, groups, members, text, trees
from store.models import AuditLine, ExternalId, Group, Membership
from store.views import Actor
from store.views.arranging import Subgroups
from store.views.groups import Role
from tests.helpers import databases
from tests.helpers.school import School, dump


@pytest.fixture
def admin(school: School) -> Actor:
    return school.actor(school.person("Root Admin", admin=True))


def slug_of(school: School, group_id: int) -> str:
    row = school.value(Group, group_id, "slug")
    assert row is not None
    return str(row[0])


def parent_of(school: School, group_id: int) -> int | None:
    row = school.value(Group, group_id, "parent")
    assert row is not None
    return None if row[0] is None else int(row[0])


# --------------------------------------------------------------------------- making


def test_a_new_group_is_in_the_tree_at_once(school: School, admin: Actor) -> None:
    parent = groups.create(admin, "  Sales   team ", description="They sell.\r\n")
    child = groups.create(admin, "EMEA", parent=parent)
    assert [(row.name, row.depth) for row in group_tree.tree(admin, None)] == [("Sales team", 0), ("EMEA", 1)]
    detail = groups.detail(admin, parent)
    assert (detail.slug, detail.description, detail.version) == ("sales-team", "They sell.", 1)
    assert groups.detail(admin, child).parent_id == parent


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("New people", "new-people"),
        ("  Ünïcode — Straße 7 ", "unicode-strasse-7"),
        ("Đặng Thị Hoa", "dang-thi-hoa"),
        ("Москва Север", "москва-север"),
        ("日本語クラス", "日本語クラス"),
        ("한국어 반", "한국어-반"),
        ("العربية", "العربية"),
        ("ΜΑΘΗΤΕΣ", "μαθητεσ"),
        ("👩‍🏫 🎉", "group"),
        ("***", "group"),
        ("a_b", "a-b"),
    ],
)
def test_slugs_are_made_from_any_script(admin: Actor, name: str, slug: str) -> None:
    assert groups.suggest_slug(admin, name) == slug
    assert slug_of(School.__new__(School), groups.create(admin, name)) == slug


@pytest.mark.parametrize("name", ["हिन्दी कक्षा", "ไทย ชั้น", "한국어 반", "ΜΑΘΗΤΕΣ", "ß", "Ꭰ", "x" * 200])
def test_a_made_slug_is_one_that_may_be_typed(admin: Actor, name: str) -> None:
    for _ in range(3):
        made = slug_of(School.__new__(School), groups.create(admin, name))
        assert text.slug(made) == made


def test_hindi_vowel_signs_do_not_split_words(admin: Actor) -> None:
    assert groups.suggest_slug(admin, "हिन्दी").count("-") == 0


def test_slugs_are_numbered_where_taken(school: School, admin: Actor) -> None:
    made = [slug_of(school, groups.create(admin, name)) for name in ("Sales", "SALES", "sáles", "Sales 3")]
    assert made == ["sales", "sales-2", "sales-3", "sales-3-2"]


def test_numbers_fit_into_long_slugs(school: School, admin: Actor) -> None:
    made = [slug_of(school, groups.create(admin, "x" * 200)) for _ in range(12)]
    assert len(set(made)) == 12
    assert max(map(len, made)) <= text.SLUG_LIMIT


def test_a_slug_made_here_is_the_one_that_an_import_would_make(school: School, admin: Actor) -> None:
    names = ["Sales", "sales", *["x" * 57 + " yz"] * 12]
    slugs = text.Slugs(())
    made = [slug_of(school, groups.create(admin, name)) for name in names]
    assert made == [slugs.give(name) for name in names]


def test_a_slug_of_one_s_own_is_taken_as_it_is(school: School, admin: Actor) -> None:
    assert slug_of(school, groups.create(admin, "Sales", slug="our-sales")) == "our-sales"
    assert slug_of(school, groups.create(admin, "Sales", slug="  ")) == "sales"


@pytest.mark.parametrize("slug", ["Our-Sales", "our sales", "-a", "a--b", "a-", "a/b", "x" * 61, "É", "a_b"])
def test_what_is_no_slug_is_refused_in_its_place(admin: Actor, slug: str) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        groups.create(admin, "Sales", slug=slug)
    assert caught.value.field == "slug"


def test_a_taken_slug_is_refused(school: School, admin: Actor) -> None:
    school.group("Hidden", slug="sales", active=False)
    with pytest.raises(errors.InvalidError) as caught:
        groups.create(admin, "Sales", slug="sales")
    assert caught.value.field == "slug"
    assert slug_of(school, groups.create(admin, "Sales")) == "sales-2"


@pytest.mark.parametrize(
    "name", ["", "   ", "\u200b", "\u200d\ufe0f", "\u3164", "\x1b[31m", "x" * 201, "x" * 2_000_000]
)
def test_a_name_needs_letters_and_an_end(admin: Actor, name: str) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        groups.create(admin, name)
    assert caught.value.field == "name"


def test_a_description_has_an_end(admin: Actor) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        groups.create(admin, "Sales", description="x" * 2_001)
    assert caught.value.field == "description"


@pytest.mark.parametrize("name", ["[red]", "[/]", "[@click=app.quit]x", "%s", "'; DROP TABLE groups; --"])
def test_markup_and_sql_are_names_like_any_other(admin: Actor, name: str) -> None:
    groups.create(admin, name)
    assert [row.name for row in group_tree.tree(admin)] == [name]


def test_an_inactive_group_is_no_parent(school: School, admin: Actor) -> None:
    with pytest.raises(errors.NotFoundError):
        groups.create(admin, "New", parent=school.group("Hidden", active=False))


# -------------------------------------------------------------------------- editing


def test_an_edit_changes_what_it_says_and_nothing_else(school: School, admin: Actor) -> None:
    parent = school.group("Sales")
    group_id = school.group("EMEA", parent)
    groups.edit(admin, group_id, 1, name="Europe", slug="europe", description="All of it.")
    assert school.value(Group, group_id, "name", "slug", "description", "parent", "version") == (
        "Europe",
        "europe",
        "All of it.",
        parent,
        2,
    )


def test_an_edit_may_keep_the_slug(school: School, admin: Actor) -> None:
    group_id = groups.create(admin, "한국어 반")
    groups.edit(admin, group_id, 1, name="Korean", slug=slug_of(school, group_id), description="")
    assert slug_of(school, group_id) == "한국어-반"


def test_an_edit_of_nothing_writes_nothing(school: School, admin: Actor) -> None:
    group_id = school.group("Sales")
    groups.edit(admin, group_id, 1, name="Sales", slug="sales", description="")
    assert school.value(Group, group_id, "version") == (1,)
    assert school.audit_lines() == []


def test_an_edit_to_another_group_s_slug_is_refused(school: School, admin: Actor) -> None:
    school.group("Sales")
    group_id = school.group("Support")
    before = dump()
    with pytest.raises(errors.InvalidError):
        groups.edit(admin, group_id, 1, name="X", slug="sales", description="")
    assert dump() == before


def test_the_second_of_two_edits_loses_and_is_told_who_and_when(
    school: School, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    group_id = school.group("Sales")
    leader = school.actor(school.person("Lea Der"))
    assert leader.user_id is not None
    school.place(leader.user_id, group_id, Role.LEADER)
    first = clock.now().replace(day=3, hour=14, minute=5)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: first)
        groups.edit(leader, group_id, 1, name="Ours", description="")
    # What happens to its people since then is no edit of the group.
    members.add(admin, group_id, [school.person("Ana A")], Role.MEMBER)
    before = dump()
    for act in (
        lambda: groups.edit(admin, group_id, 1, name="Mine", slug="mine", description=""),
        lambda: groups.nest(admin, group_id, 1, None),
        lambda: group_deletion.delete(admin, group_id, 1, Subgroups.MOVE_UP),
    ):
        with pytest.raises(errors.ConflictError) as caught:
            act()
        assert "Lea Der" in caught.value.message
        assert "Ours" in caught.value.message
        assert "03 " in caught.value.message
        assert "14:05" in caught.value.message
    assert dump() == before


def test_a_conflict_with_a_change_that_has_no_line_names_nobody(school: School, admin: Actor) -> None:
    group_id = school.group("Sales")
    groups.edit(admin, group_id, 1, name="Mine", slug="mine", description="")
    school.change(Group, group_id, version=3, name="Imported")
    with pytest.raises(errors.ConflictError) as caught:
        groups.edit(admin, group_id, 2, name="Again", slug="again", description="")
    assert "Root Admin" not in caught.value.message


def test_a_group_moved_up_by_a_deletion_says_who_deleted(school: School, admin: Actor) -> None:
    top = school.group("Top")
    middle = school.group("Middle", top)
    low = school.group("Low", middle)
    group_deletion.delete(admin, middle, 1, Subgroups.MOVE_UP)
    with pytest.raises(errors.ConflictError) as caught:
        groups.edit(admin, low, 1, name="Renamed", slug="renamed", description="")
    assert "“Low” was moved up out of a deleted group by Root Admin at " in caught.value.message


# -------------------------------------------------------------------------- nesting


def test_nesting_moves_the_group_with_all_that_is_below(school: School, admin: Actor) -> None:
    sales, support = school.group("Sales"), school.group("Support")
    emea = school.group("EMEA", sales)
    school.group("Field", emea)
    after = groups.nest(admin, emea, 1, support)
    assert after == groups.detail(admin, emea)
    assert (after.parent_id, after.version) == (support, 2)
    assert [(row.name, row.depth) for row in group_tree.tree(admin, None)] == [
        ("Sales", 0),
        ("Support", 0),
        ("EMEA", 1),
        ("Field", 2),
    ]
    groups.nest(admin, emea, 2, None)
    assert parent_of(school, emea) is None


def test_nesting_where_it_is_writes_nothing(school: School, admin: Actor) -> None:
    sales = school.group("Sales")
    emea = school.group("EMEA", sales)
    groups.nest(admin, emea, 1, sales)
    assert school.value(Group, emea, "version") == (1,)
    assert school.audit_lines() == []


def test_a_circle_is_refused(school: School, admin: Actor) -> None:
    top = school.group("Top")
    chain = [top]
    for number in range(5):
        chain.append(school.group(f"Level {number}", chain[-1]))
    before = dump()
    for target in chain:
        with pytest.raises(errors.CircleError):
            groups.nest(admin, top, 1, target)
    assert dump() == before


def _in_circle(school: School) -> list[int]:
    """Groups from which the way up does not end."""
    with database.reading():
        parents: dict[int, int | None] = dict(database.rows(Group.select(Group.id, Group.parent)))
    found = []
    for start in parents:
        here, steps = parents[start], 0
        while here is not None and steps <= len(parents):
            here, steps = parents[here], steps + 1
        if here is not None:
            found.append(start)
    return found


def test_two_who_move_groups_against_each_other_make_no_circle(school: School, admin: Actor) -> None:
    with database.writing():
        left, right = school.group("Left"), school.group("Right")

    def move(pair: tuple[int, int]) -> bool:
        group_id, parent = pair
        try:
            version = groups.detail(admin, group_id).version
            groups.nest(admin, group_id, version, parent)
        except (errors.CircleError, errors.ConflictError):
            return False
        finally:
            database.close()
        return True

    circles, moved = [], 0
    with ThreadPoolExecutor(2) as pool:
        for _ in range(50):
            school.change(Group, left, parent=None)
            school.change(Group, right, parent=None)
            done = list(pool.map(move, ((left, right), (right, left))))
            moved += sum(done)
            circles += _in_circle(school)
            assert sum(done) == 1
    assert circles == []
    assert moved == 50


# ------------------------------------------------------------------------- deleting


@pytest.fixture
def forest(school: School, admin: Actor) -> dict[str, int]:
    """Top (Middle (Low (Lowest), Hidden (inactive) (Under hidden)), Beside), with people and names
    that another system has for them.
    """
    with database.writing():
        ids: dict[str, int] = {"Top": school.group("Top")}
        for name, parent in (
            ("Middle", "Top"),
            ("Low", "Middle"),
            ("Lowest", "Low"),
            ("Hidden", "Low"),
            ("Under hidden", "Hidden"),
            ("Beside", "Top"),
        ):
            ids[name] = school.group(name, ids[parent], active=name != "Hidden")
        ana, ben = school.person("Ana Brandt"), school.person("Ben Ito")
        places = {
            name: school.place(user_id, ids[name], role)
            for name, user_id, role in (
                ("Middle", ana, Role.LEADER),
                ("Low", ana, Role.MEMBER),
                ("Lowest", ben, Role.MENTOR),
                ("Beside", ben, Role.MEMBER),
            )
        }
        school.place(ben, ids["Low"], active=False)
        for kind, local_id in (
            ("group", ids["Middle"]),
            ("membership", places["Low"]),
            ("group", ids["Top"]),
        ):
            names = {"source": "sis", "kind": kind, "external_id": f"{kind}-{local_id}", "digest": "abc"}
            ExternalId.insert(names, local_id=local_id).execute()
        step = school.course("Writing")[0]
        school.review(school.work(ana, step), None, arranging_decision())
    return ids


def arranging_decision() -> Any:
    return "return"


def last_line() -> tuple[str, dict[str, Any], dict[str, Any]]:
    with database.reading():
        row = database.row(
            AuditLine.select(AuditLine.action, AuditLine.before, AuditLine.after).order_by(
                AuditLine.id.desc()
            )
        )
    assert row is not None
    return row[0], json.loads(row[1]), json.loads(row[2])


def test_deleting_moves_the_subgroups_up(school: School, admin: Actor, forest: dict[str, int]) -> None:
    work = dump("users", "completions", "reviews", "attempts", "enrolments")
    group_deletion.delete(admin, forest["Middle"], 1, Subgroups.MOVE_UP)
    assert school.value(Group, forest["Middle"], "id") is None
    assert school.value(Group, forest["Low"], "parent", "version") == (forest["Top"], 2)
    assert parent_of(school, forest["Lowest"]) == forest["Low"]
    assert dump("users", "completions", "reviews", "attempts", "enrolments") == work


def test_deleting_a_top_group_moves_its_subgroups_to_the_top(
    school: School, admin: Actor, forest: dict[str, int]
) -> None:
    group_deletion.delete(admin, forest["Top"], 1, Subgroups.MOVE_UP)
    assert parent_of(school, forest["Middle"]) is None


def test_deleting_with_subgroups_takes_all_below(
    school: School, admin: Actor, forest: dict[str, int]
) -> None:
    work = dump("users", "completions", "reviews", "attempts", "enrolments")
    group_deletion.delete(admin, forest["Middle"], 1, Subgroups.DELETE)
    assert [row.name for row in group_tree.tree(admin, None) if row.name != "Under hidden"] == [
        "Top",
        "Beside",
    ]
    assert [row[2] for row in dump("memberships")["memberships"]] == [forest["Beside"]]
    assert dump("users", "completions", "reviews", "attempts", "enrolments") == work


@pytest.mark.parametrize("how", list(Subgroups))
@pytest.mark.parametrize("name", ["Top", "Middle", "Low", "Lowest"])
def test_the_audit_line_of_a_deletion_restores_it_exactly(
    admin: Actor, forest: dict[str, int], name: str, how: Subgroups
) -> None:
    before = dump()
    group_deletion.delete(admin, forest[name], 1, how)
    assert dump() != before
    action, gone, _ = last_line()
    assert action == "group.delete"
    _restore(gone)
    assert dump() == before


def _restore(gone: dict[str, Any]) -> None:
    for table in ("groups", "memberships"):
        for row in gone[table]:
            columns = {_column(table, name): value for name, value in row.items()}
            columns |= {"search": text.fold(row["name"])} if table == "groups" else {}
            marks = ", ".join("?" for _ in columns)
            quoted = ", ".join(f'"{column}"' for column in columns)
            databases.run(f'INSERT INTO "{table}" ({quoted}) VALUES ({marks})', *columns.values())
    for row in gone["moved"]:
        moved = row["parent"], row["version"], row["id"]
        databases.run('UPDATE "groups" SET parent_id = ?, version = ? WHERE id = ?', *moved)


def _column(table: str, name: str) -> str:
    return (
        f"{name}_id"
        if (table, name) in (("groups", "parent"), ("memberships", "user"))
        or ((table, name) == ("memberships", "group"))
        else name
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda actor, ids: groups.nest(actor, ids["Low"], 1, ids["Beside"]),
        lambda actor, ids: groups.nest(actor, ids["Low"], 1, None),
        lambda actor, ids: groups.edit(actor, ids["Low"], 1, name="N", slug="n", description="d"),
    ],
    ids=["nested", "to the top", "edited"],
)
def test_the_audit_line_of_an_edit_has_the_whole_row_before_and_after(
    admin: Actor, forest: dict[str, int], change: Callable[[Actor, dict[str, int]], None]
) -> None:
    before = dump("groups")["groups"]
    change(admin, forest)
    after = dump("groups")["groups"]
    _, was, became = last_line()
    # All but its path and what it is found by, which follow from its parent and its name.
    assert tuple(was.values()) == next(row[:-2] for row in before if row[0] == forest["Low"])
    assert tuple(became.values()) == next(row[:-2] for row in after if row[0] == forest["Low"])


def test_the_impact_counts_groups_and_distinct_people(
    school: School, admin: Actor, forest: dict[str, int]
) -> None:
    impact = group_deletion.impact(admin, forest["Middle"])
    assert (impact.name, impact.parent_name) == ("Middle", "Top")
    assert (impact.people, impact.people_below, impact.below) == (1, 2, 2)
    assert not impact.gives_up_access
    lowest = group_deletion.impact(admin, forest["Lowest"])
    assert (lowest.people, lowest.people_below, lowest.below) == (1, 1, 0)


@pytest.mark.parametrize(
    ("also", "role", "loses"),
    [
        (None, None, True),
        ("Top", Role.LEADER, False),
        ("Low", Role.LEADER, False),
        ("Lowest", Role.LEADER, True),  # Low is lost all the same
        ("Top", Role.MENTOR, True),
        ("Beside", Role.LEADER, True),
    ],
)
def test_a_leader_is_warned_before_the_last_way_in_goes(
    school: School, forest: dict[str, int], also: str | None, role: Role | None, loses: bool
) -> None:
    leader = school.person("Lea Der")
    school.place(leader, forest["Middle"], Role.LEADER)
    if also is not None and role is not None:
        school.place(leader, forest[also], role)
    actor = school.actor(leader)
    impact = group_deletion.impact(actor, forest["Middle"])
    assert impact.gives_up_access == loses
    below = {row.id for row in group_tree.tree(actor, None)} & {forest["Low"], forest["Lowest"]}
    group_deletion.delete(actor, forest["Middle"], 1, Subgroups.MOVE_UP)
    kept = {row.id for row in group_tree.tree(actor, None)}
    assert (not below <= kept) == loses


def test_a_leader_without_a_group_above_is_not_told_its_name(school: School, forest: dict[str, int]) -> None:
    leader = school.person("Lea Der")
    school.place(leader, forest["Middle"], Role.LEADER)
    assert group_deletion.impact(school.actor(leader), forest["Middle"]).parent_name is None


def test_ids_of_deleted_groups_are_not_given_again(admin: Actor) -> None:
    first = groups.create(admin, "One")
    group_deletion.delete(admin, first, 1, Subgroups.DELETE)
    assert groups.create(admin, "Two") > first


def test_looking_at_a_deleted_group_says_it_is_gone(admin: Actor, forest: dict[str, int]) -> None:
    group_deletion.delete(admin, forest["Lowest"], 1, Subgroups.DELETE)
    with pytest.raises(errors.NotFoundError):
        groups.detail(admin, forest["Lowest"])
    with pytest.raises(errors.NotFoundError):
        groups.edit(admin, forest["Lowest"], 1, name="X", slug="x", description="")


def test_what_is_below_a_group_is_found_and_nothing_else(forest: dict[str, int]) -> None:
    with database.reading():
        found = {row[0] for row in database.rows(trees.within([forest["Middle"]]))}
    assert found == {forest["Middle"], forest["Low"], forest["Lowest"]}


def test_a_place_made_at_another_time_keeps_its_time(school: School, admin: Actor) -> None:
    group_id = school.group("Sales")
    place = school.place(school.person("Ana A"), group_id)
    long_ago = clock.now().replace(microsecond=123_456) - timedelta(days=400)
    school.change(Membership, place, created_at=long_ago)
    before = dump()
    group_deletion.delete(admin, group_id, 1, Subgroups.MOVE_UP)
    _restore(last_line()[1])
    assert dump() == before


@pytest.mark.parametrize("how", list(Subgroups))
def test_what_other_systems_call_a_deleted_group_is_remembered(
    admin: Actor, forest: dict[str, int], how: Subgroups
) -> None:
    before = dump("external_ids")
    group_deletion.delete(admin, forest["Middle"], 1, how)
    assert dump("external_ids") == before
