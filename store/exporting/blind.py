"""Work that a site shows without names: what is exported would say whose it is, with the points beside it."""

from __future__ import annotations

from typing import Any

from store.models import Completion
from store.models.sites import SiteWork


def is_blind() -> Any:
    """Condition on completions: until the site reveals names, nobody here is told whose work it is."""
    hidden = SiteWork.select(SiteWork.completion).where(SiteWork.shown_as != "")
    return Completion.id.in_(hidden)
