"""Turns what was measured into figures, verdicts and files: a table, a plot, the numbers. Measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from msgspec import Struct

from bench import plan as targets
from bench.latency import FIRST_HOPS, Steady
from bench.plan import Plan, Target
from bench.throughput import ALL, Measured

ONE, TWO, MESH, PER_MESSAGE = "COPY, 1 connection", "COPY, 2 connections", "mesh", "per message"


class Results(Struct, frozen=True):
    """Everything a run found out."""

    plan: Plan
    about: dict[str, Any]
    measured: list[Measured]
    bytes_a_sale: dict[str, dict[str, int]]
    steady: Steady | None
    parts: dict[str, dict[str, float]]


class Verdict(Struct, frozen=True):
    """A figure beside its target."""

    target: Target
    figure: float

    def line(self) -> str:
        """As a row of a Markdown table."""
        sign, unit = ("≥" if self.target.at_least else "≤"), self.target.unit
        answer = "pass" if self.target.met(self.figure) else "**miss**"
        return f"| {self.target.name} | {self.figure:,.2f}{unit} | {sign} {self.target.bound:g}{unit} | {answer} |"


def write(results: Results, room: Path) -> None:
    """`results.json`, `REPORT.md` and the plots."""
    from bench import plot

    room.mkdir(parents=True, exist_ok=True)
    (room / "results.json").write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    pictures = plot.draw(results, room)
    (room / "REPORT.md").write_text("\n".join(_report(results, pictures)) + "\n", encoding="utf-8")


def table(results: Results) -> Iterator[str]:
    """What a terminal shows at the end."""
    yield from _throughput(results)
    yield from _steady(results)
    yield from _verdicts(results)


def subjects(results: Results) -> list[str]:
    """What was measured, in the order it was."""
    return list(dict.fromkeys(each.subject for each in results.measured))


def median_of(results: Results, subject: str, mode: str, figure: str = "rate") -> float:
    """The median over the rounds; 0 where it was not measured."""
    found = [getattr(m, figure) for m in results.measured if m.subject == subject and m.mode == mode]
    return float(median(found)) if found else 0.0


def ratio(results: Results, subject: str, above: str, below: str) -> float:
    """The median over the rounds of the ratio within a round: what disturbs a round disturbs both."""
    rates = {(m.round, m.mode): m.rate for m in results.measured if m.subject == subject}
    found = [
        rates[number, above] / rates[number, below]
        for number, mode in rates
        if mode == above and (number, below) in rates
    ]
    return float(median(found)) if found else 0.0


def verdicts(results: Results) -> list[Verdict]:
    """Every target this run has a figure for."""
    found = [
        Verdict(target, ratio(results, name, MESH, ONE))
        for name, target in targets.RATIOS.items()
        if name in subjects(results)
    ]
    if ALL in subjects(results):
        found.append(Verdict(targets.ALL, ratio(results, ALL, MESH, TWO)))
    if factor := ratio(results, "inventory", MESH, PER_MESSAGE):
        found.append(Verdict(targets.NAIVE, factor))
    if results.steady is not None:
        found.append(Verdict(targets.LATENCY, results.steady.by_worker[FIRST_HOPS].p99))
        found.append(Verdict(targets.MEMORY, max(results.steady.memory_mb.values())))
    return found


def _report(results: Results, pictures: Iterable[str]) -> Iterator[str]:
    yield "# Performance"
    yield ""
    yield "Written by `./coralserve bench`; how it measures is in [README.md](README.md)."
    yield ""
    yield from _verdicts(results)
    for picture in pictures:
        yield f"![{picture.removesuffix('.png')}]({picture})"
        yield ""
    yield from _throughput(results)
    yield from _steady(results)
    yield from _costs(results)
    yield from _parts(results)
    yield from _circumstances(results)


def _verdicts(results: Results) -> Iterator[str]:
    yield "| | measured | asked for | |"
    yield "| --- | --- | --- | --- |"
    for verdict in verdicts(results):
        yield verdict.line()
    yield ""


def _throughput(results: Results) -> Iterator[str]:
    if not results.measured:
        return
    yield f"## Throughput, sales a second (medians of {results.plan.rounds} rounds of {results.plan.sales:,} sales)"
    yield ""
    yield "| | COPY, 1 connection | COPY, 2 connections | mesh | of 1 | of 2 | per message | factor |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for name in subjects(results):
        rates = [f"{median_of(results, name, mode):,.0f}" for mode in (ONE, TWO, MESH)]
        ratios = [f"{ratio(results, name, MESH, below):.2f}" for below in (ONE, TWO)]
        plain, factor = median_of(results, name, PER_MESSAGE), ratio(results, name, MESH, PER_MESSAGE)
        last = [f"{plain:,.0f}", f"{factor:,.0f}×"] if plain else ["", ""]
        yield f"| {' | '.join([name, *rates, *ratios, *last])} |"
    yield ""


def _steady(results: Results) -> Iterator[str]:
    steady = results.steady
    if steady is None:
        return
    yield f"## All workers at a steady {targets.RATE} sales a second ({steady.sales:,} sales)"
    yield ""
    yield "| publish to commit, ms | p50 | p95 | p99 | max | memory, MB |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, spread in steady.by_worker.items():
        memory = f"{steady.memory_mb[name]:.0f}" if name in steady.memory_mb else ""
        yield f"| {name} | {spread.p50:.1f} | {spread.p95:.1f} | {spread.p99:.1f} | {spread.most:.1f} | {memory} |"
    yield ""
    yield (
        f"Not in these figures: the flush of the commit itself, for one row p50 {steady.flush.p50:.1f} ms, p99 "
        f"{steady.flush.p99:.1f} ms beside this load. The publisher was at most {steady.late_ms:.1f} ms late."
    )
    yield ""


def _costs(results: Results) -> Iterator[str]:
    if not results.measured:
        return
    yield "## CPU, microseconds a sale"
    yield ""
    yield "| | Python | PostgreSQL | broker | PostgreSQL, COPY alone | bytes of COPY |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name in subjects(results):
        ours = [f"{median_of(results, name, MESH, f'{part}_us'):.0f}" for part in ("python", "postgres", "kafka")]
        alone = f"{median_of(results, name, ONE, 'postgres_us'):.0f}"
        size = f"{sum(results.bytes_a_sale.get(name, {}).values()):,}"
        yield f"| {' | '.join([name, *ours, alone, size])} |"
    yield ""
    yield "Where the sum of a row times the rate comes near the cores there are, the machine is what limits."
    yield ""


def _parts(results: Results) -> Iterator[str]:
    if not results.parts:
        return
    names = list(dict.fromkeys(part for parts in results.parts.values() for part in parts))
    yield "## Where Python's microseconds of a sale go (sampled)"
    yield ""
    yield f"| | {' | '.join(names)} |"
    yield "| --- |" + " --- |" * len(names)
    for worker, parts in results.parts.items():
        yield f"| {worker} | {' | '.join(f'{parts.get(name, 0.0):.1f}' for name in names)} |"
    yield ""


def _circumstances(results: Results) -> Iterator[str]:
    about = results.about
    yield "## Measured on"
    yield ""
    yield f"{about['date']}, in {about['took_s'] // 60} minutes; load before the start {about['load_before']}."
    yield ""
    yield f"- One machine: {about['processor']}, {about['cores']} cores, {about['memory_gb']} GB, {about['system']}"
    libraries = ", ".join(f"{name} {number}" for name, number in about["libraries"].items())
    yield f"- Python {about['python']}, {libraries}"
    postgres = dict(about["postgresql"])
    embedded = "embedded" if about["embedded"]["postgresql"] else "external"
    yield f"- PostgreSQL {postgres.pop('server_version')} ({embedded}): " + ", ".join(
        f"{name} {value}" for name, value in postgres.items()
    )
    yield f"- Kafka: {'embedded' if about['embedded']['kafka'] else 'external'}"
