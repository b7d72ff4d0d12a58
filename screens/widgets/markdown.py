"""Turns Markdown from people into passages: bold, italic, lists, quotes and code.

A link shows its address and cannot be followed; HTML and images are shown as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from screens.widgets.passages import Passage, Span
from store.text import clean_text

if TYPE_CHECKING:
    from markdown_it.token import Token

LONGEST = 20_000
"""Characters beyond which a text is shown as it was typed: a parser can be made slow on purpose."""
INDENT = 2
STRONG, SLANTED = "strong", "slanted"
STYLES = {"strong": STRONG, "em": SLANTED}
"""The tone of each mark; both together are `strong-slanted`."""


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
                words, spans = _block(token, lead, heading=heading)
                hang = INDENT if lists and not lead else 0
                depth = indent + INDENT * max(0, len(lists) - 1) + hang
                lead = ""
                yield Passage(words, tone, depth, sign="│ " * quotes, spans=spans)


def _item(lists: list[int | None]) -> str:
    number = lists[-1]
    if number is None:
        return "• "
    lists[-1] = number + 1
    return f"{number}. "


def _block(token: Token, lead: str, *, heading: bool) -> tuple[str, tuple[Span, ...]]:
    """The text of one block after its number or sign, and what stands out in it."""
    if token.type == "hr":
        return "─" * 12, ()
    if token.type != "inline":
        lines = clean_text(token.content).rstrip("\n").split("\n")
        return "\n".join(f"{lead}  {line}" for line in lines), ()
    text = lead
    spans: list[Span] = []
    for words, view in _inline(token.children or ()):
        # What was written as a number of a character is one only now.
        start, text = len(text), text + clean_text(words)
        if view and len(text) > start:
            spans.append(Span(start, len(text), view))
    return (text, (Span(0, len(text), STRONG),)) if heading else (text, tuple(spans))


def _inline(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """The words of a block, each run with how it looks."""
    styles: list[str] = []
    address = said = ""
    for token in tokens:
        kind, _, edge = token.type.rpartition("_")
        if token.type == "link_open":
            address, said = str(token.attrs.get("href", "")), ""
        elif token.type == "link_close":
            if address and address != said:
                yield f" ({address})", ""
        elif edge == "open" and kind in STYLES:
            styles.append(STYLES[kind])
        elif edge == "close" and kind in STYLES:
            styles.pop()
        else:
            words = _words(token)
            said += words
            yield words, "-".join(sorted(set(styles), reverse=True))


def _words(token: Token) -> str:
    match token.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "image":
            return f"{token.content} ({token.attrs.get('src', '')})"
        case "code_inline":
            return f"`{token.content}`"
    return token.content
