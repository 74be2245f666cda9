"""The messages themselves: plain text and simple HTML of the same words, each line in its own direction. No picture.

Headers are made by `EmailMessage`, which refuses line breaks; what records say is put on one line, stripped of signs
that turn letters around, and escaped in HTML. Stopping by one press: RFC 8058.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from markupsafe import Markup

from node import speech
from node.following import words
from node.following.reading import Piece
from node.mailing.composing import Digest
from node.sentences import N_
from node.wording import Words

SUMMARY_MOST = 280
"""Characters of a summary."""

_RIGHT_TO_LEFT = ("ar",)
_POLICY = policy.SMTP.clone(cte_type="7bit")  # letters beyond ASCII pass servers that know only ASCII


def digest_message(digest: Digest, sender: str, to: str, stop: str, message_id: str, now: int) -> EmailMessage:
    """The weekly mail. `stop`: the address that ends the mails by one press; `now`: for its date."""
    message = _message(digest.name, sender, to, subject(digest), now)
    message["Message-ID"] = message_id
    message["List-Unsubscribe"] = f"<{stop}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(digest_text(digest, stop))
    message.add_alternative(digest_html(digest, stop), subtype="html")
    message["Content-Language"] = digest.language  # last: what holds the parts has no other header of this kind
    return message


def confirm_message(name: str, language: str, sender: str, to: str, link: str, now: int) -> EmailMessage:
    """The mail that asks whether somebody wants the weekly one. `name`: of this node; `link`: where it is confirmed."""
    say = speech.translations(language).gettext
    message = _message(name, sender, to, say(N_("Confirm your address")), now)
    said = say(N_("Somebody with an account on the node of %(name)s wants a weekly mail at this address."))
    lines = [
        said % {"name": words.line(name)},
        say(N_("If that was you, open this address within three days and press the button:")),
        link,
        say(N_("If not, do nothing: no other mail will come.")),
    ]
    message.set_content("\n\n".join(lines) + "\n")
    first, second, _, last = lines
    paragraphs = [Markup("<p>{}</p>").format(text) for text in (first, second)]
    paragraphs += [Markup('<p dir="ltr"><a href="{0}">{0}</a></p>').format(link), Markup("<p>{}</p>").format(last)]
    message.add_alternative(_page(say(N_("Confirm your address")), language, paragraphs), subtype="html")
    message["Content-Language"] = language
    return message


def subject(digest: Digest) -> str:
    """*Wasl: 3 pieces of news for you*."""
    translated = speech.translations(digest.language)
    said = translated.ngettext(
        "Wasl: %(num)s piece of news for you", "Wasl: %(num)s pieces of news for you", digest.total
    )
    return said % {"num": digest.total}


def digest_text(digest: Digest, stop: str) -> str:
    """The mail as plain text. `stop`: empty for none."""
    say = speech.translations(digest.language).gettext
    parts = [intro(digest)]
    for piece in digest.pieces:
        lines = [f"* {_what(piece, digest.language)}: {_line(piece.title)}"]
        lines += [f"  {_line(piece.summary)}"] if piece.summary else []
        lines += [f"  {_why(piece, digest.language)}", f"  {digest.root}{piece.path}"]
        parts.append("\n".join(lines))
    parts += _rest(digest)
    everything, no_more = say(N_("All of it, and what you follow:")), say(N_("No more of these mails, by one press:"))
    parts.append(f"{everything}\n{digest.inbox}")
    parts += [f"{no_more}\n{stop}"] if stop else []
    return "\n\n".join(parts) + "\n"


def digest_html(digest: Digest, stop: str) -> str:
    """The mail as HTML."""
    say = speech.translations(digest.language).gettext
    parts = [Markup("<p>{}</p>").format(intro(digest))]
    for piece in digest.pieces:
        title = _spoken(piece.title, "strong")
        linked = Markup('<a href="{}">{}</a>').format(digest.root + piece.path, title) if piece.path else title
        parts.append(Markup("<p>{}: {}</p>").format(_what(piece, digest.language), linked))
        parts += [_spoken(piece.summary, "div")] if piece.summary else []
        parts.append(Markup("<p><small>{}</small></p>").format(_why(piece, digest.language)))
    parts += [Markup("<p>{}</p>").format(text) for text in _rest(digest)]
    parts.append(Markup('<p><a href="{}">{}</a></p>').format(digest.inbox, say(N_("All of it, and what you follow"))))
    if stop:
        parts.append(Markup('<p><a href="{}">{}</a></p>').format(stop, say(N_("No more of these mails"))))
    return _page(subject(digest), digest.language, parts)


def intro(digest: Digest) -> str:
    """The first line."""
    said = speech.translations(digest.language).gettext(N_("What is new of what you follow on the node of %(name)s:"))
    return said % {"name": words.line(digest.name)}


def _rest(digest: Digest) -> list[str]:
    """What is not told, in numbers."""
    ngettext = speech.translations(digest.language).ngettext
    more = ngettext("And %(num)s more.", "And %(num)s more.", digest.more)
    members = ngettext(
        "And %(num)s that only members of the network see: sign in to read it.",
        "And %(num)s that only members of the network see: sign in to read them.",
        digest.members,
    )
    counted = ((more, digest.more), (members, digest.members))
    return [said % {"num": number} for said, number in counted if number]


def _what(piece: Piece, language: str) -> str:
    """What happened, and whether it is invented."""
    happened, invented = words.happened(piece, language), N_("Demonstration data")
    if piece.stored.body.get("illustrative") is not True:
        return happened
    return f"{happened} · {speech.translations(language).gettext(invented)}"


def _why(piece: Piece, language: str) -> str:
    said = speech.translations(language).gettext(N_("Because you follow: %(what)s"))
    return said % {"what": " · ".join(words.called(one, language) for one in piece.why)}


def _line(text: Words | None) -> str:
    return words.line(text.text, SUMMARY_MOST) if text is not None else ""


def _spoken(text: Words | None, tag: str) -> Markup:
    """Words in their own language and direction."""
    if text is None:
        return Markup()
    form = Markup('<{0} lang="{1}" dir="{2}">{3}</{0}>')
    return form.format(tag, text.language, _direction(text.language), _line(text))


def _page(title: str, language: str, parts: Iterable[Markup]) -> str:
    head = Markup('<!doctype html>\n<html lang="{0}" dir="{1}"><head><meta charset="utf-8"><title>{2}</title></head>')
    body = Markup('<body lang="{0}" dir="{1}">\n{2}\n</body></html>\n')
    said = Markup("\n").join(parts)
    spoken = (language, _direction(language))
    return str(head.format(*spoken, title) + body.format(*spoken, said))


def _direction(language: str) -> str:
    return "rtl" if language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def _message(name: str, sender: str, to: str, subject: str, now: int) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    user, _, host = sender.rpartition("@")
    message["From"] = Address(words.line(name), user, host)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Auto-Submitted"] = "auto-generated"
    return message
