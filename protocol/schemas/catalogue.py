"""Every record type that this version knows, with its schema.

Whatever is not listed is opaque: kept and relayed, not read.
marshmallow costs about 60 ms to import, so this room is entered only when the first content is checked or
read.
"""

from __future__ import annotations

from protocol.schemas.attachment import Attachment
from protocol.schemas.content import Content
from protocol.schemas.event import Event
from protocol.schemas.exchange import Acknowledgement, Adaptation, Answer, Question, Translation
from protocol.schemas.network import Node, Receipt, Tombstone, Vouch
from protocol.schemas.organisation import Organisation
from protocol.schemas.practice import Practice

SCHEMAS: dict[str, Content] = {
    schema.__name__: schema()
    for schema in (
        Practice,
        Adaptation,
        Translation,
        Question,
        Answer,
        Acknowledgement,
        Event,
        Organisation,
        Attachment,
        Node,
        Vouch,
        Tombstone,
        Receipt,
    )
}
