"""HTML of sites as our Markdown or as plain text, and ours as HTML that a site keeps as it is."""

# ruff: noqa: PLC0415 - the libraries are imported where there is something to convert

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from store import text

if TYPE_CHECKING:
    from markdown_it.token import Token

LIMIT = 200_000
"""Characters of HTML that are converted; of longer ones only the words are taken."""
KEPT = 500_000
"""Characters that are kept of a text, at most."""
LONGEST_MARKDOWN = 20_000
"""Characters of our Markdown beyond which signs stay signs: a parser can be made slow on purpose."""
NESTING = 20
"""Lists and quotes inside each other, beyond which the parser would leave words out."""
_SENT_LINKS = ("http://", "https://", "mailto:")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})([^<>]*)>|<[!?][^<>]*>")
_LINK = re.compile(r"""\bhref\s*=\s*("[^"]*"|'[^']*')""")
_ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_CLASS = re.compile(r"""\bclass\s*=\s*"([^"]*)\"""")
_BLANK_LINES = re.compile(r"\n\s*\n\s*")
_BREAKING = frozenset(("p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"))
_EMPHASIS = ("b", "strong", "em", "i", "del", "s", "code", "kbd", "samp", "h1", "h2", "h3", "h4", "h5", "h6")
_UNSEEN = frozenset(("script", "style", "head", "title", "template", "noscript", "svg", "math"))


def markdown(html: str) -> str:
    """What HTML says, as Markdown; safe in a terminal. Pictures are left out, and nothing is fetched."""
    return _converted(html, strip=["img"])


def plain(html: str) -> str:
    """What HTML says, as a text that is shown as it is: with paragraphs, lists and the addresses of links,
    without signs for what is bold.
    """
    return _converted(html, strip=["img", *_EMPHASIS], escape_asterisks=False, escape_underscores=False)


def visible(html: str) -> str:
    """The words of HTML as they are compared: without what is only a matter of its form."""
    return " ".join(words(html).split())


def _converted(html: str, **options: Any) -> str:
    html = html[: 4 * KEPT]
    if not _TAG.search(html):
        return _tidy(unescape(html))
    if len(html) > LIMIT:
        return words(html)
    from markdownify import MarkdownConverter

    converter = MarkdownConverter(heading_style="atx", bullets="-", escape_misc=False, **options)
    try:
        found = converter.convert(_plain(html))
    except RecursionError:
        # Nested deeper than anybody writes.
        return words(html)
    return _tidy(found)


def words(html: str) -> str:
    """The words of HTML alone, a line for each paragraph; safe in a terminal."""
    parts = []
    for said, tag, _ in _pieces(html[: 4 * KEPT]):
        parts += [unescape(said), "\n" if tag.lstrip("/") in _BREAKING else ""]
    return _tidy("".join(parts))


def _pieces(html: str) -> Iterator[tuple[str, str, str]]:
    """Words, the tag behind them (with a slash where it ends something) and its attributes, in one pass.

    A sign that begins no tag is part of the words: the library's own parser takes the square of the length
    for many of them. What scripts and styles hold is left out.
    """
    at, unseen = 0, ""
    for found in _TAG.finditer(html):
        said = "" if unseen else html[at : found.start()]
        at = found.end()
        ends, name, attributes = found[1] or "", (found[2] or "").lower(), found[3] or ""
        if name in _UNSEEN:
            unseen = "" if ends and name == unseen else unseen or ("" if ends else name)
            name = ""
        yield said, f"{ends}{name}" if name and not unseen else "", attributes
    yield "" if unseen else html[at:], "", ""


def _plain(html: str) -> str:
    """The same HTML with no attributes but the addresses of links, and every other sign escaped."""
    parts = []
    for said, tag, attributes in _pieces(html):
        parts.append(said.replace("<", "&lt;"))
        if tag == "a" and (link := _LINK.search(attributes)):
            parts.append(f'<a href="{escape(unescape(link[1][1:-1]))}">')
        elif tag:
            parts.append(f"<{tag}>")
    return "".join(parts)


def inside(html: str, name: str) -> str:
    """The HTML within the first element of a class; empty where there is none."""
    tag, start, depth = "", 0, 0
    for found in _TAG.finditer(html[: 4 * KEPT]):
        kind = (found[2] or "").lower()
        if not tag:
            classes = _CLASS.search(found[3] or "") if not found[1] else None
            if classes is not None and name in classes[1].split():
                tag, start, depth = kind, found.end(), 1
        elif kind == tag:
            depth += -1 if found[1] else 1
            if depth == 0:
                return html[start : found.start()]
    return ""


def line(html: str) -> str:
    """A name that a site gives with entities in it, as one line."""
    return text.clean_line(unescape(html[: 4 * text.NAME_LIMIT]))


def sent(markdown_text: str) -> str:
    """Our Markdown as HTML that a site keeps: bold, slanted, code, lists, quotes, headings and links.

    Every word is escaped. HTML and pictures go out as the signs they were typed with, and so does a link
    to anything but the web or an address for mail. No word is left out.
    """
    whole = text.clean_text(markdown_text).strip()
    if len(whole) > LONGEST_MARKDOWN:
        return _paragraphs(whole)
    from markdown_it import MarkdownIt

    # A list of addresses at the end would be left out, and pictures would be fetched by whoever reads.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": NESTING})
    parser.disable(["reference", "image"])
    parser.validateLink = _may_be_sent  # type: ignore[method-assign]
    tokens = parser.parse(whole)
    if any(token.level >= NESTING - 1 for token in tokens):
        return _paragraphs(whole)
    return str(parser.renderer.render(_fitted(tokens), parser.options, {})).strip()


def unformatted(markdown_text: str) -> str:
    """Our Markdown as a text for a site that keeps no form: paragraphs and lists stay, the address of a link
    stands behind its words.
    """
    flat = _ANCHOR.sub(_words_and_address, sent(markdown_text))
    kept = {"escape_asterisks": False, "escape_underscores": False, "autolinks": False}
    return _converted(flat, strip=["a", "pre", *_EMPHASIS], **kept)


def _words_and_address(anchor: re.Match[str]) -> str:
    address, said = anchor.groups()
    return said if said == address else f"{said} ({address})"


def _may_be_sent(url: str) -> bool:
    return url.lower().startswith(_SENT_LINKS)


def _fitted(tokens: Sequence[Token]) -> Sequence[Token]:
    """Headings smaller than those of the page that shows them, and no names of programming languages."""
    for token in tokens:
        token.info = ""
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 5)}"
    return tokens


def _paragraphs(whole: str) -> str:
    """A text as HTML made of escaped words: paragraphs and line breaks, nothing else."""
    parts = (part for part in _BLANK_LINES.split(whole) if part.strip())
    return "".join(f"<p>{escape(part.strip(), quote=False).replace(chr(10), '<br>')}</p>" for part in parts)


def _tidy(found: str) -> str:
    kept = text.clean_text(found)[:KEPT]
    kept = "\n".join(each.rstrip() for each in kept.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", kept).strip()
