"""A small checker of JSON Schema: the keywords that `resolver/trace/schema.json` uses, and no others.

It is stricter than the standard in one thing: a member that the schema does not describe is a fault of ours.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import resolver.trace

SCHEMA: dict[str, Any] = json.loads((Path(resolver.trace.__file__).parent / "schema.json").read_text(encoding="utf-8"))
KEYWORDS = {
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "items", "enum", "const",
    "anyOf", "pattern", "minItems", "maxItems",
}  # fmt: skip
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any] | None = None, at: str = "$") -> list[str]:
    """What of a value the schema does not allow; empty if all is well."""
    rule = SCHEMA if schema is None else schema
    assert set(rule) <= KEYWORDS, set(rule) - KEYWORDS
    if "$ref" in rule:
        target = SCHEMA if rule["$ref"] == "#" else SCHEMA["$defs"][rule["$ref"].removeprefix("#/$defs/")]
        return faults(value, target, at)
    if "anyOf" in rule:
        tried = [faults(value, each, at) for each in rule["anyOf"]]
        return [] if any(not found for found in tried) else min(tried, key=len)
    if "const" in rule and value != rule["const"]:
        return [f"{at}: {value!r} is not {rule['const']!r}"]
    if "enum" in rule and value not in rule["enum"]:
        return [f"{at}: {value!r} is none of {rule['enum']}"]
    if "type" in rule:
        wanted = _TYPES[rule["type"]]
        if not isinstance(value, wanted) or (isinstance(value, bool) and rule["type"] in ("integer", "number")):
            return [f"{at}: {value!r} is no {rule['type']}"]
    if "pattern" in rule and not re.search(rule["pattern"], value):
        return [f"{at}: {value!r} does not match {rule['pattern']}"]
    found: list[str] = []
    if isinstance(value, list):
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            found.append(f"{at}: {len(value)} items")
        for number, item in enumerate(value):
            found += faults(item, rule.get("items", {}), f"{at}[{number}]")
    if isinstance(value, dict):
        found += [f"{at}: lacks {name}" for name in rule.get("required", ()) if name not in value]
        if "properties" in rule:
            for name, member in value.items():
                if name not in rule["properties"]:
                    found.append(f"{at}.{name} is not in the schema")
                else:
                    found += faults(member, rule["properties"][name], f"{at}.{name}")
    return found
