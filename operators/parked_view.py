"""Parked events for people: a table, bytes that cannot steer a terminal, what an edit changes. Reads nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from difflib import unified_diff
from hashlib import sha256
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from mesh import headers
from operators.parked import Content, Parked

WIDE = 260
HEX_LINE = 32


def edit_facts(content: Content, new: bytes) -> dict[str, Any]:
    """What an edit changes: both digests, and the difference line by line."""
    before, after = lines(content.value, pretty=True), lines(new, pretty=True)
    return {
        "sha256_before": sha256(content.value or b"").hexdigest(),
        "sha256_after": sha256(new).hexdigest(),
        "diff": list(unified_diff(before, after, "parked", "new", lineterm="")),
    }


def facts(row: Parked) -> dict[str, Any]:
    """A parked event without its bytes, for JSON."""
    plain = {name: getattr(row, name) for name in row.__struct_fields__}
    return plain | {"parked_at": row.parked_at.isoformat(), "age_s": round(row.age_s, 1)}


def content_facts(content: Content) -> dict[str, Any]:
    """The rest of it, for JSON: bytes as text where they are text, else `{"base64": …}`."""
    told = json.loads(headers.to_json([("key", content.key), ("value", content.value)]))
    return {
        "blocking_key": content.blocking_key or None,
        "detail": content.detail or None,
        "lane_id": content.lane_id,
        "broker_time": content.broker_time.isoformat(),
        "resolved_at": content.resolved_at.isoformat() if content.resolved_at else None,
        "value_sha256": None if content.value is None else sha256(content.value).hexdigest(),
        "headers": json.loads(headers.to_json(content.headers)),
        **dict(told),
    }


def print_table(rows: Sequence[Parked]) -> None:
    """A plain table, as wide as it needs where no terminal cuts it."""
    if not rows:
        print("nothing is parked")
        return
    table = Table(box=None, pad_edge=False, header_style="")
    for name in ("worker", "id", "state", "reason", "field", "waits for", "type", "event id", "place", "tries", "age"):
        table.add_column(name, overflow="fold", justify="right" if name in ("id", "tries", "age") else "left")
    for row in rows:
        place = f"{row.topic}/{row.partition}/{row.offset}"
        waits_for = row.waits_for if row.state == "WAITING" else None
        cells = (row.state, row.reason, row.field, waits_for, row.event_type, row.event_id, place)
        texts = (safe(cell or "-") for cell in cells)
        table.add_row(row.worker, str(row.id), *texts, str(row.attempts), age(row.age_s))
    console = Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)
    console.print(table)


def age(seconds: float) -> str:
    """In the largest unit that fits."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def lines(value: bytes | None, *, pretty: bool = False) -> list[str]:
    """Bytes for a terminal: JSON indented, other text escaped, what is no text in hex."""
    if value is None:
        return ["(none)"]
    try:
        text = (msgspec.json.format(value, indent=2) if pretty else value).decode()
    except msgspec.DecodeError:
        return lines(value)
    except UnicodeDecodeError:
        return [f"hex {value[start : start + HEX_LINE].hex(' ')}" for start in range(0, len(value), HEX_LINE)]
    return [safe(line) for line in text.split("\n")] or [""]


def safe(text: str) -> str:
    """Text that cannot steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
