"""People at the editor's pages: what a form of a draft holds, a practice that is complete, and who is there."""

from __future__ import annotations

import io
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from person import Person

WHOLE = {
    "title": "Bilans de compétences avec les personnes régularisées",
    "summary": "En cinq mois, deux associations ont mené 350 bilans de compétences et peuvent transmettre la méthode.",
    "challenge": "La commune ne savait presque rien des métiers des personnes régularisées.",
    "approach": "Les conseillers ont mené les entretiens dès le premier jour, accompagnés par une formatrice.",
    "results": "350 bilans en cinq mois ; 80 personnes ont trouvé un emploi dans l'année.",
    "lessonsLearned": "La difficulté du départ fut de trouver des salles où parler sans être dérangé.",
    "topics": ["employment", "skills-assessment"],
    "targetGroups": ["regularised-migrants"],
    "status": "completed",
    "startDate": "12/2015",
}


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self._text = self._select = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        self._inside = self._inside or (tag == "form" and "data-autosave" in given)
        if not self._inside:
            return
        ticks = given.get("type") in ("checkbox", "radio")
        if tag == "input" and given.get("type") != "file" and (not ticks or "checked" in given):
            if given.get("type") == "checkbox" or name == "has":
                self.fields.setdefault(name, []).append(given.get("value", ""))
            else:
                self.fields[name] = given.get("value", "")
        elif tag == "textarea":
            self._text, self.fields[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.fields[self._text] = self.fields[self._text].removeprefix("\n")
            self._text = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._inside = False


def form_of(page: str) -> dict[str, Any]:
    """What a browser would send from the form of a draft, without its button."""
    read = _Form()
    read.feed(page)
    return read.fields


def named(fields: dict[str, Any]) -> dict[str, Any]:
    """Texts by path as the form names them."""
    return {f"f.{path}": text for path, text in fields.items()}


def begin(person: Person, language: str = "fr") -> str:
    """A new draft. Returns the path of its page."""
    answer = person.post("/admin/drafts/new", language=language)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def write(person: Person, draft: str, do: str = "save", **fields: Any) -> Any:
    """Open the page of a draft, fill in, press a button."""
    form = form_of(person.page(draft)) | named(fields)
    form.pop("form_token", None)
    form.pop("do", None)
    return person.post(f"{draft}/save", do=do, **form)


def attach(person: Person, draft: str, data: bytes, name: str, title: str = "", /, **said: Any) -> Any:
    """Press the button that attaches a file; `said`: alt, persons, consent, and fields by path."""
    about = {f"file.{word}": said.pop(word) for word in ("alt", "persons", "consent") if word in said}
    form = form_of(person.page(draft)) | named(said) | about | {"file.title": title, "file": (io.BytesIO(data), name)}
    form.pop("form_token", None)
    form.pop("do", None)
    return person.post(f"{draft}/attach", do="attach", **form)


def submit(person: Person, draft: str, **more: str) -> Any:
    return person.post(f"{draft}/act/submit", **more)


def decide(person: Person, draft: str, word: str, **more: str) -> Any:
    """Open the review of a draft and press a button there: approve, ask, publish."""
    seen = re.search(r'name="version" value="(\d+)"', person.get(f"{draft}/review").get_data(as_text=True))
    return person.post(f"{draft}/decide/{word}", **({"version": seen[1]} if seen else {}), **more)


def told(page: str) -> str:
    """A page without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))
