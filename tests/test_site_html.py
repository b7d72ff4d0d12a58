"""HTML of sites as Markdown, and ours as HTML."""

from __future__ import annotations

import pytest

from store.sites import html


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("plain &amp; simple", "plain & simple"),
        ("<p>Good start; say <em>why</em> in line two.</p>", "Good start; say *why* in line two."),
        ("<p>One</p><ul><li>rain</li><li>more <b>rain</b></li></ul>", "One\n\n- rain\n- more **rain**"),
        ("<h3>Plan</h3><ol><li>Ask</li></ol>", "### Plan\n\n1. Ask"),
        ('<a href="https://a.example/?b=1&amp;c=2">link</a>', "[link](https://a.example/?b=1&c=2)"),
        ("<p>x &lt; y &amp;&amp; y &gt; z</p>", "x < y && y > z"),
        ("<table><tr><th>a</th></tr><tr><td>b</td></tr></table>", "| a |\n| --- |\n| b |"),
        ("<p>seen</p><script>alert(1)</script><style>p {}</style>", "seen"),
        ('<p onclick="x()">seen<img src="https://a.example/x.png" alt="a boat"></p>', "seen"),
        ("<p>a\x1b[31mred</p>", "ared"),
        ("", ""),
    ],
)
def test_html_becomes_markdown(given: str, wanted: str) -> None:
    assert html.markdown(given) == wanted


@pytest.mark.parametrize(
    "given",
    ["a<" * 90_000, "<a href='" * 20_000, "<b>" * 60_000, "<!--" * 50_000, "<p>word</p>" * 40_000],
    ids=["signs", "open quotes", "nested", "comments", "paragraphs"],
)
def test_hostile_html_is_converted_or_cut_and_never_refused(given: str) -> None:
    assert len(html.markdown(given)) <= html.KEPT


def test_of_very_long_html_the_words_are_kept() -> None:
    assert html.markdown(f"<p>{'long ' * 50_000}</p><p>end</p>").endswith("long\n\nend")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("a<b & c\nsecond\n\nthird", "<p>a&lt;b &amp; c<br />\nsecond</p>\n<p>third</p>"),
        ("**Well** *done*, `x<1`", "<p><strong>Well</strong> <em>done</em>, <code>x&lt;1</code></p>"),
        ("- rain\n- sun", "<ul>\n<li>rain</li>\n<li>sun</li>\n</ul>"),
        ("1. Ask\n2. Write", "<ol>\n<li>Ask</li>\n<li>Write</li>\n</ol>"),
        ("# Plan", "<h3>Plan</h3>"),
        ("```py\nx < 1\n```", "<pre><code>x &lt; 1\n</code></pre>"),
        ("[map](https://x.example/?a=1&b=2)", '<p><a href="https://x.example/?a=1&amp;b=2">map</a></p>'),
        ("2 * 3 * 4 and snake_case", "<p>2 * 3 * 4 and snake_case</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](/course/1)", "<p>[x](/course/1)</p>"),
        ("![boat](https://x.example/b.png)", '<p>!<a href="https://x.example/b.png">boat</a></p>'),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[a]: https://x.example", "<p>[a]: https://x.example</p>"),
    ],
)
def test_feedback_goes_out_as_html_with_every_word_escaped(typed: str, wanted: str) -> None:
    assert html.sent(typed) == wanted


@pytest.mark.parametrize("typed", ["> " * 40 + "deep", "- " * 30 + "deep", "deep " * 5_000])
def test_no_word_is_lost_however_feedback_is_nested_and_however_long_it_is(typed: str) -> None:
    assert html.words(html.sent(typed)).count("deep") == typed.count("deep")


def test_a_name_is_one_line() -> None:
    assert html.line("Pictures &amp;\n interviews") == "Pictures & interviews"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("<p>I would <em>oil</em> the <b>gate</b>.</p>", "I would oil the gate."),
        ("<p>snake_case and 2 * 3 * 4</p>", "snake_case and 2 * 3 * 4"),
        ("<h3>Tides</h3><p>High</p><p>Low</p>", "Tides\n\nHigh\n\nLow"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ('<p><a href="https://x.example/a">here</a></p>', "[here](https://x.example/a)"),
    ],
)
def test_a_text_that_is_shown_as_it_is_has_no_signs_for_what_is_bold(given: str, wanted: str) -> None:
    assert html.plain(given) == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            "**Warm**, see [this](https://x.example/a_b?c=1&d=2).",
            "Warm, see this (https://x.example/a_b?c=1&d=2).",
        ),
        ("<https://x.example/a>", "https://x.example/a"),
        ("1. a < b & c\n2. <b>x</b>\n\n- `snake_case`", "1. a < b & c\n2. <b>x</b>\n\n- snake_case"),
        ("one\ntwo\n\n```\ncode  here\n```", "one\ntwo\n\ncode  here"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
    ],
)
def test_feedback_for_a_site_without_form_is_readable(given: str, wanted: str) -> None:
    assert html.unformatted(given) == wanted
