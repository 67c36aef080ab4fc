"""Tests of what an export leaves in the folder of models, with weights that were not trained."""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import torch

import export
from manifest import file_entry, replace_entries
from networks import SHAPES, Network
from packing import unpacked


class ExportTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.models, self.vectors, self.weights = (self.folder / name for name in ("models", "vectors", "weights"))
        self.weights.mkdir()
        self.models.mkdir()
        for name, shape in SHAPES.items():
            torch.manual_seed(1)
            layers = [(weight.detach(), bias.detach()) for weight, bias in Network(shape).layers()]
            torch.save(layers, self.weights / f"{name}.pt")

    def run_export(self, *options: str) -> list[dict]:
        folders = ["--models", str(self.models), "--vectors", str(self.vectors), "--weights", str(self.weights)]
        with patch.object(sys, "argv", ["export.py", *folders, *options]):
            export.main()
        return json.loads((self.models / "manifest.json").read_text())["models"]

    def test_every_network_is_written_with_its_vectors_and_the_files_of_the_one_before_go(self) -> None:
        before = {"name": "fast-smooth", "task": "upscale", "files": {"wgsl": file_entry(self.models, "fast-smooth.bin", b"old")}}
        other = {"name": "steering", "task": "infer", "files": {"onnx": file_entry(self.models, "steering.onnx", b"other")}}
        replace_entries(self.models, "upscale", [before])
        replace_entries(self.models, "infer", [other])
        models = self.run_export("--figures", "none")
        self.assertEqual([model["name"] for model in models], [*SHAPES, "steering"])
        paths = {file["path"] for model in models for file in model["files"].values()}
        self.assertEqual({path.name for path in self.models.iterdir()}, {*paths, "manifest.json"})
        for name, shape in SHAPES.items():
            unpacked(shape, (self.models / f"{name}.bin").read_bytes())
            index = json.loads((self.vectors / f"{name}.json").read_text())["parts"]
            self.assertEqual(len(index), shape.convs + 2)

    def test_figures_are_left_out_where_no_game_was_looked_at(self) -> None:
        with patch.object(export, "gains_of", side_effect=AssertionError("a game was looked at")):
            models = self.run_export("--figures", "none")
        for model in models:
            self.assertFalse({"games", "gainOverBicubicDb"} & model.keys())

    def test_the_manifest_says_of_which_games_its_figures_are(self) -> None:
        with patch.object(export, "gains_of", return_value={"smooth": 1.234}) as gains:
            models = self.run_export("--figures", "validation", "--data", "data", "--every", "3")
        self.assertEqual(gains.call_args.args[1:], (Path("data/validation"), 3))
        for model in models:
            self.assertEqual((model["games"], model["gainOverBicubicDb"]), ("validation", {"smooth": 1.23}))

    def test_nothing_is_written_while_weights_are_missing(self) -> None:
        (self.weights / "ultra.pt").unlink()
        with self.assertRaises(FileNotFoundError):
            self.run_export("--figures", "none")
        self.assertEqual([*self.models.iterdir()], [])


if __name__ == "__main__":
    unittest.main()
