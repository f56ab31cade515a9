"""msgspec's complaints as reason codes with the member at fault. Decides nothing else."""

from __future__ import annotations

import re

import msgspec

from schemas.errors import Reject
from schemas.reasons import Reason

_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)


def rejection_of(error: Exception) -> Reject:
    """The rejection for an error of msgspec on a document that is well-formed JSON."""
    if not isinstance(error, msgspec.ValidationError):
        return Reject(Reason.MALFORMED_JSON, detail="not one well-formed JSON document in UTF-8")
    match = _MESSAGE.fullmatch(str(error))
    what, path = (match["what"], match["path"] or "") if match else (str(error), "")
    detail = what.replace("`", "").replace(" | null", "")
    if what.startswith("Expected `object`") and not path:
        return Reject(Reason.NOT_AN_OBJECT, detail=detail)
    if "out of range" in what:
        reason = Reason.OUT_OF_RANGE if what.startswith("Integer") else Reason.BAD_NUMBER
        return Reject(reason, field=path, detail=detail)
    return Reject(Reason.WRONG_TYPE, field=path, detail=detail)
