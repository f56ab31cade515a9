"""Names, prose, identifiers and event ids: which characters they may hold (RELIABILITY, bad input). Escapes nothing.

Markup, SQL and formulas are text like any other; whoever shows them escapes them.
"""

from __future__ import annotations

import re
import unicodedata

from schemas.cards import has_card_number, is_article_number, is_issued_card_number
from schemas.errors import Reject
from schemas.reasons import Reason

LONGEST_ID = 128
_JOINERS = "\u200c\u200d"
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LINE_BREAKS = str.maketrans("", "", "\n\r\t")
_EVENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}")
_NIL = re.compile(r"(?:urn:uuid:)?0{8}-?0{4}-?0{4}-?0{4}-?0{12}", re.IGNORECASE)
_PATH = re.compile(r"(?:^|[/\\])\.{1,2}(?:[/\\]|$)|^[/\\~]|\\|^[A-Za-z]:/|%2[eEfF]|^[a-z]+://")
_PHONE = re.compile(r"[0-9A-Za-z+()./ #,;:-]+")
_MOST_PHONE_DIGITS = 15


def name_of(text: str, length: int) -> str:
    """A name in NFC: not blank, one line. Rejects BAD_TEXT, CARD_NUMBER."""
    found = _clean(text, length)
    if not found.strip():
        raise Reject(Reason.BAD_TEXT, detail="must not be blank")
    return found


def line_of(text: str, length: int) -> str:
    """One line of free text in NFC, possibly empty."""
    return _clean(text, length)


def prose_of(text: str, length: int) -> str:
    """Free text in NFC; line breaks and tabs are kept."""
    _clean(text.translate(_LINE_BREAKS), length)
    return unicodedata.normalize("NFC", text)


def identifier_of(text: str, length: int) -> str:
    """A code or reference: printable ASCII, no path, no card number."""
    found = _identifier(text, length)
    if has_card_number(found):
        raise _card()
    return found


def sku_of(text: str, length: int) -> str:
    """An article's code; a barcode with a right check digit is one, however it looks to Luhn."""
    found = _identifier(text, length)
    if not is_article_number(found) and has_card_number(found):
        raise _card()
    return found


def phone_of(text: str, length: int) -> str:
    """A telephone number as people write it, of at most 15 digits (E.164)."""
    found = _clean(text, length, cards=False)
    if not _PHONE.fullmatch(found) or sum(map(str.isdigit, found)) > _MOST_PHONE_DIGITS:
        raise Reject(Reason.BAD_TEXT, detail="must be a telephone number")
    if is_issued_card_number(found):
        raise _card()
    return found


def event_id_of(text: str) -> str:
    """An event's id. Rejects MALFORMED_ID, CARD_NUMBER."""
    if not _EVENT_ID.fullmatch(text) or ".." in text or _is_nil(text):
        raise Reject(
            Reason.MALFORMED_ID,
            field="id",
            detail=f"must be 1 to {LONGEST_ID} of A-Z a-z 0-9 . _ : ~ -, and not the nil UUID",
        )
    if is_issued_card_number(text):
        raise Reject(Reason.CARD_NUMBER, field="id", detail="looks like a payment card number")
    return text


def _is_nil(text: str) -> bool:
    return text.endswith("000000000000") and _NIL.fullmatch(text) is not None


def _identifier(text: str, length: int) -> str:
    _within(text, length)
    if not text or not text.isascii() or not text.isprintable():
        raise Reject(Reason.BAD_TEXT, detail="must be printable ASCII, and not empty")
    if text[0] == " " or text[-1] == " ":
        raise Reject(Reason.BAD_TEXT, detail="must not begin or end with a space")
    if _PATH.search(text):
        raise Reject(Reason.BAD_TEXT, detail="must not look like a path")
    return text


def _clean(text: str, length: int, *, cards: bool = True) -> str:
    _within(text, length)
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text)
        _require_visible(text)
    if cards and has_card_number(unicodedata.normalize("NFKC", text)):
        raise _card()
    return text


def _require_visible(text: str) -> None:
    for place, character in enumerate(text):
        if unicodedata.category(character) not in _REFUSED:
            continue
        if character in _JOINERS and _between_letters(text, place):
            continue
        raise Reject(Reason.BAD_TEXT, detail=f"must not hold the character U+{ord(character):04X}")


def _between_letters(text: str, place: int) -> bool:
    """Joiners belong to many scripts and emoji, but between ASCII letters they only hide something."""
    return 0 < place < len(text) - 1 and not text[place - 1].isascii() and not text[place + 1].isascii()


def _within(text: str, length: int) -> None:
    if len(text) > length:
        raise Reject(Reason.BAD_TEXT, detail=f"longer than {length} characters")


def _card() -> Reject:
    return Reject(Reason.CARD_NUMBER, detail="looks like a payment card number")
