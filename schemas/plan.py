"""Reads the wire form of a model into the model and its canonical JSON (R2, R72), member by member.

A plan is compiled once per model and number of money decimals. It names the member at fault as a path, such as
`lines[0].quantity`. Rules across members are the checks' business; a check may also fill what was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from msgspec import UNSET, Struct, structs

from schemas import wire
from schemas.checks import check_of
from schemas.errors import Reject
from schemas.readers import ANY_CURRENCY, Reader, flag, listed, quoted, reader_of, untouched
from schemas.reasons import Reason

MOST_REMEMBERED = 8_192
# A struct as read: the model, its canonical JSON, and how many members the document named.
Read = tuple[Any, str, int]


class Cell(NamedTuple):
    """One member of a plan: where it stands in wire order and in the model, and how it is read."""

    name: str
    place: int
    index: int
    read: Any
    required: bool


class Plan:
    """How one model is read. `remember` keeps what equal wire forms gave: a menu's lines come again and again."""

    def __init__(self, model: type[Struct], money_decimals: int, *, remember: bool = False) -> None:
        members = wire.members_of(model)
        order = {field.name: index for index, field in enumerate(structs.fields(model))}
        self.model = model
        self.money_decimals = money_decimals
        self.check = check_of(model)
        self.known: dict[Any, Read] | None = {} if remember else None
        self.values: list[Any] = [None] * len(order)
        self.parts: list[str] = [""] * len(members)
        self.scalars: list[Cell] = []
        self.structs: list[Cell] = []
        self.cells: dict[str, Cell] = {}
        self.others: list[tuple[Cell, int]] = []
        other_place = len(members)
        for place, member in enumerate(members):
            read = self._reader(member, f',"{member.name}":')
            cell = Cell(member.name, place, order[member.name], read, member.required)
            self.cells[member.name] = cell
            (self.structs if _nests(member) else self.scalars).append(cell)
            self._default(member, cell)
            self.others += [(cell, other_place + step) for step in range(len(member.also))]
            other_place += len(member.also)

    def _reader(self, member: wire.Member, prefix: str) -> Any:
        if member.form == wire.KIND:
            return reader_of(member.of, money_decimals=self.money_decimals, prefix=prefix)
        if member.form == wire.LISTED:
            return listed(member.of, prefix)
        if member.form == wire.STRUCT:
            return _single(plan_of(member.of, self.money_decimals), prefix)
        if member.form == wire.LIST and member.of.form == wire.STRUCT:
            return _many(plan_of(member.of.of, self.money_decimals), prefix)
        if member.form == wire.LIST:
            return _several(self._reader(member.of, ""), prefix)
        return flag(prefix) if member.form == wire.FLAG else untouched(prefix)

    def _default(self, member: wire.Member, cell: Cell) -> None:
        if member.required or member.default is None:
            return
        self.values[cell.index] = member.default
        self.parts[cell.place] = f',"{member.name}":{_text_of_default(member.default)}'

    def read(self, form: Any, place: int = 0) -> Read:
        """The model, its canonical JSON, and the number of members named. `place`: where it stands in a list, from 0.

        Raises Reject, its field relative to this struct.
        """
        sent = structs.astuple(form)
        if self.others:
            sent = self._with_other_names(sent)
        values = self.values.copy()
        parts = self.parts.copy()
        members = len(sent) - sent.count(UNSET)
        name = ""
        try:
            for name, at, index, read, required in self.scalars:
                value = sent[at]
                if value is not UNSET and value is not None:
                    values[index], parts[at] = read(value)
                elif required:
                    raise Reject(Reason.MISSING_FIELD, detail="required")
            for name, at, index, read, required in self.structs:
                value = sent[at]
                if value is not UNSET and value is not None:
                    values[index], parts[at], inner = read(value)
                    members += inner
                elif required:
                    raise Reject(Reason.MISSING_FIELD, detail="required")
        except Reject as error:
            raise under(name, error) from None
        model = self.model(*values)
        if self.check is not None:
            fills = self.check(model, place, self.money_decimals)
            if fills:
                model = self._fill(values, parts, fills)
        return model, "{" + "".join(parts)[1:] + "}", members

    def _fill(self, values: list[Any], parts: list[str], fills: Mapping[str, Any]) -> Any:
        """Take in what a check filled, given as wire values."""
        for name, value in fills.items():
            cell = self.cells[name]
            try:
                values[cell.index], parts[cell.place] = cell.read(value)
            except Reject as error:
                raise under(name, error) from None
        return self.model(*values)

    def _with_other_names(self, sent: tuple[Any, ...]) -> tuple[Any, ...]:
        found = list(sent)
        for cell, place in self.others:
            if found[place] is UNSET:
                continue
            if found[cell.place] is not UNSET:
                raise Reject(Reason.DUPLICATE_KEY, field=cell.name, detail="sent under two names")
            found[cell.place], found[place] = found[place], UNSET
        return tuple(found)


REMEMBERED = frozenset({"SaleLine"})


@cache
def plan_of(model: type[Struct], money_decimals: int = ANY_CURRENCY) -> Plan:
    """The plan of a model for amounts of so many decimals."""
    return Plan(model, money_decimals, remember=model.__name__ in REMEMBERED)


def under(name: str, error: Reject) -> Reject:
    """The rejection as seen from one level further out."""
    if not error.field:
        field = name
    elif error.field.startswith("["):
        field = name + error.field
    else:
        field = f"{name}.{error.field}" if name else error.field
    return Reject(error.reason, field=field, detail=error.detail)


def _nests(member: wire.Member) -> bool:
    return member.form == wire.STRUCT or (member.form == wire.LIST and member.of.form == wire.STRUCT)


def _single(plan: Plan, prefix: str) -> Callable[[Any], Read]:
    def read(form: Any) -> Read:
        found, text, members = plan.read(form)
        return found, prefix + text, members

    return read


def _many(plan: Plan, prefix: str) -> Callable[[Any], Read]:
    known = plan.known

    def read(forms: tuple[Any, ...]) -> Read:
        found: list[Any] = []
        texts: list[str] = []
        members = 0
        for place, form in enumerate(forms):
            line = known.get(form) if known is not None else None
            if line is None:
                try:
                    line = plan.read(form, place)
                except Reject as error:
                    raise under(f"[{place}]", error) from None
                if known is not None:
                    _remember(known, form, line)
            found.append(line[0])
            texts.append(line[1])
            members += line[2]
        return tuple(found), f"{prefix}[{','.join(texts)}]", members

    return read


def _remember(known: dict[Any, Read], form: Any, line: Read) -> None:
    if form.prepared_at is not UNSET and form.prepared_at is not None:
        return
    if len(known) >= MOST_REMEMBERED:
        known.clear()
    known[form] = line


def _several(read_one: Reader, prefix: str) -> Reader:
    def read(values: tuple[Any, ...]) -> tuple[tuple[Any, ...], str]:
        found = []
        for place, value in enumerate(values):
            try:
                found.append(read_one(value))
            except Reject as error:
                raise under(f"[{place}]", error) from None
        return tuple(one for one, _ in found), f"{prefix}[{','.join(text for _, text in found)}]"

    return read


def _text_of_default(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, int):
        return str(default)
    if isinstance(default, tuple):
        return "[]"
    return quoted(default if isinstance(default, str) else default.isoformat() if _is_time(default) else str(default))


def _is_time(default: Any) -> bool:
    return hasattr(default, "isoformat")
