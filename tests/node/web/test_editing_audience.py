"""For whom what is written is: a revision, a translation and a correction by table reach nobody more than was meant."""

from __future__ import annotations

from typing import Any

import pytest
from editing import WHOLE, begin, decide, submit, write
from person import Person

from node import publish
from node.store import records
from node.store.records import OURSELVES, PUBLIC


def heads(office: Any, kind: str = "Practice", audience: str = OURSELVES) -> list[records.Stored]:
    with office.node.database.reading() as connection:
        return records.latest(connection, audience, [kind], origin=office.node.did)


def decided(draft: str, author: Person, publisher: Person) -> None:
    submit(author, draft, confirmed="yes")
    for word in ("approve", "publish"):
        assert decide(publisher, draft, word).status_code == 303


def published(office: Any, pair: tuple[Person, Person], **fields: Any) -> records.Stored:
    samira, karim = pair
    draft = begin(samira)
    write(samira, draft, **(WHOLE | fields))
    decided(draft, samira, karim)
    return heads(office)[0]


@pytest.fixture
def pair(office: Any) -> tuple[Person, Person]:
    return office.signed("samira", "editor"), office.signed("karim", "publisher")


@pytest.mark.parametrize(("before", "after"), [("public", "network"), ("network", "public")])
def test_revision_that_changes_only_for_whom_it_is_is_signed(office: Any, pair: Any, before: str, after: str) -> None:
    samira, karim = pair
    stored = published(office, pair, _visibility=before)
    assert stored.visibility == before
    draft = samira.post(f"/admin/published/{stored.record}/revise").headers["Location"]
    write(samira, draft, _visibility=after)
    decided(draft, samira, karim)
    (head,) = heads(office)
    assert (head.revision, head.visibility, head.content) == (2, after, stored.content)


def test_translation_of_a_record_for_the_network_is_for_the_network(office: Any, pair: Any) -> None:
    samira, karim = pair
    stored = published(office, pair, _visibility="network")
    draft = samira.post("/admin/translate/begin", uri=stored.uri, language="ar").headers["Location"]
    write(samira, draft, title="تقييم كفاءات المهاجرين")
    decided(draft, samira, karim)
    assert heads(office, "Translation", PUBLIC) == []
    (made,) = heads(office, "Translation")
    assert made.visibility == "network"


def test_translation_follows_its_source_when_that_is_narrowed(office: Any, pair: Any) -> None:
    samira, karim = pair
    stored = published(office, pair)
    draft = samira.post("/admin/translate/begin", uri=stored.uri, language="ar").headers["Location"]
    write(samira, draft, title="تقييم كفاءات المهاجرين")
    decided(draft, samira, karim)
    assert len(heads(office, "Translation", PUBLIC)) == 1
    publish.publish(office.node, publish.Statement("Practice", stored.content, "fr", "network"), stored.record)
    again = samira.post("/admin/translate/begin", uri=stored.uri, language="ar").headers["Location"]
    samira.post(f"{again}/act/catch_up")
    decided(again, samira, karim)
    (made,) = heads(office, "Translation")
    assert (made.revision, made.visibility) == (2, "network")


def test_reply_to_a_record_for_the_network_is_for_the_network_unless_its_author_says_otherwise(
    office: Any, pair: Any
) -> None:
    stored = published(office, pair, _visibility="network")
    draft = pair[0].post("/admin/drafts/reply", kind="Question", uri=stored.uri, language="fr").headers["Location"]
    page = pair[0].page(draft)
    assert 'value="network" checked' in page or 'value="network" selected' in page
