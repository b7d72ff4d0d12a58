"""A school here that is linked with a made-up Canvas: syncing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from store.permissions import OPERATOR
from store.sites import sites, sync
from store.sites.asking import Asker
from store.sites.canvas.client import CanvasClient
from store.sites.errors import SiteError
from store.sites.sites import LinkedSite
from store.sites.sync import SyncOptions, SyncResult
from store.views.sites import SiteKind
from tests.helpers.fake_canvas import FakeCanvas, School, fake_canvas


@dataclass
class LinkedCanvas:
    """A site on this machine, and its link."""

    server: FakeCanvas
    site_id: int
    client: CanvasClient

    @property
    def there(self) -> School:
        return self.server.school

    @property
    def site(self) -> LinkedSite:
        return sites.linked(OPERATOR, str(self.site_id))[0]

    def sync(
        self, *, wait: Callable[[float, SiteError], bool] = lambda seconds, why: True, **options: bool
    ) -> SyncResult:
        """One run, which does not wait before it asks again."""
        asker = Asker(self.client, wait=wait)
        return sync.run(self.site, self.client, SyncOptions(**options), asker=asker)


@contextmanager
def linked_canvas(school: School) -> Iterator[LinkedCanvas]:
    """Link the open database with a site that answers until the block ends."""
    with fake_canvas(school) as server, CanvasClient(server.url, server.token) as client:
        site_id = sites.add(OPERATOR, SiteKind.CANVAS, server.url, "Canvas")
        yield LinkedCanvas(server, site_id, client)
