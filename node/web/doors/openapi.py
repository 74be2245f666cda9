"""`/api/1/openapi.json`: the API described after OpenAPI 3.1, from the schemas that read and write it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from node.federation.client import JSON, PROBLEM
from node.web.doors import shapes

_DID = {"name": "did", "in": "path", "required": True, "schema": {"type": "string", "pattern": shapes.DID_PATTERN}}
_RECORD = {
    "name": "record",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": shapes.RECORD_PATTERN},
}
_REFUSED = {"400": "A parameter is unknown, repeated or cannot be read.", "503": "Busy: try again in a minute."}


def description(address: str) -> dict[str, Any]:
    """The document. `address`: of this node."""
    spec = APISpec(
        "Wasl: public read API",
        metadata.version("wasl"),
        "3.1.0",
        plugins=[MarshmallowPlugin()],
        info={
            "description": "Public practices of a node, to be read by programs. No account, no key; nothing is written."
        },
        servers=[{"url": address.rstrip("/")}],
    )
    _path(spec, "/api/1/practices", "Practices that a search finds", shapes.Practices, asked=shapes.Asking)
    _path(
        spec,
        "/api/1/practices/{did}/{record}",
        "One practice, whole",
        shapes.WholePractice,
        _DID,
        _RECORD,
        asked=shapes.Speaking,
        refused={"404": "No such practice is known here.", "410": "It was withdrawn or erased."},
    )
    _path(spec, "/api/1/communes", "Whose practices are admitted here", shapes.Communes, asked=shapes.Speaking)
    _path(spec, "/api/1/concepts", "The vocabulary", shapes.Concepts)
    return spec.to_dict()


def _path(
    spec: APISpec,
    path: str,
    summary: str,
    answered: type[Schema],
    *named: Mapping[str, Any],
    asked: type[Schema] | None = None,
    refused: Mapping[str, str] | None = None,
) -> None:
    parameters: list[Mapping[str, Any]] = [*named]
    if asked is not None:
        parameters.append({"in": "query", "schema": asked})
    responses: dict[str, Any] = {"200": {"description": summary, "content": {JSON: {"schema": answered}}}}
    for status, why in sorted((_REFUSED | dict(refused or {})).items()):
        responses[status] = {"description": why, "content": {PROBLEM: {"schema": shapes.Problem}}}
    spec.path(path, operations={"get": {"summary": summary, "parameters": parameters, "responses": responses}})
