"""Cut the sandbox's part out of the exchange's published specification.

Run: `python -m tests.sandbox.exchange.excerpt openapi.json > tests/sandbox/exchange/schema_excerpt.json`.
Kept are the served paths and the schemas they need, without prose. Signature headers are left out, because
the tests sign; assets are narrowed to those the sandbox knows, which only makes it stricter; what published
captures show as null may be null.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bot.sandbox.exchange.markets import ASSETS
from bot.sandbox.exchange.routes import ROUTES

_PROSE = {
    "deprecated",
    "explode",
    "title",
    "description",
    "summary",
    "example",
    "examples",
    "tags",
    "externalDocs",
    "operationId",
}
# Published captures show null here where the specification says that a property may be absent.
_NULLABLE = {
    *("Market", "OrderBookFilters", "PriceFilter", "QuantityFilter", "MarketOrder", "LimitOrder"),
    *("Order", "OrderFill", "Kline"),
}
_SIGNATURE = {"X-API-KEY", "X-SIGNATURE", "X-TIMESTAMP", "X-WINDOW"}


def strip(node: Any, *, names: bool = False) -> Any:
    """`node` without prose; `names` marks a mapping whose keys are names, not keywords."""
    if isinstance(node, list):
        return [strip(item) for item in node if not _is_signature(item)]
    if not isinstance(node, dict):
        return node
    named = {"properties", "schemas", "mapping", "headers", "responses"}
    return {
        key: strip(value, names=key in named) for key, value in node.items() if names or key not in _PROSE
    }


def _is_signature(item: Any) -> bool:
    return isinstance(item, dict) and item.get("in") == "header" and item.get("name") in _SIGNATURE


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(references, node))
    if isinstance(node, dict):
        own = {str(value).rsplit("/", 1)[1] for key, value in node.items() if key == "$ref"}
        mapped = node.get("mapping", {}) if isinstance(node.get("mapping"), dict) else {}
        own |= {str(value).rsplit("/", 1)[1] for value in mapped.values()}
        return own.union(*map(references, node.values()))
    return set()


def allow_null(schema: dict[str, Any]) -> None:
    """What a schema does not require may be null."""
    for name, value in schema["properties"].items():
        if name not in schema.get("required", ()):
            bare = {"allOf": [value]} if "$ref" in value else value
            schema["properties"][name] = bare | {"nullable": True}


def cut(specification: dict[str, Any]) -> dict[str, Any]:
    """The excerpt of a whole specification. Raises KeyError for a served path it does not know."""
    paths: dict[str, Any] = {}
    for route in ROUTES:
        operation = strip(specification["paths"][route.path][route.method.lower()])
        for response in operation["responses"].values():
            response["description"] = ""  # required by OpenAPI
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    everything, wanted = specification["components"]["schemas"], references(paths)
    schemas: dict[str, Any] = {}
    while missing := wanted - schemas.keys():
        for name in missing:
            schemas[name] = strip(everything[name])
            wanted |= references(schemas[name])
    schemas["CustodyAsset"]["enum"] = sorted(ASSETS)
    for name in _NULLABLE & schemas.keys():
        allow_null(schemas[name])
    return {
        "openapi": specification["openapi"],
        "info": {"title": "Excerpt of Backpack Exchange API", "version": specification["info"]["version"]},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


if __name__ == "__main__":
    json.dump(cut(json.loads(Path(sys.argv[1]).read_text("utf-8"))), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
