"""The JSON Schema (2020-12) of a model, from its members and their kinds. Writes no file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from schemas import wire
from schemas.kinds import Kind
from schemas.models import Model

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MINUS_ZERO_ONLY = "(-(?=0([.]0*)?$))?"
_PLAIN = "(0|[1-9][0-9]*)"
_FORMATS = {"instant": "date-time", "date": "date"}
_PATTERNS = {
    "identifier": "^[!-~]([ -~]*[!-~])?$",
    "sku": "^[!-~]([ -~]*[!-~])?$",
    "batch": "^[!-~]([ -~]*[!-~])?$",
    "currency": "^[A-Z]{3}$",
    "country": "^[A-Z]{2,3}$",
    "time": "^[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?$",
    "from_instant": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt].+)?$",
}
_WORDS = {
    "money": "Decimal text, no more decimals than the currency has.",
    "decimal": "Decimal text, or a whole number.",
    "instant": "RFC 3339 with offset, from 1990 on.",
    "from_instant": "RFC 3339 with offset; a bare date is its midnight UTC.",
    "zone": "IANA time zone.",
    "currency": "ISO 4217.",
    "country": "ISO 3166-1, two letters, or three.",
    "identifier": "Printable ASCII; no path, no card number.",
    "batch": "Printable ASCII; SHORTFALL and COUNT are reserved.",
    "id": "Given by the sender.",
    "unique_id": "Given by the sender.",
}


def schema_of(model: Model) -> dict[str, Any]:
    """The schema document of a type's newest version."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:coralserve:{model.type}/{model.version}",
        "title": model.type,
        **_struct(model.model),
    }


def _struct(model: type[Struct]) -> dict[str, Any]:
    members = wire.members_of(model)
    properties = {member.name: _property(member) for member in members}
    for member in members:
        also = {name: {**_property(member), "description": f"Another name of {member.name}."} for name in member.also}
        properties.update(also)
    found: dict[str, Any] = {
        "type": "object",
        "description": " ".join((model.__doc__ or "").split()),
        "properties": dict(sorted(properties.items())),
        "required": [member.name for member in members if member.required and not member.also],
    }
    either = [
        {"anyOf": [{"required": [name]} for name in (member.name, *member.also)]}
        for member in members
        if member.required and member.also
    ]
    return {**found, "allOf": either} if either else found


def _property(member: wire.Member) -> dict[str, Any]:
    found = _value(member)
    if member.required:
        return found
    if member.default is not None and member.default != ():
        default = member.default
        found["default"] = default if isinstance(default, bool | int | str) else _plain(default)
    if "type" in found:
        types = found["type"] if isinstance(found["type"], list) else [found["type"]]
        found["type"] = [*types, "null"]
    if "enum" in found:
        found["enum"] = [*found["enum"], None]
    return found


def _value(member: wire.Member) -> dict[str, Any]:
    if member.form == wire.KIND:
        return _kind(member.of)
    if member.form == wire.LISTED:
        return {"type": "string", "enum": list(member.of)}
    if member.form == wire.STRUCT:
        return _struct(member.of)
    if member.form == wire.LIST:
        return {"type": "array", "items": _value(member.of)}
    return {"type": "boolean"} if member.form == wire.FLAG else {}


def _kind(kind: Kind) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string"}
    if kind.reader in ("id", "unique_id", "whole"):
        found = {"type": "integer", "minimum": int(kind.least or 0), "maximum": int(kind.most or 0)}
    elif kind.reader in ("money", "decimal"):
        found = {"type": "string" if kind.reader == "money" else ["string", "integer"], "pattern": _decimals(kind)}
    if kind.reader in _FORMATS:
        found["format"] = _FORMATS[kind.reader]
    if kind.reader in _PATTERNS:
        found["pattern"] = _PATTERNS[kind.reader]
    if kind.length:
        found["maxLength"] = kind.length
    words = " ".join(filter(None, (_WORDS.get(kind.reader, ""), _limits(kind))))
    return {**found, "description": words} if words else found


def _decimals(kind: Kind) -> str:
    lowest = kind.least if kind.above is None else kind.above
    sign = "-?" if lowest is None or lowest < 0 else MINUS_ZERO_ONLY
    return f"^{sign}{_PLAIN}([.][0-9]+)?$"


def _limits(kind: Kind) -> str:
    if kind.reader not in ("money", "decimal"):
        return ""
    words = [f"{word} {limit}" for word, limit in (("From", kind.least), ("Above", kind.above)) if limit is not None]
    words += [f"to {kind.most}"] if kind.most is not None else []
    words += [f"below {kind.below}"] if kind.below is not None else []
    words += [f"at most {kind.decimals} decimals"] if kind.decimals >= 0 else []
    return ", ".join(words) + ("; not 0." if kind.nonzero else ".")


def _plain(default: Any) -> str:
    return str(default) if isinstance(default, Decimal) else default.isoformat()
