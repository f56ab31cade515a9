"""The walls between the rooms: what may import what."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.source import ROOT, imports, python_files, shown, tree

CONTRACT_TIMEOUT_S = 120


def test_import_contracts_hold() -> None:
    """Layers, independence of workers, purity of rules: a wall that is not checked is a drawing."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=CONTRACT_TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    "folder", sorted(p.parent for p in (ROOT / "consumers").glob("*/worker.py")), ids=lambda p: p.name
)
def test_a_worker_imports_only_its_own_tables(folder) -> None:  # type: ignore[no-untyped-def]
    """Another worker's tables are another worker's business (I15)."""
    services = {path.parent.name for path in (ROOT / "db").glob("*/tables.py")} - {folder.name}
    foreign = {f"db.{service}" for service in services}
    found = {
        shown(path): sorted(name for name in imports(path) if ".".join(name.split(".")[:2]) in foreign)
        for path in folder.rglob("*.py")
    }
    assert {name: names for name, names in found.items() if names} == {}


def test_only_settings_reads_the_environment() -> None:
    """A variable read in passing is a setting nobody can find."""
    readers = ("operators/", "deploy/bootstrap.py", "tests/", "bench/", "clients/")
    rooms = [path for path in python_files() if not shown(path).startswith(readers)]
    found = [shown(path) for path in rooms if "os.environ" in path.read_text() or "getenv" in path.read_text()]
    assert found == []


def test_nothing_is_swallowed() -> None:
    """`except Exception: pass` hides the defect that will be searched for a week."""
    import ast

    def hides(handler: ast.ExceptHandler) -> bool:
        broad = handler.type is None or (
            isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
        )
        return broad and all(isinstance(line, ast.Pass) for line in handler.body)

    found = [
        f"{shown(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and hides(node)
    ]
    assert found == []
