"""What Moodle makes of text that is sent to it: HTML is cleaned, Markdown is not read as such."""

from __future__ import annotations

import html
from html.parser import HTMLParser

MARKDOWN = 4
_EMPTY = {"br", "hr", "img"}
_DROPPED = {"script", "style"}
_KEPT = {
    *("a", "b", "blockquote", "br", "code", "div", "em", "h3", "h4", "h5", "hr", "i", "img", "li", "ol", "p"),
    *("pre", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {"href", "src", "alt", "title", "dir"}


def kept(text: str, text_format: int) -> str:
    """Feedback as it reads after it was saved."""
    if text_format == MARKDOWN:
        return html.escape(text, quote=False).replace("\n", "<br />\n")
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return cleaner.cleaned()


class _Cleaner(HTMLParser):
    """Keeps harmless tags, closes what is open, and drops scripts and events."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []
        self.dropping = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self.dropping = tag
        if tag not in _KEPT:
            return
        found = [(name, value or "") for name, value in attrs if name in _ATTRIBUTES]
        found = [(name, value) for name, value in found if not value.lower().startswith("javascript:")]
        if tag == "img" and "alt" not in dict(found):
            found.append(("alt", dict(found).get("src", "")))
        words = "".join(f' {name}="{html.escape(value)}"' for name, value in found)
        self.out.append(f"<{tag}{words}{' /' if tag in _EMPTY else ''}>")
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self.dropping:
            self.dropping = ""
        if tag in self.open:
            while self.open:
                closing = self.open.pop()
                self.out.append(f"</{closing}>")
                if closing == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self.dropping:
            self.out.append(html.escape(data, quote=False))

    def cleaned(self) -> str:
        return "".join([*self.out, *(f"</{tag}>" for tag in reversed(self.open))])
