"""What a draft still lacks and what must be looked at before it is signed: fields, personal data, consents.

Law: nothing here decides for the author but what the schema refuses. A pattern errs both ways: personal data is shown
beside its field, with what to do, and the author says whether it may stay (Moroccan law 09-08, GDPR). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from node.drafting_fields import content_of
from node.drafting_shapes import PRACTICE, TRANSLATION, rows, shape_at, single
from node.store.drafts import Draft
from protocol import schemas
from protocol.schemas.personal import meant_to_be_read

MAIL, PHONE, DOCUMENT, NAME = "mail", "phone", "document", "name"

HELPFUL = (
    "buildingBlocks", "steps", "indicators", "transferConditions", "budget.amount", "staff.fte", "organisations",
    "context", "outcomeText", "cost.amount", "lessons", "topics", "location.city", "recommendations",
    "offers", "seeks", "roleMailbox",
)  # fmt: skip
"""What is not required, and what a town that wants to do the same asks for first."""

_DIFFICULTY = re.compile(
    r"(?:difficult|obstacle|probl|échou|échec|retard|frein|manqu|limit|fail|delay|lack|barrier|mistake|schwierig|hürd"
    r"|hindernis|gescheitert|mangel|verzög|fehl|zorlu|güçlük|sorun|engel|başarısız|gecik|eksik"
    r"|صعوب|مشكل|عائق|عوائق|عقبة|عقبات|فشل|تأخ|تأخر|نقص|تحد|إكراه)",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"(?i:je m['’]appelle|mon nom est|my name is|ich heiße|mein name ist|benim adım|adım|اسمي)\s+(\w[\w'’-]+)"
    r"|\b(?:M\.|Mr\.?|Mme\.?|Mlle\.?|Mrs\.?|Ms\.?|Monsieur|Madame|Herr|Frau|Bay|Bayan|السيد|السيدة)\s+(\w[\w'’-]+)"
)
_TWO_CAPITALS = re.compile(r"(?<=[a-zà-ÿ,;] )([A-ZÀ-Þ][a-zà-ÿ'’-]+ [A-ZÀ-Þ][A-ZÀ-Þa-zà-ÿ'’-]+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that may be personal data. `kind`: mail | phone | document | name."""

    path: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps a draft from being signed. `code`: stable; `need`, `have`: characters, where a length is wrong."""

    path: str
    code: str
    low: int = 0
    high: int = 0
    have: int = 0


def faults(draft: Draft) -> list[Fault]:
    """Everything that the schema refuses, and a practice that tells of no difficulty."""
    if draft.kind == TRANSLATION:
        return [] if any(draft.fields.values()) else [Fault("", "missing_field")]
    content = content_of(draft.fields, draft.language, draft.kept, draft.kind, draft.base)
    wrong = schemas.problems(draft.kind, content, draft.language)
    found = [_fault(draft, problem.path, problem.code) for problem in wrong]
    if draft.kind != PRACTICE:
        return found
    lessons = " ".join(draft.fields.get(path, "") for path in ("lessonsLearned",))
    if lessons and not draft.fields.get("failures") and not _DIFFICULTY.search(lessons):
        found.append(Fault("lessonsLearned", "no_difficulty"))
    return found


def findings(fields: Mapping[str, str], kind: str = PRACTICE) -> list[Finding]:
    """What looks like personal data, in every text; names in testimonials only, where they are likely and harmful."""
    found = []
    for path, text in fields.items():
        shape = shape_at(path, kind)
        if path.startswith("_") or (
            shape is not None and shape.kind not in ("line", "text", "plain", "list", "plain_list")
        ):
            continue
        if not meant_to_be_read(path, text):
            found += [Finding(path, _kind(piece), piece) for piece in schemas.personal_data(text)]
        if path.startswith("testimonials."):
            found += [Finding(path, NAME, name) for name in names_in(text)]
    return found


def names_in(text: str) -> list[str]:
    """What looks like somebody's name: after *my name is*, after *Mr*, or two capitalised words within a sentence."""
    called = [first or second for first, second in _CALLED.findall(text)]
    two = [name for name in _TWO_CAPITALS.findall(text) if name.split()[1] not in called]
    return list(dict.fromkeys([*called, *two]))


def progress(fields: Mapping[str, str], kind: str = PRACTICE) -> tuple[int, int, int, int]:
    """(required fields filled well, required fields, helpful ones filled, helpful ones)."""
    required = {path: shape for path, shape in single(kind).items() if shape.required}
    filled = [path for path, shape in required.items() if len(fields.get(path, "")) >= max(1, shape.low)]
    helpful = [path for path in HELPFUL if (path in single(kind) or path in rows(kind)) and path not in required]
    helped = [path for path in helpful if _filled(fields, path, kind)]
    return len(filled), len(required), len(helped), len(helpful)


def suggested(
    fields: Mapping[str, str], expressions: Iterable[str], schemes: Mapping[str, str]
) -> dict[str, list[str]]:
    """Concepts found in the texts, by field, the most said first; those chosen already are left out. `expressions`:
    names of meanings, as often as they are said; `schemes`: concept -> scheme."""
    counted: dict[str, dict[str, int]] = {"topics": {}, "targetGroups": {}}
    wanted = {"topic": "topics", "targetGroup": "targetGroups"}
    for name in expressions:
        field = wanted.get(schemes.get(name, ""))
        if field and name not in fields.get(field, "").split():
            counted[field][name] = counted[field].get(name, 0) + 1
    return {field: sorted(of, key=lambda name: (-of[name], name))[:8] for field, of in counted.items()}


def _filled(fields: Mapping[str, str], path: str, kind: str) -> bool:
    if path in rows(kind):
        return any(text for name, text in fields.items() if name.startswith(f"{path}."))
    return bool(fields.get(path))


def _fault(draft: Draft, path: str, code: str) -> Fault:
    plain = ".".join(part for part in path.replace("content.", "", 1).split(".") if part != draft.language)
    shape = shape_at(plain, draft.kind)
    have = len(draft.fields.get(plain, ""))
    if shape is None or code not in ("field_limit", "missing_field"):
        return Fault(plain, code, have=have)
    return Fault(plain, code, shape.low, shape.high, have)


def _kind(piece: str) -> str:
    if "@" in piece:
        return MAIL
    return DOCUMENT if re.search("[A-Za-z<]", piece) else PHONE
