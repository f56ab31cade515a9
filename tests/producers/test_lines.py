"""Lines of a stream: numbered as an editor numbers them, and never more than one in memory."""

from __future__ import annotations

import pytest

from producers.lines import Splitter


def split(*chunks: bytes, limit: int = 10) -> list[tuple[int, bytes | None]]:
    """All lines of the chunks."""
    splitter = Splitter(limit=limit)
    found = [line for chunk in chunks for line in splitter.feed(chunk)]
    return [tuple(line) for line in found + splitter.end()]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        pytest.param([b"a\nb\n"], [(1, b"a"), (2, b"b")], id="whole"),
        pytest.param([b"a\nb"], [(1, b"a"), (2, b"b")], id="no end of line at the end"),
        pytest.param([b"a", b"", b"b\nc", b"\n"], [(1, b"ab"), (2, b"c")], id="in pieces"),
        pytest.param([b"a\r\n\r\nb"], [(1, b"a"), (2, b""), (3, b"b")], id="windows"),
        pytest.param([b"x" * 11 + b"\nb\n"], [(1, None), (2, b"b")], id="too long, in one piece"),
        pytest.param([b"x" * 8, b"x" * 8, b"x\nb\n"], [(1, None), (2, b"b")], id="too long, in pieces"),
        pytest.param([b"x" * 30], [(1, None)], id="too long, without an end"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_lines(chunks: list[bytes], expected: list[tuple[int, bytes | None]]) -> None:
    """A line over the limit is reported, not kept."""
    assert split(*chunks) == expected


def test_memory_stays_flat_for_an_endless_line() -> None:
    """Somebody publishes a disk image by mistake."""
    splitter = Splitter(limit=10)
    for _ in range(1000):
        assert splitter.feed(b"x" * 1000) == []
        assert len(splitter._rest) <= 10
