"""The place of attachments on the page of a draft: below the form, because a file goes in a form of its own."""

from __future__ import annotations

from markupsafe import Markup

from node.store.drafts import Draft


def below(_draft: Draft) -> Markup:
    """What stands there: nothing, until attachments can be given to a draft."""
    return Markup("")
