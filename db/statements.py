"""SQL files: read them, fill in names, hand them to Alembic. Runs nothing and decides nothing."""

from __future__ import annotations

from pathlib import Path

from alembic import op

ROOM = Path(__file__).parent


def read(file: Path, /, **names: str) -> str:
    """The file's text with each `{name}` replaced. Other braces stay as they are."""
    text = file.read_text(encoding="utf-8")
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def apply(revision_file: str) -> None:
    """A revision's statements are those of the `.sql` beside it."""
    op.get_context().impl.static_output(read(Path(revision_file).with_suffix(".sql")))


def apply_mesh(name: str, *, schema: str) -> None:
    """A revision's statements are those of a template of db/mesh, for one service's schema."""
    op.get_context().impl.static_output(read(ROOM / "mesh" / name, schema=schema))
