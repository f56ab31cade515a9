"""What a change of a JSON Schema within a version may do: add optional members, allow more. Anything else breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_HIGH = float("inf")
_MAY_RISE = ("maximum", "maxLength")
_MAY_FALL = ("minimum",)


def breaking(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """Every way in which `new` refuses what `old` accepted, or no longer knows what it knew."""
    before = old.get("required", [])
    yield from (f"{path}: {name} is required now" for name in new.get("required", []) if name not in before)
    if len(new.get("allOf", [])) > len(old.get("allOf", [])):
        yield f"{path}: more is required now"
    for name, member in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{path}.{name}: gone"
            continue
        yield from breaking(member, new["properties"][name], f"{path}.{name}")
    if "items" in old:
        yield from breaking(old["items"], new.get("items", {}), f"{path}[]")
    yield from _narrower(old, new, path)


def _narrower(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[str]:
    if not _types(old) <= _types(new):
        yield f"{path}: another type"
    if "enum" in new and not set(old.get("enum", ())) <= set(new["enum"]):
        yield f"{path}: a value is gone"
    yield from (f"{path}: {word} is lower" for word in _MAY_RISE if new.get(word, _HIGH) < old.get(word, _HIGH))
    yield from (f"{path}: {word} is higher" for word in _MAY_FALL if new.get(word, -_HIGH) > old.get(word, -_HIGH))
    for word in ("pattern", "format"):
        if new.get(word) not in (None, old.get(word)):
            yield f"{path}: {word} differs"


def _types(schema: Mapping[str, Any]) -> set[str]:
    found = schema.get("type", [])
    return {found} if isinstance(found, str) else set(found)
