"""Sites: the platforms that the account is linked with, for admins."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from screens.base import ASIDE, HOME, MusterScreen
from screens.places import Crumb, SitePlace, SitesPlace
from screens.row_pane import RowPane, Tell
from screens.sites.rows import SITE_COLUMNS, SiteLine, site_line, site_parts
from screens.widgets.detail_pane import DetailPane, passage
from screens.widgets.list.row_list import Row, RowList
from store.sites import sites
from store.views.account import Viewer
from store.views.sites import SiteView

NO_SITE = (
    "No site is linked.\n\n"
    "Where your learners work in Moodle or Canvas, their work can come here, and your reviews go back to "
    "them. On the machine where Muster runs:\n\n"
    "muster site add moodle https://moodle.school.example\n"
    "muster site add canvas https://canvas.school.example"
)


class SitesScreen(MusterScreen[tuple[SiteView, ...]]):
    """A list of sites; Enter opens one."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-pane")]
    DEFAULT_CSS = """
    SitesScreen { & #sites { width: 1fr; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = []
    UNCONCERNED = ASIDE

    place = SitesPlace()

    def __init__(self) -> None:
        super().__init__()
        self._pane = RowPane(self, lambda: self.query_one(RowList).cursor_row, _tell)

    def compose_body(self) -> ComposeResult:
        """The list, and beside it what there is to know of the site under the cursor."""
        with Horizontal():
            yield RowList(SITE_COLUMNS, header=True, empty=NO_SITE, id="sites")
            yield DetailPane()

    def fetch(self, viewer: Viewer) -> tuple[SiteView, ...]:
        """All linked sites."""
        return sites.list_sites(self.actor)

    def crumbs(self, state: tuple[SiteView, ...]) -> tuple[Crumb, ...]:
        """Right under Home."""
        return HOME, Crumb("Sites")

    def show(self, state: tuple[SiteView, ...]) -> None:
        """Show them."""
        self.query_one(RowList).set_rows([site_line(site) for site in state])
        self._pane.reload()

    @on(RowList.Moved)
    def _cursor_moved(self) -> None:
        self._pane.moved()

    def on_resize(self) -> None:
        """There may be room for the pane now."""
        self._pane.moved()

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Open the site."""
        if isinstance(message.key, int):
            self.go(SitePlace(message.key))


def _tell(row: Row) -> Tell | None:
    if not isinstance(row, SiteLine):
        return None
    site = row.site
    return lambda: [passage(line) for line in site_parts(site)]
