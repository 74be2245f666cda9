"""Markdown in long texts: what is useful is kept, what is hostile is harmless, and nothing is slow."""

from __future__ import annotations

import re

import pytest

from node import prose

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script in a link": "[x](<script>alert(1)</script>)",
    "event handler": '<img src=x onerror="alert(1)">',
    "svg handler": "<svg/onload=alert(1)>",
    "javascript link": "[click](javascript:alert(1))",
    "javascript link in capitals": "[click](JaVaScRiPt:alert(1))",
    "javascript link with entities": "[click](java&#115;cript:alert&#40;1&#41;)",
    "javascript link with a tab": "[click](<java\tscript:alert(1)>)",
    "javascript by reference": "[click][a]\n\n[a]: javascript:alert(1)",
    "javascript autolink": "<javascript:alert(1)>",
    "data link": "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "data image": "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "vbscript link": "[click](vbscript:msgbox(1))",
    "file link": "[click](file:///etc/passwd)",
    "link without a scheme": "[click](//evil.example/x)",
    "link into the administration": "[click](/admin/own/password)",
    "image from elsewhere": "![pixel](https://evil.example/pixel.png)",
    "title that leaves its attribute": "[x](https://ok.example 'a\" onmouseover=\"alert(1)')",
    "address that leaves its attribute": '[x](https://ok.example/"onmouseover="alert(1))',
    "style": "<style>*{display:none}</style>",
    "iframe": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "form": "<form action=https://evil.example><input name=password>",
    "mXSS by noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "mXSS by math and style": "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",  # noqa: E501
    "mXSS by svg and style": "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "mXSS by template": "<template><script>alert(1)</script></template>",
    "mXSS by backticks": "`<img src=x onerror=alert(1)>`",
    "comment": "<!-- --><script>alert(1)</script>",
    "code fence with a class": '```"><script>alert(1)</script>\nx\n```',
    "null byte": "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "base": "<base href=https://evil.example>",
    "meta refresh": '<meta http-equiv=refresh content="0;url=https://evil.example">',
}  # fmt: skip
NESTED = {
    "quotations": ">" * 10_000 + " a",
    "lists": "\n".join("  " * depth + "- a" for depth in range(100)),
    "emphasis": "*" * 5_900 + "a" + "*" * 5_900,
    "brackets": "[" * 10_000,
    "brackets closed": "[" * 5_000 + "]" * 5_000,
    "links within links": "[a](" * 2_900,
    "backticks": "`" * 5_000 + "a" + "`" * 4_999,
    "a megabyte": "*a* [b](http://c.example)\n\n" * 40_000,
}
_TAG = re.compile(r"<(/?)([a-zA-Z0-9]+)([^>]*)>")
_ATTRIBUTES = re.compile(
    r'(?: href="(?:https?://|mailto:)[^"<>]*")?(?: rel="nofollow noopener noreferrer")?/?', re.IGNORECASE
)


def _foreign(html: str) -> list[str]:
    """Tags and attributes that no text may bring."""
    return [
        found[0]
        for found in _TAG.finditer(html)
        if found[2] not in prose._TAGS or not _ATTRIBUTES.fullmatch(found[3].strip() and " " + found[3].strip())
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_harmless(name):
    html = str(prose.html(HOSTILE[name]))
    assert _foreign(html) == [], html
    assert not re.search(r'href="(?!https?://|mailto:)', html)


@pytest.mark.parametrize("name", NESTED)
def test_deeply_nested_or_long_text_comes_back_and_is_harmless(name):
    html = str(prose.html(NESTED[name]))
    assert html
    assert _foreign(html) == []
    assert prose.plain(NESTED[name])


@pytest.mark.parametrize("sign", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))])
def test_sign_that_turns_a_text_around_is_not_shown(sign):
    assert sign not in prose.upright(f"a{sign}b")
    assert sign not in prose.html(f"a{sign}b")


def test_marks_of_direction_that_arabic_needs_are_kept():
    marks = "\u200f(\u0623)\u200e \u200d \u200c \u061c"
    assert prose.upright(marks) == marks


def test_emphasis_lists_quotations_and_links_are_shown():
    html = prose.html("**Deux** *pas* :\n\n1. un\n2. deux\n\n> cité\n\n[Rabat](https://rabat.example/a?b=1&c=2)")
    for piece in ("<strong>Deux</strong>", "<em>pas</em>", "<ol>", "<li>un</li>", "<blockquote>"):
        assert piece in html
    assert 'href="https://rabat.example/a?b=1&amp;c=2"' in html
    assert 'rel="nofollow noopener noreferrer"' in html


def test_headings_fit_below_those_of_the_page():
    html = prose.html("# a\n\n## b\n\n###### c", highest=5)
    assert re.findall("<(h[0-9])>", html) == ["h5", "h6", "h6"]


def test_one_line_break_stays_a_line_break():
    assert "<br>" in prose.html("Premier\nSecond")


def test_text_longer_than_any_field_is_shown_as_it_is():
    html = prose.html("*a* <b>\n" * 3_000)
    assert html.startswith("<p>*a* &lt;b&gt;</p>")


def test_words_without_marks_are_given_to_the_search():
    assert (
        prose.plain("**Mots** et [lien](https://long.example/x) `code`\n\n- un\n- deux")
        == "Mots et lien code\nun\ndeux"
    )
    assert prose.plain("Rien de tel : 2 + 2, l'école.") == "Rien de tel : 2 + 2, l'école."
