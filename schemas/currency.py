"""ISO 4217: the minor units of every currency, and rounding to them (R0). Converts no currency into another."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from schemas.errors import Reject
from schemas.reasons import Reason

_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
    "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG "
    "YER ZAR ZMW ZWG"
)
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"

MINOR_UNITS: dict[str, int] = {
    code: units for units, codes in ((2, _TWO), (0, _NONE), (3, _THREE), (4, _FOUR)) for code in codes.split()
}
_STEP: dict[str, Decimal] = {code: Decimal(1).scaleb(-units) for code, units in MINOR_UNITS.items()}

# Wide enough for any quantity × any price: nothing is rounded on the way.
WIDE = Context(prec=80)


def minor_units(code: str) -> int:
    """How many decimals the currency has. Rejects UNKNOWN_CURRENCY."""
    units = MINOR_UNITS.get(code)
    if units is None:
        raise unknown(code)
    return units


def minor_unit(code: str) -> Decimal:
    """The smallest amount of the currency: 0.01 for USD, 1 for JPY. Rejects UNKNOWN_CURRENCY."""
    step = _STEP.get(code)
    if step is None:
        raise unknown(code)
    return step


def quantise(amount: Decimal, code: str, mode: str = ROUND_HALF_UP) -> Decimal:
    """Round once to the currency's minor units; the default mode rounds halves away from zero (R0)."""
    return amount.quantize(minor_unit(code), mode, WIDE)


def unknown(code: str) -> Reject:
    """The rejection of a code that is no currency; says the code only where it could be one."""
    shown = code if len(code) == 3 and code.isascii() and code.isalpha() else "this"
    return Reject(Reason.UNKNOWN_CURRENCY, field="currency", detail=f"{shown} is no currency of ISO 4217")
