"""The wire form of an event model: the same members as JSON types, every one optional, so that absence can be told.

Members stand in canonical order (by code point), other names of a member after them. Derived, never written by hand.
"""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, UNSET, Raw, Struct, UnsetType, defstruct, structs

from schemas.kinds import Also, Kind

LIST, STRUCT, KIND, LISTED, FLAG, ANY = "list", "struct", "kind", "listed", "flag", "any"
REQUIRED: Any = object()
_WIRE: dict[str, Any] = {"id": int, "unique_id": int, "whole": int, "decimal": int | str, "money": str}


class Member(Struct, frozen=True):
    """One member of a model: its name, other names, what it is, and its default (REQUIRED: none)."""

    name: str
    form: str
    of: Any
    default: Any = REQUIRED
    also: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@cache
def members_of(model: type[Struct]) -> tuple[Member, ...]:
    """The members of a model in canonical order."""
    hints = get_type_hints(model, include_extras=True)
    members = (_member(field, hints[field.name]) for field in structs.fields(model))
    return tuple(sorted(members, key=lambda member: member.name))


@cache
def wire_of(model: type[Struct]) -> type[Struct]:
    """The struct msgspec decodes the model's JSON into; hashable, so that repeated lines can be remembered."""
    members = members_of(model)
    fields = [_field(member.name, member) for member in members]
    fields += [_field(other, member) for member in members for other in member.also]
    return defstruct(f"{model.__name__}Wire", fields, frozen=True, gc=False)


def wire_type(kind: Kind) -> Any:
    """The JSON type of a kind, as msgspec decodes it: money is text only, quantities also whole numbers."""
    return _WIRE.get(kind.reader, str)


def _field(name: str, member: Member) -> tuple[str, Any, Any]:
    kind = json_type(member)
    return name, kind if kind is Raw else kind | None | UnsetType, UNSET


def json_type(member: Member) -> Any:
    """The JSON type of a member, as msgspec decodes it."""
    if member.form == KIND:
        return wire_type(member.of)
    if member.form == STRUCT:
        return wire_of(member.of)
    if member.form == LIST:
        return tuple[json_type(member.of), ...]  # type: ignore[misc]
    return {LISTED: str, FLAG: bool, ANY: Raw}[member.form]


def _member(field: structs.FieldInfo, hint: Any) -> Member:
    form, of = _form(field.name, hint)
    return Member(field.name, form, of, REQUIRED if field.default is NODEFAULT else field.default, _peel(hint)[1])


def _form(name: str, hint: Any) -> tuple[str, Any]:
    plain, _, kind = _peel(hint)
    if kind is not None:
        return KIND, kind
    if plain is bool:
        return FLAG, None
    if plain is Any:
        return ANY, None
    if get_origin(plain) is Literal:
        return LISTED, get_args(plain)
    if get_origin(plain) is tuple:
        return LIST, Member(name, *_form(name, get_args(plain)[0]))
    if isinstance(plain, type) and issubclass(plain, Struct):
        return STRUCT, plain
    raise TypeError(f"{name}: no kind for {hint}")


def _peel(hint: Any) -> tuple[Any, tuple[str, ...], Kind | None]:
    """The bare type of an annotation, the other names and the kind it carries."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is not Annotated:
        return hint, (), None
    plain, *marks = get_args(hint)
    also = tuple(name for mark in marks if isinstance(mark, Also) for name in mark.names)
    kind = next((mark for mark in marks if isinstance(mark, Kind)), None)
    return plain, also, kind
