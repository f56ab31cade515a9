"""What went wrong, and so which rung of the failure ladder answers it. Judges; does nothing about it."""

from __future__ import annotations

import struct
from enum import Enum

import asyncpg

from mesh.commit import Fenced
from mesh.planning import Guilty
from schemas.errors import Retry


class Rung(Enum):
    """The answers of the failure ladder."""

    TRANSIENT = "roll back, wait, try again; never park"
    REPEAT = "a repeat was met: read what the database knows, then decide again"
    RELOAD = "memory and database differ: reload and decide again"
    FENCED = "another owner: see where the lanes stand"
    GUILTY = "one event is pinned: park it"
    DATA = "some event of the batch is refused: halve until it stands alone"


OUR_KEYS = frozenset({"dedupe", "sales", "parked"})
DATA_CLASSES = ("22", "23")
OUR_DEFECTS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, struct.error)
"""What a defect of ours looks like on the way to the database: some event of the batch shows it."""


def rung_of(fault: BaseException) -> Rung:
    """The rung for a fault. What nobody foresaw on the way to the database is waited on, never parked on."""
    if isinstance(fault, Fenced):
        return Rung.FENCED
    if isinstance(fault, Retry):
        return Rung.RELOAD
    if isinstance(fault, Guilty):
        return Rung.GUILTY
    if isinstance(fault, asyncpg.UniqueViolationError) and fault.table_name in OUR_KEYS:
        return Rung.REPEAT
    if isinstance(fault, asyncpg.PostgresError) and (fault.sqlstate or "")[:2] in DATA_CLASSES:
        return Rung.DATA
    if isinstance(fault, OUR_DEFECTS):
        return Rung.DATA
    return Rung.TRANSIENT
