"""The files and the link of an attempt: choosing one, and saving it, showing it, or copying where it is."""

# ruff: noqa: PLC0415 - what fetches and shows files costs nothing until one is asked for

from __future__ import annotations

from functools import partial
from pathlib import Path

from screens import formatting
from screens.dialogs.ask import Menu, MenuItem
from screens.host import Away
from screens.review.panel import ReviewPanel
from screens.store_access import DONE_SECONDS
from store import attachments, files
from store.sites import fetching
from store.text import clean_text
from store.views.attachments import AttachmentView
from store.views.work import AttemptView

LINK = "link"
SHOW, SAVE, COPY, COMMAND = "show", "save", "copy", "command"
NOWHERE = "Where it lies is not known here"


def has_any(attempt: AttemptView | None) -> bool:
    """Whether an attempt has files or a link."""
    return attempt is not None and bool(attempt.attachments or attempt.link)


def command(away: Away, file: AttachmentView) -> str:
    """The line that brings a file to the person's own machine."""
    return f"{away.ssh} file {file.id} > {file.file_name}"


async def choose(screen: ReviewPanel, attempt: AttemptView) -> None:
    """Choose a file or the link, then what becomes of it."""
    chosen: str | None = LINK if attempt.link else str(attempt.attachments[0].id)
    if len(attempt.attachments) + bool(attempt.link) > 1:
        items = [MenuItem(str(file.id), formatting.file(file)) for file in attempt.attachments]
        items += [MenuItem(LINK, "Copy the link")] if attempt.link else []
        chosen = await screen.ask(Menu("Files and link", items))
    if chosen == LINK:
        _copy_link(screen, attempt.link)
    file = next((each for each in attempt.attachments if str(each.id) == chosen), None)
    if file is not None:
        await _with(screen, file)


async def _with(screen: ReviewPanel, file: AttachmentView) -> None:
    match await screen.ask(Menu(f"{file.name} (file {file.id})", _menu(file, screen.host.away))):
        case "show":
            await _show(screen, file)
        case "save":
            await _save(screen, file)
        case "command":
            await _tell_command(screen, file)
        case "copy":
            _copy_link(screen, file.link)


def _menu(file: AttachmentView, away: Away | None) -> list[MenuItem]:
    large = f"Larger than {formatting.size(attachments.LIMIT)}" if attachments.is_too_large(file) else ""
    why_not = large if file.can_be_had else NOWHERE
    items = []
    if attachments.is_text(file):
        items.append(MenuItem(SHOW, "Show the text here", refused=why_not))
    if away is None:
        items.append(MenuItem(SAVE, "Save it", refused=why_not))
    else:
        items.append(MenuItem(COMMAND, "Copy the command that downloads it", refused=why_not))
    if file.link:
        items.append(MenuItem(COPY, "Copy its link"))
    return items


async def _show(screen: ReviewPanel, file: AttachmentView) -> None:
    from screens.review.file_dialogs import FetchFile, FileText

    text = await screen.ask(FetchFile(file, partial(fetching.read_text, screen.actor, file.id)))
    if text is not None:
        await screen.ask(FileText(file, text))


async def _save(screen: ReviewPanel, file: AttachmentView) -> None:
    from screens.review.file_dialogs import FetchFile

    folder = files.default_folder()
    fetch = partial(fetching.save, screen.actor, file.id, folder)
    path: Path | None = await screen.ask(FetchFile(file, fetch))
    if path is not None:
        screen.say(f"Saved as {path}", seconds=DONE_SECONDS)


async def _tell_command(screen: ReviewPanel, file: AttachmentView) -> None:
    from screens.review.file_dialogs import FileCommand

    assert screen.host.away is not None
    line = clean_text(command(screen.host.away, file))
    screen.app.copy_to_clipboard(line)
    await screen.ask(FileCommand(file, line))


def _copy_link(screen: ReviewPanel, link: str) -> None:
    screen.app.copy_to_clipboard(attachments.plain_link(link))
    screen.say("The link is in your clipboard, if your terminal allows that (OSC 52).")
