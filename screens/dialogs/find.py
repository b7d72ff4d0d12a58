"""Find anything: jump to any group or person that one may see."""

from __future__ import annotations

from screens import wording
from screens.dialogs.ask import Choice, Choose
from screens.messages import Community, Group, Home, Member, Place, Queue
from store import groups, people
from store.views import Actor
from store.views.account import Viewer

EACH = 20


def find_dialog(actor: Actor, viewer: Viewer) -> Choose[Place]:
    """The dialog; it answers with the place to go to."""

    def find(typed: str) -> list[Choice[Place]]:
        places: list[Choice[Place]] = [
            Choice(place, label, "Screen")
            for label, place in (("Home", Home()), ("Queue", Queue()), ("Community", Community()))
            if typed.casefold() in label.casefold() and (viewer.has_community or label == "Home")
        ]
        found = [
            Choice[Place](Group(option.id), wording.path(option.path), "Group")
            for option in groups.find(actor, typed, EACH)
        ]
        faces = [
            Choice[Place](Member(person.id), person.name, person.email or "Person")
            for person in people.find(actor, typed, EACH)
        ]
        return places + found + faces

    return Choose("Find", find, empty="No group or person that you may see has this in its name.")
