"""Draws the report's pictures. Computes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import plan as targets

if TYPE_CHECKING:
    from bench.report import Results

INK, LIMIT, SECOND, OURS = "#333333", "#c9d1d9", "#9aa7b4", "#e2725b"


def draw(results: Results, room: Path) -> list[str]:
    """`throughput.png` and `latency.png`, each where it was measured; the names."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = []
    for name, wanted, paint in (
        ("throughput.png", bool(results.measured), _throughput),
        ("latency.png", results.steady is not None, _latency),
    ):
        if not wanted:
            continue
        figure, axes = pyplot.subplots(figsize=(9, 4), dpi=110)
        paint(axes, results)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
        figure.tight_layout()
        figure.savefig(room / name, metadata={"Software": None})
        pyplot.close(figure)
        names.append(name)
    return names


def _throughput(axes: Any, results: Results) -> None:
    from bench.report import MESH, ONE, TWO, median_of, subjects

    found = subjects(results)
    for place, (mode, colour) in enumerate(((ONE, LIMIT), (TWO, SECOND), (MESH, OURS))):
        rates = [median_of(results, name, mode) for name in found]
        bars = axes.bar([n + (place - 1) * 0.27 for n in range(len(found))], rates, 0.25, color=colour, label=mode)
        axes.bar_label(bars, fmt="{:,.0f}", fontsize=7, color=INK, padding=1)
    axes.set_xticks(range(len(found)), found)
    axes.set_ylabel("sales a second")
    axes.set_title("Throughput: COPY of the same rows, and the mesh", loc="left", color=INK)
    axes.legend(frameon=False)


def _latency(axes: Any, results: Results) -> None:
    steady = results.steady
    assert steady is not None, "drawn only where it was measured"
    found = list(steady.by_worker)
    for place, (percentile, colour) in enumerate((("p50", LIMIT), ("p95", SECOND), ("p99", OURS))):
        values = [getattr(steady.by_worker[name], percentile) for name in found]
        places = [n + (place - 1) * 0.27 for n in range(len(found))]
        bars = axes.bar(places, values, 0.25, color=colour, label=percentile)
        axes.bar_label(bars, fmt="{:.0f}", fontsize=7, color=INK, padding=1)
    axes.axhline(targets.LATENCY.bound, color=INK, linewidth=0.8, linestyle=":")
    axes.set_xticks(range(len(found)), found)
    axes.set_ylabel("milliseconds")
    title = f"Publish to commit at {targets.RATE} sales a second; dotted: what p99 may be"
    axes.set_title(title, loc="left", color=INK)
    axes.legend(frameon=False)
