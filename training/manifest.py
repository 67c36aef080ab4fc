"""The list of models that browsers read (`web/compute/models/manifest.ts`): each script replaces only its own entries."""

import hashlib
import json
from pathlib import Path


def replace_entries(folder: Path, task: str, entries: list[dict]) -> None:
    """Replaces all models of a task, and removes the files that only those before had. Models of other tasks stay."""
    path = folder / "manifest.json"
    models = json.loads(path.read_text())["models"] if path.exists() else []
    others = [model for model in models if model["task"] != task]
    for old in _paths(models) - _paths([*entries, *others]):
        (folder / old).unlink(missing_ok=True)
    # Sorted, so that the order does not depend on which script ran last.
    together = sorted([*entries, *others], key=lambda model: model["task"], reverse=True)
    path.write_text(json.dumps({"models": together}, indent=2) + "\n")


def _paths(models: list[dict]) -> set[str]:
    files = [file for model in models for kind in model["files"].values() for file in (kind if isinstance(kind, list) else [kind])]
    return {file["path"] for file in files}


def file_entry(folder: Path, path: str, data: bytes) -> dict:
    """Writes a model's file and returns its manifest entry."""
    (folder / path).write_bytes(data)
    return {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
