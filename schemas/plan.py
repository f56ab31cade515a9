"""Reads the wire form of a model into the model and its canonical JSON (R2, R72), member by member.

A plan is made once per model and number of money decimals. It names the member at fault as a path, such as
`lines[0].quantity`. Rules across members are the checks' business; a check may also fill what was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from operator import itemgetter
from typing import Any

from msgspec import UNSET, Struct, structs

from schemas import wire
from schemas.checks import check_of
from schemas.errors import Reject
from schemas.readers import ANY_CURRENCY, Cell, Reader, flag, listed, reader_of, unless_absent, untouched
from schemas.reasons import Reason

MOST_REMEMBERED = 8_192
# A menu's lines and sums come again and again: equal wire forms read alike.
REMEMBERED = frozenset({"SaleLine", "Payment", "Totals"})


class Plan:
    """How one model is read. A struct as read is (model, canonical JSON, number of members the document named)."""

    def __init__(self, model: type[Struct], money_decimals: int) -> None:
        members = wire.members_of(model)
        place = {member.name: place for place, member in enumerate(members)}
        self.model: Any = model
        self.money_decimals = money_decimals
        self.check = check_of(model)
        self.known: dict[Any, Cell] | None = {} if model.__name__ in REMEMBERED else None
        self.place = place
        self.readers: list[Reader] = [self._reader(member, f',"{member.name}":', member.default) for member in members]
        self.in_model_order = itemgetter(*(place[name] for name in model.__struct_fields__))
        also = [(place[member.name], name) for member in members for name in member.also]
        self.others = [(own, len(members) + step, name) for step, (own, name) in enumerate(also)]

    def _reader(self, member: wire.Member, prefix: str, default: Any) -> Reader:
        how: dict[str, Any] = {"prefix": prefix, "default": default}
        if member.form == wire.KIND:
            return reader_of(member.of, money_decimals=self.money_decimals, **how)
        if member.form == wire.LISTED:
            return listed(member.of, **how)
        if member.form == wire.STRUCT:
            return unless_absent(_single(plan_of(member.of, self.money_decimals), prefix), **how)
        if member.form == wire.LIST and member.of.form == wire.STRUCT:
            return unless_absent(_many(plan_of(member.of.of, self.money_decimals), prefix), **how)
        if member.form == wire.LIST:
            return unless_absent(_several(self._reader(member.of, "", wire.REQUIRED), prefix), **how)
        return flag(**how) if member.form == wire.FLAG else untouched(**how)

    def read(self, form: Any, place: int = 0) -> Cell:
        """Read one struct; `place` is where it stands in a list, from 0. Rejects with a field relative to it."""
        sent = structs.astuple(form)
        named = len(sent) - sent.count(UNSET)
        if self.others:
            sent = self._under_own_names(sent)
        try:
            values, texts, inner = zip(*[read(value) for read, value in zip(self.readers, sent)])  # noqa: B905 other names stand behind
        except Reject:
            raise self._at_fault(sent) from None
        model = self.model(*self.in_model_order(values))
        if self.check is not None:
            fills = self.check(model, place, self.money_decimals)
            if fills:
                model, texts = self._filled(values, texts, fills)
        return model, "{" + "".join(texts)[1:] + "}", named + sum(inner)

    def _at_fault(self, sent: tuple[Any, ...]) -> Reject:
        """Read again, one by one, to name the first member that is refused."""
        for name, read, value in zip(self.place, self.readers, sent, strict=False):
            try:
                read(value)
            except Reject as error:
                return under(name, error)
        raise AssertionError("a reader must refuse the same value twice")

    def _filled(
        self, values: tuple[Any, ...], texts: tuple[str, ...], fills: Mapping[str, Any]
    ) -> tuple[Any, tuple[str, ...]]:
        """Take in what a check filled, given as wire values."""
        found, spelled = list(values), list(texts)
        for name, value in fills.items():
            place = self.place[name]
            try:
                found[place], spelled[place], _ = self.readers[place](value)
            except Reject as error:
                raise under(name, error) from None
        return self.model(*self.in_model_order(found)), tuple(spelled)

    def _under_own_names(self, sent: tuple[Any, ...]) -> tuple[Any, ...]:
        found = list(sent)
        for own, other, name in self.others:
            if found[other] is UNSET:
                continue
            if found[own] is not UNSET:
                member = next(one for one, place in self.place.items() if place == own)
                raise Reject(Reason.DUPLICATE_KEY, field=member, detail=f"sent under two names, also as {name}")
            found[own] = found[other]
        return tuple(found)


@cache
def plan_of(model: type[Struct], money_decimals: int = ANY_CURRENCY) -> Plan:
    """The plan of a model for amounts of so many decimals."""
    return Plan(model, money_decimals)


def under(name: str, error: Reject) -> Reject:
    """The rejection as seen from one level further out."""
    if not error.field or error.field.startswith("["):
        return Reject(error.reason, field=name + error.field, detail=error.detail)
    return Reject(error.reason, field=f"{name}.{error.field}", detail=error.detail)


def _single(plan: Plan, prefix: str) -> Reader:
    recall, read_one = _recall(plan), _reading(plan)

    def read(form: Any) -> Cell:
        found, text, members = recall(form) or read_one(form, 0)
        return found, prefix + text, members

    return read


def _many(plan: Plan, prefix: str) -> Reader:
    recall, read_one = _recall(plan), _reading(plan)

    def read(forms: tuple[Any, ...]) -> Cell:
        cells = list(map(recall, forms))
        if None in cells:
            _read_missing(cells, forms, read_one)
        if not cells:
            return (), f"{prefix}[]", 0
        found, texts, members = zip(*cells, strict=True)
        return found, f"{prefix}[{','.join(texts)}]", sum(members)

    return read


def _read_missing(cells: list[Any], forms: tuple[Any, ...], read_one: Callable[[Any, int], Cell]) -> None:
    for place, form in enumerate(forms):
        if cells[place] is not None:
            continue
        try:
            cells[place] = read_one(form, place)
        except Reject as error:
            raise under(f"[{place}]", error) from None


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


def _several(read_one: Reader, prefix: str) -> Reader:
    def read(values: tuple[Any, ...]) -> Cell:
        cells = []
        for place, value in enumerate(values):
            try:
                cells.append(read_one(value))
            except Reject as error:
                raise under(f"[{place}]", error) from None
        return tuple(cell[0] for cell in cells), f"{prefix}[{','.join(cell[1] for cell in cells)}]", 0

    return read
