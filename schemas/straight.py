"""Writes a plan's reading as one straight line of Python, as dataclasses write `__init__`: no loop, few calls.

The text comes from the models alone, never from an event. For a sale this is three times as fast as a loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.readers import Plain


def straight_line(cells: Sequence[Plain], *, order: Sequence[int], checked: bool, names: Mapping[str, Any]) -> Any:
    """`read(form, place=0) -> (model, text, members)`.

    `cells` in wire order, `order` of the model's members among them. `names`: sent_of, UNSET, Reject, at_fault,
    model_of, check, filled, decimals, refuse.
    """
    scope: dict[str, Any] = dict(names)
    for n, cell in enumerate(cells):
        scope[f"r{n}"] = cell.memory if cell.memory is not None else cell.read
        scope[f"a{n}"] = cell.absent
    source = "\n".join(_lines(cells, order=order, checked=checked))
    exec(compile(source, "<a plan>", "exec"), scope)  # noqa: S102 the source is made of member counts only
    return scope["read"]


def _ask(n: int, cell: Plain) -> str:
    if cell.memory is not None:
        return f"r{n}[s{n}]"
    otherwise = f"a{n}" if cell.absent is not None else "refuse()"
    return f"r{n}(s{n}) if s{n} is not UNSET and s{n} is not None else {otherwise}"


def _lines(cells: Sequence[Plain], *, order: Sequence[int], checked: bool) -> list[str]:
    numbers = range(len(cells))
    values = ", ".join(f"v{n}" for n in order)
    texts = "".join(f"{{t{n}}}" for n in numbers)
    inner = [n for n, cell in enumerate(cells) if cell.nests]
    members = f"{len(cells)} - sent.count(UNSET)" + "".join(f" + n{n}" for n in inner)
    check = [
        "    fills = check(model, place, decimals)",
        "    if fills:",
        f"        values, texts = [{', '.join(f'v{n}' for n in numbers)}], [{', '.join(f't{n}' for n in numbers)}]",
        "        model, text = filled(values, texts, fills)",
    ]
    return [
        "def read(form, place=0):",
        "    sent = sent_of(form)",
        f"    {', '.join(f's{n}' for n in numbers)}, = sent",
        "    try:",
        *(f"        v{n}, t{n}, {f'n{n}' if n in inner else '_'} = {_ask(n, cell)}" for n, cell in enumerate(cells)),
        "    except Reject:",
        "        raise at_fault(sent) from None",
        f"    model = model_of({values})",
        f'    text = f"{texts}"',
        *(check if checked else []),
        f'    return model, "{{" + text[1:] + "}}", {members}',
    ]
