"""Small enough to be read at one sitting: a file up to 400 lines, a function below 70."""

from __future__ import annotations

import ast

from tests.house.source import ROOMS, ROOT, functions, python_files, shown, sql_files, tree

FILE_LINES = 400
FUNCTION_LINES = 70


def test_no_file_is_longer_than_400_lines() -> None:
    """What does not fit in a head gets changed by guessing."""
    sizes = {shown(path): len(path.read_text().splitlines()) for path in (*python_files(), *sql_files())}
    assert {name: lines for name, lines in sizes.items() if lines > FILE_LINES} == {}


def test_no_function_reaches_70_lines() -> None:
    """20 lines are the aim, 40 a question, 70 a failure."""
    sizes = {f"{shown(path)}:{name}": lines for path in python_files() for name, lines in functions(path)}
    assert {name: lines for name, lines in sizes.items() if lines >= FUNCTION_LINES} == {}


def test_every_module_has_a_door_sign() -> None:
    """A module's docstring says what it is and what it refuses to do; an empty `__init__` needs none."""
    silent = [shown(path) for path in python_files() if path.read_text().strip() and not ast.get_docstring(tree(path))]
    assert silent == []


def test_every_room_of_python_is_an_import_package() -> None:
    """A folder without `__init__.py` is invisible to the walls' checks."""
    rooms = [ROOT / room for room in ROOMS if room not in ("tests", "clients")]
    folders = {path.parent for room in rooms for path in room.rglob("*.py")}
    bare = [shown(folder) for folder in folders if not (folder / "__init__.py").exists()]
    assert [name for name in sorted(bare) if not name.endswith("migrations") and "/alembic" not in name] == []


def test_nothing_is_called_utils() -> None:
    """A name that says nothing attracts everything."""
    banned = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
    assert [shown(path) for path in python_files() if path.stem in banned] == []
