"""IANA time zone names. Gives zones; knows no outlet and no clock."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.errors import Reject
from schemas.reasons import Reason

_NAME = re.compile(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*")
_NOT_A_PLACE = frozenset({"localtime", "posixrules", "Factory"})


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. Rejects UNKNOWN_ZONE, also for names that mean the machine's own zone."""
    if len(name) > 64 or not _NAME.fullmatch(name) or name in _NOT_A_PLACE:
        raise Reject(Reason.UNKNOWN_ZONE, detail="must be a time zone of the IANA database")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise Reject(Reason.UNKNOWN_ZONE, detail="must be a time zone of the IANA database") from None
