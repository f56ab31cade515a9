"""One well-formed JSON document: size, depth, duplicate keys, lone surrogates. Judges no member's meaning."""

from __future__ import annotations

import json
from typing import Any

from schemas.errors import Reject
from schemas.reasons import Reason

MOST_BYTES = 1_048_576
DEEPEST = 32
MOST_DIGITS = 1_000
# What may be dropped without bringing a value's quote and a colon together, in the documents tills send.
_BORING = bytes(set(bytes(range(128))) - set(b'":\\0123456789'))


def require_size(raw: bytes) -> None:
    """Rejects TOO_LARGE."""
    if len(raw) > MOST_BYTES:
        raise Reject(Reason.TOO_LARGE, detail=f"over {MOST_BYTES} bytes")


def is_plainly_sound(raw: bytes, members: int) -> bool:
    """Whether a document that msgspec decoded, with `members` known members, can hide nothing from it.

    Without backslashes a key is a quote before a colon. If there are as many as members were decoded, none came twice,
    none was unknown, and so nothing was skipped unread. False proves nothing: `require_sound` then looks closely.
    """
    marks = raw.translate(None, _BORING)
    return marks.count(b'":') == members and b"\\" not in marks


def require_sound(raw: bytes) -> None:
    """Rejects MALFORMED_JSON, DUPLICATE_KEY, TOO_DEEP and BAD_TEXT (lone surrogates), wherever they are."""
    _require_characters(parse(raw))


def parse(raw: bytes) -> Any:
    """The document as Python values, numbers with a point or exponent as text. Strict; not for the hot path."""
    try:
        text = raw.decode("utf-8")
        found = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=str
        )
    except RecursionError:
        raise Reject(Reason.TOO_DEEP, detail=f"nested more than {DEEPEST} levels") from None
    except UnicodeDecodeError:
        raise Reject(Reason.MALFORMED_JSON, detail="not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Reject(Reason.MALFORMED_JSON, detail=f"{error.msg} at character {error.pos}") from None
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise Reject(Reason.DUPLICATE_KEY, field=name[:64] if name.isprintable() else "", detail="named twice")
        seen.add(name)
    return found


def _constant(_: str) -> Any:
    raise Reject(Reason.MALFORMED_JSON, detail="NaN and Infinity are not JSON")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise Reject(Reason.MALFORMED_JSON, detail=f"a number of more than {MOST_DIGITS} digits")
    return int(digits)


def _require_characters(found: Any) -> None:
    """Walk the document without recursion, so that its depth cannot hurt."""
    waiting: list[tuple[Any, str, int]] = [(found, "", 0)]
    while waiting:
        value, path, depth = waiting.pop()
        if depth > DEEPEST:
            raise Reject(Reason.TOO_DEEP, field=path, detail=f"nested more than {DEEPEST} levels")
        if isinstance(value, str):
            _require_scalar(value, path)
        elif isinstance(value, dict):
            for name, inner in value.items():
                _require_scalar(name, path)
                waiting.append((inner, f"{path}.{name}" if path else name, depth + 1))
        elif isinstance(value, list):
            waiting.extend((inner, f"{path}[{place}]", depth + 1) for place, inner in enumerate(value))


def _require_scalar(text: str, path: str) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise Reject(Reason.BAD_TEXT, field=path, detail="half of a surrogate pair")
