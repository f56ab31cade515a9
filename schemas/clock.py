"""Local and business dates (R1). Compares wall time in the outlet's zone; never reads the machine's clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

ONE_DAY = timedelta(days=1)


def local_date(instant: datetime, zone: tzinfo) -> date:
    """The calendar date in the outlet's zone: expiry and tax use it (R1)."""
    return instant.astimezone(zone).date()


def business_date(instant: datetime, zone: tzinfo, cutoff: time) -> date:
    """The local date, or the day before where the wall time is earlier than the cutoff (R1)."""
    local = instant.astimezone(zone)
    return local.date() - ONE_DAY if local.time() < cutoff else local.date()
