"""Markdown from people, as passages to read: weight and slant, lists, quotes and code, and nothing that acts.

Links are shown with their address written out and cannot be followed; HTML and pictures are text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from textual.content import Content

from screens.widgets.reading import Passage
from store.text import clean_text

if TYPE_CHECKING:
    from markdown_it.token import Token

LONGEST = 20_000
"""Characters beyond which a text is shown as it was typed: a parser can be made slow on purpose."""
INDENT = 2
STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


@lru_cache(maxsize=256)
def marked(text: str, tone: str = "", indent: int = 0) -> tuple[Passage, ...]:
    """The passages of a Markdown text, in one tone, indented by so many cells."""
    clean = clean_text(text).strip("\n")
    if len(clean) > LONGEST or not any(sign in clean for sign in "*_`#>-+[<&\\1234567890~"):
        return (Passage(clean, tone, indent),)
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only where there is something to read

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 12})
    blocks = tuple(_blocks(parser.parse(clean), tone, indent))
    return blocks or (Passage(clean, tone, indent),)


def _blocks(tokens: Sequence[Token], tone: str, indent: int) -> Iterator[Passage]:
    """A passage a block; a blank one between blocks at the top level."""
    lists: list[int | None] = []
    quotes = 0
    lead = ""
    heading = False
    first = True
    for token in tokens:
        if token.level == 0 and token.nesting >= 0 and not first:
            yield Passage("")
        first = first and token.nesting < 0
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                lead = _item(lists)
            case "heading_open" | "heading_close":
                heading = token.nesting > 0
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "inline" | "fence" | "code_block" | "hr":
                depth = indent + INDENT * max(0, len(lists) - 1)
                content = _content(token, lead + "│ " * quotes, heading=heading)
                hang = INDENT if lists and not lead else 0
                lead = ""
                yield Passage(content, tone, depth + hang)


def _item(lists: list[int | None]) -> str:
    number = lists[-1]
    if number is None:
        return "• "
    lists[-1] = number + 1
    return f"{number}. "


def _content(token: Token, lead: str, *, heading: bool) -> Content:
    """One block, after its sign or number."""
    if token.type == "hr":
        return Content("─" * 12)
    if token.type == "inline":
        words = Content.assemble(lead, *_inline(token.children or ()))
        return words.stylize("bold") if heading else words
    lines = token.content.rstrip("\n").split("\n")
    return Content("\n".join(f"{lead}  {line}" for line in lines))


def _inline(tokens: Sequence[Token]) -> Iterator[str | tuple[str, str]]:
    """The words of a block with their styles."""
    styles: list[str] = []
    address = ""
    said = ""
    for token in tokens:
        kind, _, edge = token.type.rpartition("_")
        if token.type == "link_open":
            address, said = str(token.attrs.get("href", "")), ""
        elif token.type == "link_close":
            if address and address != said:
                yield f" ({address})"
        elif edge == "open" and kind in STYLES:
            styles.append(STYLES[kind])
        elif edge == "close" and kind in STYLES:
            styles.pop()
        else:
            words = "\n" if token.type.endswith("break") else token.content
            if token.type == "image":
                words = f"{token.content} ({token.attrs.get('src', '')})"
            said += words
            if token.type == "code_inline":
                words = f"`{words}`"
            look = " ".join(styles)
            yield (words, look) if look else words
