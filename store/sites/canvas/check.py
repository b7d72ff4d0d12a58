"""Whether a Canvas gives the link what it needs: whose the token is, and what they may not do."""

from __future__ import annotations

from store import text
from store.frozen import dataclass
from store.sites.asking import Asker, Client
from store.sites.canvas.courses import taught

COURSES_ASKED = 20
"""Courses whose permissions are asked for, at most."""
RIGHTS = (
    ("view_all_grades", "Grades - view all grades", "what was handed in, and what was given for it"),
    ("manage_grades", "Grades - edit", "sending points, comments and rubrics"),
    ("read_roster", "Users - view list", "who is in a course, its sections and groups"),
    ("read_email_addresses", "Users - view primary email address", "emails, which are proposed to an admin"),
    ("read_sis", "SIS Data - read", "SIS ids, by which people are found here"),
    ("read_forum", "Discussions - view", "discussions"),
    ("post_to_forum", "Discussions - post", "answers to posts"),
)
"""What the person needs in a course: Canvas' own name of the permission, as it is shown there, what for."""
NEEDED = ("view_all_grades", "read_roster")


@dataclass(frozen=True, slots=True)
class CanvasCheck:
    """What a token can do at a site. `rights` names what is missing, with what it is for, and where."""

    person: str
    user_id: int
    courses: int
    rights: tuple[tuple[str, str, str], ...]
    is_usable: bool


def check(client: Client) -> CanvasCheck:
    """Ask the site. Raises a SiteError where it does not answer, or does not know the token."""
    ask = Asker(client, tries=1).call
    person = ask("users/self").thing
    courses = taught(ask)
    lacking: dict[str, list[str]] = {}
    for course in courses[:COURSES_ASKED]:
        names = [name for name, _, _ in RIGHTS]
        found = ask(f"courses/{course['id']}/permissions", permissions=names).thing
        for name in names:
            if not found.get(name):
                lacking.setdefault(name, []).append(text.clean_line(str(course["name"])))
    asked = len(courses[:COURSES_ASKED])
    return CanvasCheck(
        person=text.clean_line(str(person.get("name", ""))),
        user_id=int(person.get("id", 0)),
        courses=len(courses),
        rights=tuple(
            (shown, purpose, _where(lacking[name], asked))
            for name, shown, purpose in RIGHTS
            if name in lacking
        ),
        is_usable=bool(courses) and all(len(lacking.get(name, ())) < asked for name in NEEDED),
    )


def _where(courses: list[str], asked: int) -> str:
    """In which courses a right is missing."""
    if len(courses) == asked:
        return "in every course" if asked > 1 else f"in {courses[0]}"
    others = len(courses) - 1
    return f"in {courses[0]}" + (f" and {text.counted(others, 'other')}" if others else "")
