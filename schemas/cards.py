"""Finds payment card numbers in text, so that none is ever stored. Never repeats what it found."""

from __future__ import annotations

import re
from uuid import UUID

SHORTEST, LONGEST = 13, 19
_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z])")
_ISSUED = re.compile(r"(?:3[045678]|4|5[0-9]|6[0-9]|2[2-7])[0-9]+")
_GTIN = (13, 14)


def has_card_number(text: str) -> bool:
    """Whether a Luhn-valid run of 13 to 19 digits, spaced or not, stands in the text. A UUID is not one."""
    if len(text) < SHORTEST or _is_uuid(text):
        return False
    return any(luhn(re.sub("[ -]", "", run)) for run in _RUN.findall(text))


def is_issued_card_number(text: str) -> bool:
    """Whether the whole text is a card number of a known issuer: for ids, which are often long numbers themselves."""
    if not SHORTEST <= len(text) <= LONGEST + 4:
        return False
    digits = re.sub("[ -]", "", text)
    return bool(digits.isdigit() and len(digits) > _GTIN[0] and _ISSUED.fullmatch(digits) and luhn(digits))


def is_article_number(text: str) -> bool:
    """Whether the text is a GTIN (EAN) with its check digit: a barcode, which may be Luhn-valid by chance."""
    if len(text) not in _GTIN or not (text.isascii() and text.isdigit()):
        return False
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text)))
    return total % 10 == 0


def luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_uuid(text: str) -> bool:
    if len(text) != 36:
        return False
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
