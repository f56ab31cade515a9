"""The checkout's own source, for the tests of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("schemas", "db", "mesh", "consumers", "producers", "operators", "deploy", "clients", "bench", "tests")


@lru_cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of every room."""
    return tuple(sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")))


def sql_files() -> tuple[Path, ...]:
    """Every SQL file of every room; what tests load is data."""
    return tuple(sorted(path for room in ROOMS if room != "tests" for path in (ROOT / room).rglob("*.sql")))


@lru_cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of every function of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def imports(path: Path) -> set[str]:
    """Dotted names a file imports, `from a.b import c` as both a.b and a.b.c."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def shown(path: Path) -> str:
    """Path within the checkout."""
    return str(path.relative_to(ROOT))
