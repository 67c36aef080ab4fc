"""The list of models that browsers read (`web/compute/models/manifest.ts`): each script keeps its own entries in it."""

import hashlib
import json
from pathlib import Path


def replace_entries(folder: Path, task: str, entries: list[dict]) -> None:
    """Puts these in place of all models for a task; those for others stay as they are."""
    path = folder / "manifest.json"
    models = json.loads(path.read_text())["models"] if path.exists() else []
    others = [model for model in models if model["task"] != task]
    # In one order, whichever script ran last.
    together = sorted([*entries, *others], key=lambda model: model["task"], reverse=True)
    path.write_text(json.dumps({"models": together}, indent=2) + "\n")


def file_entry(folder: Path, path: str, data: bytes) -> dict:
    """Writes a model's file and returns what the list says of it."""
    (folder / path).write_bytes(data)
    return {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
