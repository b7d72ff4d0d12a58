"""Linking sites, listing them, and ending a link."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import database
from store.errors import InvalidError, NotFoundError
from store.models import AuditLine
from store.permissions import OPERATOR
from store.sites import marks, sites
from store.sites.moodle.needs import NEEDS, RIGHTS
from store.views.sites import SiteKind
from tests.helpers.world import World

URL = "https://moodle.example"


def _add(name: str = "", url: str = URL) -> int:
    return sites.add(OPERATOR, SiteKind.MOODLE, url, name)


def test_a_site_is_called_after_its_host_unless_it_is_named(world: World) -> None:
    _add()
    _add("Second", "https://second.example/moodle/")

    listed = sites.list_sites(OPERATOR)
    assert [(site.name, site.url) for site in listed] == [
        ("Second", "https://second.example/moodle"),
        ("moodle.example", URL),
    ]
    assert listed[0].last_pull_at is None and listed[0].people == 0


def test_a_site_is_found_by_name_address_and_number(world: World) -> None:
    number = _add("Harbour school")

    for way in ("harbour SCHOOL", str(number), URL, "moodle.example"):
        assert [site.id for site in sites.linked(OPERATOR, way)] == [number]
    assert sites.linked(OPERATOR)[0].alone
    with pytest.raises(NotFoundError, match="muster site list"):
        sites.linked(OPERATOR, "nowhere")


def test_two_sites_have_neither_one_name_nor_one_address(world: World) -> None:
    _add("Harbour")
    with pytest.raises(InvalidError, match="called Harbour already"):
        _add("Harbour", "https://second.example")
    with pytest.raises(InvalidError, match="linked already, as Harbour"):
        _add("Again")


def test_a_site_that_was_removed_comes_back_as_the_same_and_is_read_from_the_start(world: World) -> None:
    number = _add("Harbour")
    with database.writing():
        marks.put(number, f"{marks.READ}7", "5")
        marks.put(number, f"{marks.ROLES}group:1", "{}")
    sites.remove(OPERATOR, number)

    assert sites.list_sites(OPERATOR) == ()
    assert _add("Harbour") == number
    with database.reading():
        assert marks.beginning(number, marks.READ) == {}
        assert marks.beginning(number, marks.ROLES) == {"group:1": "{}"}


def test_a_stopped_site_says_why_until_it_answers_again(world: World) -> None:
    number = _add()
    sites.stop(number, "moodle.example does not know the token.")
    assert sites.list_sites(OPERATOR)[0].stopped == "moodle.example does not know the token."
    sites.resume(number)
    sites.resume(number)
    assert sites.list_sites(OPERATOR)[0].stopped == ""
    with database.reading():
        actions = [row[0] for row in database.rows(AuditLine.select(AuditLine.action).order_by(AuditLine.id))]
    assert actions[-3:] == ["site.add", "site.stop", "site.resume"]


@pytest.mark.parametrize("who", ["leader", "mentor", "member"])
def test_only_admins_know_of_sites(world: World, who: str) -> None:
    number = _add()
    for asked in (
        lambda: sites.list_sites(world.actor(who)),
        lambda: sites.linked(world.actor(who)),
        lambda: sites.add(world.actor(who), SiteKind.MOODLE, "https://x.example"),
        lambda: sites.remove(world.actor(who), number),
    ):
        with pytest.raises(NotFoundError):
            asked()
    assert sites.list_sites(world.actor("admin"))[0].id == number


def test_the_readme_names_every_function_and_right_of_the_link() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    named = {need.function for need in NEEDS} | {name for name, _ in RIGHTS}
    assert {name for name in named if f"`{name}`" not in readme} == set()
