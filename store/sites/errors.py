"""What can go wrong with a site: each kind asks for something else of whoever looks after the link.

A message is one plain sentence that says what to do. It never holds a token, and what the site itself said is
cleaned and cut.
"""

from __future__ import annotations

from store.errors import MusterError


class SiteError(MusterError):
    """A site did not do what it was asked. `function` is what was asked; `code` is the site's own, or ""."""

    title = "The site did not do it"
    stops_link = False
    """Nothing more can be done at this site until a person has acted."""
    passes = False
    """It ends by itself: the same may be asked again later."""

    def __init__(
        self, message: str, *, function: str = "", code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.function = function
        self.code = code
        self.retry_after = retry_after
        """Seconds that the site asks to wait, where it says so."""


class BadTokenError(SiteError):
    """The site does not know the token, or its person may not use it."""

    title = "The token is not good"
    stops_link = True


class NoAccessError(SiteError):
    """The site refuses the token this function, or everything: it does not say which."""

    title = "The site refuses access"
    stops_link = True


class MissingRightError(SiteError):
    """The token is good, but its person may not see or do this one thing. The rest may work."""

    title = "A right is missing at the site"


class MaintenanceError(SiteError):
    """The site is closed for a while."""

    title = "The site is in maintenance"
    passes = True


class UpgradingError(SiteError):
    """The site is being upgraded."""

    title = "The site is being upgraded"
    passes = True


class SiteBusyError(SiteError):
    """The site, or what stands before it, asks to come back later."""

    title = "The site is busy"
    passes = True


class UnreachableError(SiteError):
    """Nothing was sent: there is no way to the site."""

    title = "The site cannot be reached"
    passes = True


class WrongAddressError(SiteError):
    """Something answers there, but not the site under that name."""

    title = "Not the site's address"
    stops_link = True


class UnknownOutcomeError(SiteError):
    """It was sent, and no readable answer came: maybe it was done, maybe not. Read it back."""

    title = "Not known whether the site did it"
    passes = True


class RefusedError(SiteError):
    """The site understood, and refused this one thing; `code` says why."""

    title = "The site refused"
