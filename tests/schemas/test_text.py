"""Which characters text may hold (RELIABILITY §5: text)."""

from __future__ import annotations

import pytest

from schemas import text
from schemas.cards import has_card_number, is_article_number, luhn
from schemas.errors import Reject


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("<script>alert(1)</script>", None, id="markup"),
        pytest.param("Robert'); DROP TABLE products;--", None, id="SQL"),
        pytest.param("=HYPERLINK(1)", None, id="formula"),
        pytest.param("../../menu", None, id="a path is text too"),
        pytest.param("Cafe\u0301", "Café", id="NFC"),
        pytest.param("नमस्\u200dते", None, id="joiner inside a script"),
        pytest.param("👩\u200d🍳 Special", None, id="joined emoji"),
        pytest.param("Tél. 1234567890123", None, id="a long number"),
        pytest.param("日本茶", None, id="any script"),
    ],
)
def test_names_keep_what_people_write(given: str, kept: str | None) -> None:
    """Escaping is the business of whoever shows it; refusing would lose real names."""
    assert text.name_of(given, 200) == (kept or given)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("", id="empty"),
        pytest.param(" \u00a0", id="blank"),
        pytest.param("a\x00b", id="NUL"),
        pytest.param("a\x7fb", id="delete"),
        pytest.param("a\u0085b", id="next line"),
        pytest.param("a\nb", id="line break"),
        pytest.param("a\u2028b", id="line separator"),
        pytest.param("\u202eevil", id="bidi override"),
        pytest.param("a\u2066b\u2069", id="bidi isolate"),
        pytest.param("a\u200bb", id="zero-width space"),
        pytest.param("a\u200db", id="joiner between ASCII letters"),
        pytest.param("\ufeffa", id="byte order mark"),
        pytest.param("a" * 201, id="too long"),
    ],
)
def test_names_hide_nothing(given: str) -> None:
    """What cannot be seen cannot be told apart, and breaks logs and receipts."""
    with pytest.raises(Reject, match="BAD_TEXT"):
        text.name_of(given, 200)


def test_prose_keeps_its_lines() -> None:
    """Recipe instructions have several."""
    assert text.prose_of("Whisk.\n\tFold in.", 100) == "Whisk.\n\tFold in."
    with pytest.raises(Reject, match="BAD_TEXT"):
        text.prose_of("a\x1b[31m", 100)


@pytest.mark.parametrize(
    "given",
    [
        "../x",
        "a/../b",
        "/etc/passwd",
        "~/x",
        "C:/x",
        "\\\\host\\share",
        "file://x",
        "..%2f..",
        ".",
        "..",
        "é",
        "a\u200b",
        " a",
        "a\t",
    ],
)
def test_identifiers_are_neither_paths_nor_foreign(given: str) -> None:
    """They end up in file names, URLs and log lines."""
    with pytest.raises(Reject, match="BAD_TEXT"):
        text.identifier_of(given, 50)


@pytest.mark.parametrize("given", ["R1", "till-3/B", "LOT 2026.11", "A/1", "x.y_z:1", "50%"])
def test_identifiers_may_be_what_tills_use(given: str) -> None:
    """Batch numbers and registers in the wild are not slugs."""
    assert text.identifier_of(given, 50) == given


@pytest.mark.parametrize(
    "given",
    [
        "4111111111111111",
        "4111-1111-1111-1111",
        "card: 5500 0000 0000 0004",
        "378282246310005 expired",
        "４１１１１１１１１１１１１１１１",
    ],
)
def test_card_numbers_are_found_in_any_text(given: str) -> None:
    """I20: none may ever be stored."""
    for read in (text.name_of, text.line_of, text.prose_of):
        with pytest.raises(Reject, match="CARD_NUMBER"):
            read(given, 200)


def test_barcodes_are_not_mistaken_for_cards() -> None:
    """One EAN in ten is Luhn-valid by chance; a product must not be refused for its barcode."""
    barcode = next(code for code in map(_ean, range(400_000_000_000, 400_000_001_000)) if luhn(code))
    assert has_card_number(barcode)
    assert is_article_number(barcode)
    assert text.sku_of(barcode, 50) == barcode


def _ean(body: int) -> str:
    digits = str(body)
    total = sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


@pytest.mark.parametrize("given", ["+49 (0)30 123456-78", "555-0100 ext. 7"])
def test_phone_numbers_are_as_people_write_them(given: str) -> None:
    """Supplier data is typed by hand."""
    assert text.phone_of(given, 50) == given


@pytest.mark.parametrize("given", ["4111111111111111", "call me 😀", "378282246310005"])
def test_a_phone_number_is_no_hiding_place(given: str) -> None:
    """E.164 has 15 digits at most; cards of 15 are told by their issuer."""
    with pytest.raises(Reject):
        text.phone_of(given, 50)


@pytest.mark.parametrize(
    "given",
    ["0193a1c2-7e11-7c01-9d11-1f3a52a0b001", "R1-1764115805120", "9007199254740993123", "a", "01JD~x:y.z_1"],
)
def test_event_ids_may_be_any_senders(given: str) -> None:
    """UUIDs, snowflakes, register and counter: Luhn-valid by chance one in ten, and not refused for it."""
    assert text.event_id_of(given) == given
