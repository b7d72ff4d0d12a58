"""Files that were handed in."""

from __future__ import annotations

from store.frozen import dataclass


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file that was handed in with an attempt, by its id.

    `name` is as the learner chose it, `file_name` what a file of it is called here. `size` is in bytes, None
    where it is not known; `link` leads to it in a browser, empty where it lies at no site. It `can_be_had` if
    it is known where it lies. Of blind work, see `blind`, both names are made here, and no link is told: the
    learner's own name may stand in them.
    """

    id: int
    name: str
    file_name: str
    size: int | None
    media_type: str
    link: str
    can_be_had: bool = True
