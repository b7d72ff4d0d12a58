"""The menu of the whole page: adding people, reports and settings for admins, and the whole tree."""

from __future__ import annotations

from textual import work

from screens.base import Dialog
from screens.dialogs.ask import Menu, MenuItem
from screens.store_access import StoreAccess
from store.reports import Report

REPORTS: dict[str, Report] = {"groups_report": "groups", "memberships_report": "memberships"}


@work(exit_on_error=False)
async def page_menu(screen: StoreAccess, *, people: bool, tree: bool) -> None:
    """Show the menu; `people` offers to add people, `tree` to expand and collapse all groups."""
    items = []
    if screen.host.viewer.may_report:
        if people:
            items.append(MenuItem("add_members", "Add a person…", "a"))
            items.append(MenuItem("add_list", "Add people from a list…", "A"))
        items += [MenuItem(item, f"{kind.capitalize()} report…") for item, kind in REPORTS.items()]
        items.append(MenuItem("settings", "Account settings…"))
    if tree:
        items.append(MenuItem("expand_all", "Expand all", "E"))
        items.append(MenuItem("collapse_all", "Collapse all", "C"))
    chosen = await screen.ask(Menu("Community", items))
    if chosen in REPORTS:
        await _take_report(screen, REPORTS[chosen])
    elif chosen == "settings":
        await screen.ask(_settings())
    elif chosen is not None:
        await screen.run_action(chosen)


async def _take_report(screen: StoreAccess, report: Report) -> None:
    from screens.community.take_report import ReportWritten, TakeReport  # noqa: PLC0415 - imported once used

    away = screen.host.away
    written = await screen.ask(TakeReport(report, away))
    if written is not None:
        await screen.ask(ReportWritten(report, written, away))


def _settings() -> Dialog[bool]:
    from screens.community.settings import AccountSettings  # noqa: PLC0415 - imported once used

    return AccountSettings()
