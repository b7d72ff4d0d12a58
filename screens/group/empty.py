"""Why the lists of a group are empty, and what to do next."""

from __future__ import annotations

from textual.screen import Screen

from screens.widgets.keys import shown_key
from store.views.arranging import GroupDetail


def reasons(screen: Screen[object], group: GroupDetail) -> dict[str, str]:
    """What each list says when it is empty, by the name of its tab."""
    rights = group.rights
    adds, makes, staff, below = (shown_key(screen, each) for each in ("a", "n", "2", "3"))
    add = f"{adds} adds people." if rights.add_members else "Its leaders can add people."
    elsewhere = ""
    if group.staff:
        elsewhere = f" Its staff are under {staff}."
    elif group.subgroups:
        elsewhere = f" Its subgroups are under {below}."
    subgroups = "This group has no subgroups that you lead or mentor."
    if rights.create_subgroup:
        subgroups = f"This group has no subgroups.\n\n{makes} makes one."
    return {
        "members": f"This group has no members yet.{elsewhere}\n\n{add}",
        "staff": f"This group has no mentors or leaders yet.\n\n{add}",
        "subgroups": subgroups,
    }
