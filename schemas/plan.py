"""Reads the wire form of a model into the model and its canonical JSON (R2, R72), member by member.

A plan is made once per model and number of money decimals. It names the member at fault as a path, such as
`lines[0].quantity`. Rules across members are the checks' business; a check may also fill what was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from msgspec import UNSET, Struct, structs

from schemas import wire
from schemas.checks import check_of
from schemas.errors import Reject
from schemas.readers import ANY_CURRENCY, Ask, Cell, Plain, absent_cell, flag, listed, reader_of, refuse, untouched
from schemas.reasons import Reason
from schemas.straight import straight_line

MOST_REMEMBERED = 8_192
# A menu's lines and sums come again and again: equal wire forms read alike.
REMEMBERED = frozenset({"SaleLine", "Payment", "Totals"})


class Plan:
    """How one model is read: `read(wire form, place in its list)` gives (model, canonical JSON, members named)."""

    def __init__(self, model: type[Struct], money_decimals: int) -> None:
        members = wire.members_of(model)
        place = {member.name: place for place, member in enumerate(members)}
        self.model: Any = model
        self.money_decimals = money_decimals
        self.check = check_of(model)
        self.known: dict[Any, Cell] | None = {} if model.__name__ in REMEMBERED else None
        self.place = place
        self.readers: list[Plain] = [self._reader(member, f',"{member.name}":', member.default) for member in members]
        self.order = [place[name] for name in model.__struct_fields__]
        also = [(place[member.name], name) for member in members for name in member.also]
        self.others = [(own, len(members) + step, name) for step, (own, name) in enumerate(also)]
        self.read: Callable[..., Cell] = self._straight_line()

    def _straight_line(self) -> Any:
        """Read one struct: the model, its canonical JSON, the number of members named; rejects with the member."""
        names = {
            "sent_of": self._under_own_names if self.others else structs.astuple,
            "UNSET": UNSET,
            "Reject": Reject,
            "at_fault": self._at_fault,
            "model_of": self.model,
            "check": self.check,
            "filled": self._filled,
            "decimals": self.money_decimals,
            "refuse": refuse,
        }
        return straight_line(self.readers, order=self.order, checked=self.check is not None, names=names)

    def _reader(self, member: wire.Member, prefix: str, default: Any) -> Plain:
        how: dict[str, Any] = {"prefix": prefix, "default": default}
        if member.form == wire.KIND:
            return reader_of(member.of, money_decimals=self.money_decimals, **how)
        if member.form == wire.LISTED:
            return listed(member.of, **how)
        absent = absent_cell(**how)
        if member.form == wire.STRUCT:
            return Plain(_single(plan_of(member.of, self.money_decimals), prefix), absent, nests=True)
        if member.form == wire.LIST and member.of.form == wire.STRUCT:
            return Plain(_many(plan_of(member.of.of, self.money_decimals), prefix), absent, nests=True)
        if member.form == wire.LIST:
            return Plain(_several(self._reader(member.of, "", wire.REQUIRED).read, prefix), absent)
        return flag(**how) if member.form == wire.FLAG else untouched(**how)

    def _at_fault(self, sent: tuple[Any, ...]) -> Reject:
        """Read again, one by one, to name the first member that is refused."""
        for name, reader, value in zip(self.place, self.readers, sent, strict=True):
            try:
                reader.ask(value)
            except Reject as error:
                return under(name, error)
        raise AssertionError("a reader must refuse the same value twice")

    def _filled(self, values: list[Any], texts: list[str], fills: Mapping[str, Any]) -> tuple[Any, str]:
        """Take in what a check filled, given as wire values."""
        for name, value in fills.items():
            place = self.place[name]
            try:
                values[place], texts[place], _ = self.readers[place].ask(value)
            except Reject as error:
                raise under(name, error) from None
        return self.model(*(values[place] for place in self.order)), "".join(texts)

    def _under_own_names(self, form: Any) -> tuple[Any, ...]:
        """The members as sent, those sent under another name in their own place."""
        found = list(structs.astuple(form))
        for own, other, name in self.others:
            if found[other] is UNSET:
                continue
            if found[own] is not UNSET:
                member = next(one for one, place in self.place.items() if place == own)
                raise Reject(Reason.DUPLICATE_KEY, field=member, detail=f"sent under two names, also as {name}")
            found[own] = found[other]
        return tuple(found[: len(self.readers)])


@cache
def plan_of(model: type[Struct], money_decimals: int = ANY_CURRENCY) -> Plan:
    """The plan of a model for amounts of so many decimals."""
    return Plan(model, money_decimals)


def under(name: str, error: Reject) -> Reject:
    """The rejection as seen from one level further out."""
    if not error.field or error.field.startswith("["):
        return Reject(error.reason, field=name + error.field, detail=error.detail)
    return Reject(error.reason, field=f"{name}.{error.field}", detail=error.detail)


def _single(plan: Plan, prefix: str) -> Ask:
    recall, read_one = _recall(plan), _reading(plan)

    def read(form: Any) -> Cell:
        found, text, members = recall(form) or read_one(form, 0)
        return found, prefix + text, members

    return read


def _many(plan: Plan, prefix: str) -> Ask:
    recall, read_one = _recall(plan), _reading(plan)

    def read(forms: tuple[Any, ...]) -> Cell:
        found: list[Any] = []
        texts: list[str] = []
        members = 0
        try:
            for form in forms:
                one, text, inner = recall(form) or read_one(form, len(found))
                found.append(one)
                texts.append(text)
                members += inner
        except Reject as error:
            raise under(f"[{len(found)}]", error) from None
        return tuple(found), f"{prefix}[{','.join(texts)}]", members

    return read


def _recall(plan: Plan) -> Callable[[Any], Cell | None]:
    return plan.known.get if plan.known is not None else _nothing


def _nothing(_: Any) -> None:
    return None


def _reading(plan: Plan) -> Callable[[Any, int], Cell]:
    """The plan's reading, kept where it may come again: a line with an instant of its own hardly will."""
    known = plan.known
    if known is None:
        return plan.read

    def read(form: Any, place: int) -> Cell:
        cell = plan.read(form, place)
        if getattr(form, "prepared_at", None) in (None, UNSET):
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            known[form] = cell
        return cell

    return read


def _several(read_one: Ask, prefix: str) -> Ask:
    def read(values: tuple[Any, ...]) -> Cell:
        cells = []
        for place, value in enumerate(values):
            try:
                cells.append(read_one(value))
            except Reject as error:
                raise under(f"[{place}]", error) from None
        return tuple(cell[0] for cell in cells), f"{prefix}[{','.join(cell[1] for cell in cells)}]", 0

    return read
