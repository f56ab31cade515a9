"""Record headers as JSON and back, without loss: text stays readable, other bytes are base64."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Any

import msgspec

from mesh.lane import Headers


def to_json(headers: Headers) -> bytes:
    """`[[name, text | null | {"base64": …}], …]`, in the order received."""
    return msgspec.json.encode([[_name(name), _cell(value)] for name, value in headers])


def from_json(text: bytes | str | None) -> list[tuple[str, bytes | None]]:
    """The headers again, byte for byte."""
    if not text:
        return []
    found: Any = msgspec.json.decode(text)
    pairs: Iterable[tuple[str, Any]] = found.items() if isinstance(found, dict) else found
    return [(name, _bytes(cell)) for name, cell in pairs]


def _name(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _cell(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}
    return {"base64": b64encode(value).decode()} if "\x00" in text else text


def _bytes(cell: Any) -> bytes | None:
    if cell is None:
        return None
    return cell.encode() if isinstance(cell, str) else b64decode(cell["base64"])
