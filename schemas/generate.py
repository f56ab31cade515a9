"""Writes `schemas/json/`: a JSON Schema a type, and the AsyncAPI document. `python -m schemas.generate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schemas.asyncapi import document
from schemas.json_schema import schema_of
from schemas.models import MODELS

FOLDER = Path(__file__).parent / "json"


def files() -> dict[str, str]:
    """Every generated file: path under `schemas/json/`, and its text."""
    found = {f"{model.type}/{model.version}.json": _text(schema_of(model)) for model in MODELS}
    return {**found, "asyncapi.json": _text(document())}


def write(folder: Path = FOLDER) -> list[Path]:
    """Write every file that differs; gives the paths written."""
    written = []
    for name, text in files().items():
        path = folder / name
        if path.exists() and path.read_text() == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        written.append(path)
    return written


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for changed in write():
        print(changed)
