"""The bytes themselves: whatever is not one sound JSON object never reaches a rule."""

from __future__ import annotations

import json

import pytest

from schemas import documents
from schemas.errors import Reject
from tests.schemas.events import least, read, sale

GOOD = json.dumps(sale()).encode()
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
NESTED_33 = b'{"x":' + b"[" * 33 + b"]" * 33 + b"," + GOOD[1:]
NESTED_31 = b'{"x":' + b"[" * 31 + b"]" * 31 + b"," + GOOD[1:]


@pytest.mark.parametrize(
    ("raw", "reason", "field"),
    [
        pytest.param(b"", "MALFORMED_JSON", "", id="empty"),
        pytest.param(b"  \n", "MALFORMED_JSON", "", id="blank"),
        pytest.param(GOOD[:-7], "MALFORMED_JSON", "", id="truncated"),
        pytest.param(GOOD[:-1] + b",}", "MALFORMED_JSON", "", id="trailing comma"),
        pytest.param(GOOD + GOOD, "MALFORMED_JSON", "", id="two documents"),
        pytest.param(GOOD.replace(b"9001", b"NaN"), "MALFORMED_JSON", "", id="NaN"),
        pytest.param(GOOD.replace(b"9001", b"-Infinity"), "MALFORMED_JSON", "", id="Infinity"),
        pytest.param(GOOD.replace(b"9001", b"9" * 5000), "MALFORMED_JSON", "", id="5,000 digits"),
        pytest.param(GOOD.replace(b"9001", b"09001"), "MALFORMED_JSON", "", id="leading zero"),
        pytest.param(GOOD.replace(b'"R1"', b"'R1'"), "MALFORMED_JSON", "", id="single quotes"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, "MALFORMED_JSON", "", id="byte order mark"),
        pytest.param(json.dumps(sale()).encode("utf-16"), "MALFORMED_JSON", "", id="UTF-16"),
        pytest.param(json.dumps(sale()).encode("utf-32"), "MALFORMED_JSON", "", id="UTF-32"),
        pytest.param(GOOD.replace(b"R1", b"\xff"), "MALFORMED_JSON", "", id="not UTF-8"),
        pytest.param(GOOD.replace(b"R1", b"\xc0\xaf"), "MALFORMED_JSON", "", id="overlong UTF-8"),
        pytest.param(b'{"x":"\xff",' + GOOD[1:], "MALFORMED_JSON", "", id="not UTF-8 where nobody looks"),
        pytest.param(GOOD.replace(b"R1", b"R\x01"), "MALFORMED_JSON", "", id="raw control character"),
        pytest.param(b'{"version":1,' + GOOD[1:], "DUPLICATE_KEY", "version", id="duplicate key"),
        pytest.param(b'{"\\u0076ersion":1,' + GOOD[1:], "DUPLICATE_KEY", "version", id="duplicate key, escaped"),
        pytest.param(b'{"version" :1,' + GOOD[1:], "DUPLICATE_KEY", "version", id="duplicate key, spaced"),
        pytest.param(
            b'{"version" :1,"version":1,' + GOOD[1:].replace(b'"version": 1, ', b""),
            "DUPLICATE_KEY",
            "version",
            id="one spaced, one not",
        ),
        pytest.param(b'{"x":1,"x":2,' + GOOD[1:], "DUPLICATE_KEY", "x", id="duplicate unknown key"),
        pytest.param(
            GOOD.replace(b'"line_id": 1', b'"line_id": 1, "line_id": 2'), "DUPLICATE_KEY", "line_id", id="inner"
        ),
        pytest.param(DEEP, "TOO_DEEP", "", id="100,000 levels"),
        pytest.param(NESTED_33, "TOO_DEEP", None, id="33 levels"),
        pytest.param(b"[" + GOOD + b"]", "NOT_AN_OBJECT", "", id="array"),
        pytest.param(b"17", "NOT_AN_OBJECT", "", id="number"),
        pytest.param(b'"sale"', "NOT_AN_OBJECT", "", id="text"),
        pytest.param(b"null", "NOT_AN_OBJECT", "", id="null"),
        pytest.param(b'{"x":"' + b"a" * 1_048_576 + b'"}', "TOO_LARGE", "", id="over 1 MB"),
        pytest.param(GOOD.replace(b'"R1"', b'"\\ud800"'), "BAD_TEXT", "register", id="lone surrogate"),
        pytest.param(b'{"x":"\\udc00",' + GOOD[1:], "BAD_TEXT", "x", id="lone surrogate where nobody looks"),
    ],
)
def test_unsound_bytes_are_refused_with_their_reason(raw: bytes, reason: str, field: str | None) -> None:
    """A parser that forgives would let two workers read two different events out of the same bytes."""
    with pytest.raises(Reject) as refused:
        read(raw)
    assert refused.value.reason == reason
    assert field is None or refused.value.field == field


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(json.dumps(sale(), indent=4).encode(), id="indented"),
        pytest.param(json.dumps(sale(), separators=(",", ":")).encode(), id="compact"),
        pytest.param(json.dumps(sale(), separators=(" , ", " : ")).encode(), id="spaced colons"),
        pytest.param(b'{"unknown":{"a":[1,2.5,null]},' + GOOD[1:], id="unknown members"),
        pytest.param(NESTED_31, id="nested 31 levels where nobody looks"),
        pytest.param(b'{"note":":a",' + GOOD[1:], id="a colon right behind a quote"),
        pytest.param(GOOD.replace(b'"register"', b'"\\u0072egister"'), id="escaped member name"),
    ],
)
def test_spelling_of_the_document_does_not_matter(raw: bytes) -> None:
    """Same content, same hash (R2), whatever white space, member order and unknown members."""
    assert read(raw).content_hash == read(sale()).content_hash


def test_known_documents_need_no_second_look() -> None:
    """The hot path rests on it: a plain sale is proven sound by counting, not by parsing twice."""
    raw = json.dumps(least()).encode()
    assert documents.is_plainly_sound(raw, 9)
    assert not documents.is_plainly_sound(raw, 8)
    assert not documents.is_plainly_sound(raw.replace(b"USD", b"\\u0055SD"), 9)
