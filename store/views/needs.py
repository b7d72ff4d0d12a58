"""Who needs somebody: members with how they are doing, and why they are flagged."""

from __future__ import annotations

from store.frozen import dataclass
from store.text import counted
from store.views.due import Overdue
from store.views.people import MemberRow


@dataclass(frozen=True, slots=True)
class Inactive:
    """Nothing was submitted, completed or posted for so many days; nothing ever if `never`.

    Then they are counted from when the person was enrolled.
    """

    days: int
    never: bool = False

    weight = 6

    @property
    def reason(self) -> str:
        """Why the person is flagged."""
        lasting = counted(self.days, "day")
        return f"nothing done since enrolling {lasting} ago" if self.never else f"no activity for {lasting}"

    @property
    def short(self) -> str:
        """The same in few cells."""
        return f"not begun, {self.days} d" if self.never else f"inactive {self.days} d"


@dataclass(frozen=True, slots=True)
class GradeFall:
    """The grade over all courses, in percent, was one thing so many weeks ago and is another now."""

    was: float
    now: float
    weeks: int

    weight = 4

    @property
    def reason(self) -> str:
        """Why the person is flagged."""
        return f"grade fell from {self.was:.0f} % to {self.now:.0f} % over {counted(self.weeks, 'week')}"

    @property
    def short(self) -> str:
        """The same in few cells."""
        return f"grade {self.was:.0f} → {self.now:.0f} %"


@dataclass(frozen=True, slots=True)
class Untouched:
    """Returned work that was not submitted again, the latest for `least` days, the first for `most`."""

    items: int
    least: int
    most: int

    weight = 3

    @property
    def reason(self) -> str:
        """Why the person is flagged."""
        days = counted(self.most, "day")
        lasting = days if self.least == self.most else f"{self.least:,} to {days}"
        return f"{counted(self.items, 'returned item')} not resubmitted for {lasting}"

    @property
    def short(self) -> str:
        """The same in few cells."""
        return f"no retry {self.most} d"


Flag = Inactive | GradeFall | Untouched | Overdue


@dataclass(frozen=True, slots=True)
class MemberNeed:
    """A member with how often they did something in each of the past 26 weeks, and their flags.

    Both are empty for somebody whom the viewer may not follow. The heaviest flag comes first.
    """

    member: MemberRow
    weeks: tuple[int, ...]
    flags: tuple[Flag, ...]

    @property
    def overdue(self) -> int:
        """How many of their steps are overdue."""
        return sum(flag.steps for flag in self.flags if isinstance(flag, Overdue))
