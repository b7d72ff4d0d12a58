"""What can be done with a decision, answer, group and person of a site: their menus, and what follows."""

from __future__ import annotations

from functools import partial

from textual import work

from screens import formatting
from screens.dialogs.ask import Choice, Choose, Confirm, Menu, MenuItem
from screens.places import GroupPlace, ReviewPlace, ThreadPlace
from screens.sites import rows
from screens.store_access import StoreAccess
from screens.widgets.list.row_list import Row
from store import groups, outbox, outbox_answers, search
from store.sites import joining, site_groups
from store.text import clean_line
from store.views.outbox import OutboxAnswer, OutboxItem
from store.views.sites import OutboxState, SiteGroupState, SiteGroupView, SitePersonState, SitePersonView

ROOM = 60
"""Cells for the path of a group in a list to choose from."""
STAYS_HERE = "The review stays here; the learner is not told of it at the site."
GOES_OUT = "It goes out with the next sync."
TAKEN_OUT = "It is taken out of the discussion here too, and whoever wrote it is not told."
OVERWRITES = "What the site has now is replaced by the review that was given here, which counts from then on."


def show(screen: StoreAccess, site_id: int, row: Row | None) -> None:
    """Open the menu of a row in one of the lists of a site."""
    match row:
        case rows.OutboxLine():
            _decision_menu(screen, row.item)
        case rows.AnswerLine():
            _answer_menu(screen, row.answer)
        case rows.SiteGroupLine():
            _group_menu(screen, site_id, row.group)
        case rows.SitePersonLine():
            _person_menu(screen, site_id, row.person)


# -------------------------------------------------------------------------- a decision


@work(exit_on_error=False)
async def _decision_menu(screen: StoreAccess, item: OutboxItem) -> None:
    items = [MenuItem("review", "Open the review", "r")]
    if item.state in rows.STUCK:
        items += [MenuItem("send", "Send again…"), MenuItem("drop", "Drop…")]
    title = f"{item.person}: {rows.decision(item)}\n{item.reason or item.state.value}"
    match await screen.ask(Menu(title, items)):
        case "review":
            screen.go(ReviewPlace(item.user_id, item.step_id))
        case "send":
            text = OVERWRITES if item.state is OutboxState.CONFLICT else GOES_OUT
            if await screen.ask(Confirm("Send this decision again?", text, "Send again", final=True)):
                screen.write(
                    partial(outbox.send_again, screen.actor, item.id),
                    lambda _: screen.say(GOES_OUT),
                )
        case "drop":
            if await screen.ask(Confirm("Drop this decision?", STAYS_HERE, "Drop", destroys=True)):
                screen.write(
                    partial(outbox.drop, screen.actor, item.id),
                    lambda _: screen.say("Dropped: the site is not told of it."),
                )


# -------------------------------------------------------------------------- an answer


@work(exit_on_error=False)
async def _answer_menu(screen: StoreAccess, answer: OutboxAnswer) -> None:
    items = [MenuItem("open", "Open the discussion")]
    if answer.state in rows.STUCK:
        items += [MenuItem("send", "Send again…"), MenuItem("drop", "Drop…")]
    title = f"{answer.author} answers {answer.person}\n{answer.reason or answer.state.value}"
    match await screen.ask(Menu(title, items)):
        case "open":
            screen.go(ThreadPlace(answer.author_id, answer.post_id))
        case "send":
            if await screen.ask(Confirm("Send this answer again?", GOES_OUT, "Send again", final=True)):
                screen.write(
                    partial(outbox_answers.send_again, screen.actor, answer.id),
                    lambda _: screen.say(GOES_OUT),
                )
        case "drop":
            if await screen.ask(Confirm("Drop this answer?", TAKEN_OUT, "Drop", destroys=True)):
                screen.write(
                    partial(outbox_answers.drop, screen.actor, answer.id),
                    lambda _: screen.say("Dropped: the answer does not go to the site."),
                )


# ----------------------------------------------------------------------------- a group


@work(exit_on_error=False)
async def _group_menu(screen: StoreAccess, site_id: int, group: SiteGroupView) -> None:
    if group.state is SiteGroupState.JOINED and group.group_id is not None:
        items = [MenuItem("open", f"Open {clean_line(group.group)}")]
    else:
        items = [
            MenuItem("make", "Make it a group here…"),
            MenuItem("under", "Make it a group under…"),
            MenuItem("into", "Join it with a group that is here…"),
        ]
    if group.state is SiteGroupState.OFFERED:
        items.append(MenuItem("ignore", "Ignore"))
    match await screen.ask(Menu(f"{group.name}\n{rows.roles(group)}", items)):
        case "open" if group.group_id is not None:
            screen.go(GroupPlace(group.group_id))
        case "make":
            await _join(screen, site_id, group)
        case "under":
            if (parent := await _choose_group(screen, "Under which group?")) is not None:
                await _join(screen, site_id, group, under=parent)
        case "into":
            if (chosen := await _choose_group(screen, "Join it with which group?")) is not None:
                await _join(screen, site_id, group, into=chosen)
        case "ignore":
            screen.write(
                partial(site_groups.ignore, screen.actor, site_id, [group.key]),
                lambda _: screen.say(f"{clean_line(group.name)} is not offered any more."),
            )


async def _choose_group(screen: StoreAccess, title: str) -> tuple[int, str] | None:
    known: dict[int, str] = {}

    def find(typed: str) -> list[Choice[int]]:
        found = groups.options(screen.actor, typed)
        known.update((option.id, clean_line(formatting.path(option.path))) for option in found)
        return [Choice(option.id, formatting.short_path(option.path, ROOM)) for option in found]

    chosen = await screen.ask(Choose(title, find, "No group has this name."))
    return None if chosen is None else (chosen, known[chosen])


async def _join(
    screen: StoreAccess,
    site_id: int,
    group: SiteGroupView,
    *,
    under: tuple[int, str] | None = None,
    into: tuple[int, str] | None = None,
) -> None:
    """Say what joining brings, and do it."""
    name = clean_line(group.name)
    if into is not None:
        title, do = f"Join {name} with {into[1]}?", "Join"
    elif under is not None:
        title, do = f"Make {name} a group under {under[1]}?", "Make group"
    else:
        title, do = f"Make {name} a group here?", "Make group"
    text = (
        f"It brings {rows.roles(group)}: students become members, teachers who cannot edit become mentors, "
        "and those who can become leaders. Who comes into it at the site later follows with the next sync."
    )
    if await screen.ask(Confirm(title, text, do, final=True)):
        screen.write(
            partial(
                site_groups.join,
                screen.actor,
                site_id,
                [group.key],
                into=into[0] if into else None,
                under=under[0] if under else None,
            ),
            lambda _: screen.say(f"{name} is joined: its people are in the group."),
        )


# ---------------------------------------------------------------------------- a person


@work(exit_on_error=False)
async def _person_menu(screen: StoreAccess, site_id: int, person: SitePersonView) -> None:
    items = []
    if person.proposed_id is not None:
        items.append(MenuItem("same", f"This is {clean_line(person.proposed)}, who has the same email"))
    items += [
        MenuItem("other", "This is somebody else who is here…"),
        MenuItem("new", "Add them as a new person"),
    ]
    if person.state is SitePersonState.FOUND:
        items.append(MenuItem("ignore", "Ignore: bring nothing of them"))
    name, key = clean_line(person.name), person.external_id
    user_id = None
    match await screen.ask(Menu(f"{person.name}\n{person.email or 'no email'}", items)):
        case "same":
            user_id = person.proposed_id
        case "other":
            user_id = await _choose_person(screen, f"Who is {name}?")
        case "new":
            screen.write(
                partial(joining.make, screen.actor, site_id, key),
                lambda _: screen.say(f"{name} was added; the next sync brings their work."),
            )
        case "ignore":
            screen.write(
                partial(joining.ignore, screen.actor, site_id, key),
                lambda _: screen.say(f"{name} is ignored: nothing of them comes in."),
            )
    if user_id is not None:
        screen.write(
            partial(joining.join, screen.actor, site_id, key, user_id),
            lambda _: screen.say(f"{name} is joined; the next sync brings their work."),
        )


async def _choose_person(screen: StoreAccess, title: str) -> int | None:
    def find(typed: str) -> list[Choice[int]]:
        return [Choice(one.id, one.name, one.email) for one in search.find_people(screen.actor, typed)]

    return await screen.ask(Choose(title, find, "Nobody has this name."))
