"""How well something went, in whatever form a statement says it (xAPI 1.0.3, part two, 2.4.5.1).

`raw` of `max` counts, whatever `scaled` says beside them. Without a max, `raw` and `scaled` come to one.
`scaled` alone is a share: of the points that the step has, else of 100. `raw` alone counts where the step's
points are known. Less than nothing is nothing.
"""

from __future__ import annotations

from store.frozen import dataclass
from store.importing import limits

PERCENT = 100.0
"""What a step is worth of which only shares are known."""
_NEAR = 0.005
"""As near as two digits of a share can tell."""


@dataclass(frozen=True, slots=True)
class Score:
    """`raw` between `least` and `most`, and `scaled` between -1 and 1; at least one of raw and scaled."""

    raw: float | None
    most: float | None = None
    least: float | None = None
    scaled: float | None = None

    @property
    def out_of(self) -> float | None:
        """The most there was to get: told, or what raw and scaled come to; None where neither tells."""
        if self.most:
            return self.most
        if not self.raw or not self.scaled or self.raw < 0 or self.scaled < 0:
            return None
        exact = self.raw / self.scaled
        whole = round(exact) if exact <= limits.MOST_POINTS else 0
        if whole >= self.raw and abs(self.raw / whole - self.scaled) < _NEAR:
            exact = float(whole)
        return round(exact, 4) if limits.LEAST_POSSIBLE <= exact <= limits.MOST_POINTS else None

    @property
    def is_share(self) -> bool:
        """Whether it counts without any maximum: a raw score above nothing is no share of nothing."""
        return self.scaled is not None and not (self.raw and self.raw > 0 >= self.scaled)

    @property
    def is_negative(self) -> bool:
        """Whether it is less than nothing."""
        return (self.scaled or 0) < 0 if self.raw is None else self.raw < 0

    @property
    def disagrees(self) -> bool:
        """Whether scaled says something else than raw and max, from nothing up or from their min."""
        if self.raw is None or self.scaled is None or not self.most:
            return False
        least = self.least or 0.0
        shares = [self.raw / self.most]
        if self.most > least:
            shares.append((self.raw - least) / (self.most - least))
        return all(abs(share - self.scaled) > 2 * _NEAR for share in shares)

    def points(self, worth: float | None) -> float | None:
        """Points of a step that is worth so many; None where that cannot be told."""
        out_of = self.out_of
        if self.raw is not None and out_of:
            found = self.raw if worth in (None, out_of) else self.raw / out_of * (worth or 0.0)
        elif self.scaled is not None and self.is_share and worth:
            found = self.scaled * worth
        elif self.raw is not None and worth and self.raw <= worth:
            found = self.raw
        else:
            return None
        return max(0.0, round(found, 4))
