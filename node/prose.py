"""Long texts of records: Markdown, as harmless HTML for pages and as plain words for the search.

Law of this room: whatever goes in, what comes out holds only the tags of `_TAGS`, links to http, https and mailto, and
no attribute but `href` and `rel` (attacks E1). CommonMark without raw HTML and without images is rendered by
markdown-it-py; nh3 cleans what it gave, so that two independent libraries must fail before a script gets through. A
text of one line is no Markdown. Nothing here raises.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

LONGEST = 12_000
"""Characters of a text that are read as Markdown: twice the longest field. A longer one is shown as it is."""

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "code", "pre", "hr", "a", "h3", "h4", "h5", "h6"}
_DEEPEST = 16  # levels of lists and quotations; what is nested deeper is left out
_ABSOLUTE = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]+", re.IGNORECASE)
_MARKS = "*_`#[]<>&\\"
_MARKED_LINE = re.compile(r" {0,3}(?:[-+]|\d{1,9}[.)])[ \t]| {4}|\t|[-=]{2,}\s*$")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")


def upright(text: str) -> str:
    """`text` without the characters that turn others around: what is read is what was signed, in its own direction.

    Marks that only say a direction (U+200E, U+200F, U+061C) stay: honest Arabic texts need them.
    """
    return _OVERRIDES.sub("", text)


@lru_cache(maxsize=512)
def html(text: str, highest: int = 3) -> Markup:
    """A long text as HTML. `highest`: what its highest heading becomes, 3 to 6, so that it fits below ours."""
    text = upright(text)
    if len(text) > LONGEST:
        lines = (line.strip() for line in text.split("\n"))
        return Markup("\n").join(Markup("<p>{}</p>").format(line) for line in lines if line)
    tokens = _reader().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + highest - 1)}"
    rendered = _reader().renderer.render(tokens, _reader().options, {})
    cleaned = nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_link,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
        strip_comments=True,
    )
    return Markup(cleaned)  # noqa: S704  # cleaned by an allow-list


def plain(text: str) -> str:
    """The words of a long text, without the marks of Markdown and the addresses behind its links."""
    if len(text) > LONGEST or not _is_marked(text):
        return text
    lines: list[str] = []
    for token in _reader().parse(text):
        if token.type == "inline":
            lines.append("".join(map(_said, token.children or ())))
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.rstrip("\n"))
    return "\n".join(lines) or text  # nested so deep that nothing was read


def _is_marked(text: str) -> bool:
    """Whether anything in it may be Markdown. Looks for letters first: a search reads ten long texts for each page."""
    return any(mark in text for mark in _MARKS) or any(map(_MARKED_LINE.match, text.split("\n")))


def _said(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.content if token.type in ("text", "text_special", "code_inline") else ""


def _link(_tag: str, name: str, value: str) -> str | None:
    """Only addresses that lead elsewhere and say where: no path on the node that happens to show the text."""
    return value if name == "rel" or (name == "href" and _ABSOLUTE.fullmatch(value)) else None


@cache
def _reader() -> MarkdownIt:
    options = {"html": False, "linkify": False, "typographer": False, "breaks": True, "maxNesting": _DEEPEST}
    return MarkdownIt("commonmark", options).disable("image")
