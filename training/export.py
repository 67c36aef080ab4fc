"""
Writes the trained networks into the repository: ONNX (float32, float16), the blob that the kernels load, the manifest, and the test
vectors that every other implementation is compared with. packing.py describes the blob. Removes the files of the networks that were there before. The
manifest's figures are those of the test games, which it therefore looks at: once, when all is chosen. While developing, look at other games or none:

    python3 export.py --models ../web/public/models --vectors ../web/compute/networks/test-vectors
    python3 export.py --figures none --models ../web/public/models --vectors ../web/compute/networks/test-vectors
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from evaluate import gains_of
from manifest import file_entry, replace_entries
from networks import LEAK, SHAPES, Layers, Shape, features_of, run
from packing import packed

LICENCE = "MIT"
# Opset and IR version that old releases of onnxruntime-web read too.
OPSET, IR_VERSION = 17, 8
# Odd sides, many border pixels, and more than one workgroup of most kernels along each side. Small, because a network has many layers.
VECTOR_SIZE = (17, 9)


def to_onnx(shape: Shape, layers: Layers, kind: type) -> bytes:
    """
    Builds a model from `source` (1 x 3 x H x W) to `sharp` (1 x 3 x 2H x 2W), both of type `kind`. Padding is a separate node, because
    convolutions in onnxruntime-web cannot repeat borders.
    """
    nodes, constants = [], []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(value, name))
        return name

    def node(operator: str, inputs: list[str], name: str, **attributes: object) -> str:
        nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    at = "source"
    for n, (weight, bias) in enumerate(layers):
        pads = constant(f"pads{n}", np.array([0, 0, 1, 1] * 2, np.int64))
        at = node("Pad", [at, pads], f"padded{n}", mode="edge")
        inputs = [at, constant(f"weight{n}", weight.numpy().astype(kind)), constant(f"bias{n}", bias.numpy().astype(kind))]
        at = node("Conv", inputs, f"conv{n}", kernel_shape=[3, 3])
        if n < len(layers) - 1:
            at = node("LeakyRelu", [at], f"active{n}", alpha=LEAK)
    detail = node("DepthToSpace", [at], "detail", blocksize=2, mode="CRD")
    scales = constant("scales", np.array([1, 1, 2, 2], np.float32))
    base = node("Resize", ["source", "", scales], "base", mode="linear", coordinate_transformation_mode="half_pixel")
    node("Add", [base, detail], "sharp")
    element = TensorProto.FLOAT if kind is np.float32 else TensorProto.FLOAT16
    graph = helper.make_graph(
        nodes,
        f"p2c2r-{shape.name}",
        [helper.make_tensor_value_info("source", element, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("sharp", element, [1, 3, "out_height", "out_width"])],
        constants,
    )
    model = helper.make_model(graph, producer_name="p2c2r", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model.SerializeToString()


def vectors(layers: Layers) -> tuple[dict, bytes]:
    """A picture and the output of each layer, channels last, float32."""
    width, height = VECTOR_SIZE
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    # Smooth on the left, noise on the right.
    pixels[:, : width // 2] = np.linspace(20, 230, height)[:, None, None]
    source = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        parts = {"source": source}
        parts |= {f"layer{n}": features for n, features in enumerate(features_of(layers, source))}
        parts["sharp"] = run(layers, source)
    index, data = [], b""
    for name, part in parts.items():
        values = part[0].permute(1, 2, 0).contiguous().numpy().astype("<f4")
        index.append({"name": name, "height": values.shape[0], "width": values.shape[1], "channels": values.shape[2]})
        data += values.tobytes()
    return {"parts": index}, data


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--weights", type=Path, default=Path(".weights"))
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--figures", choices=["test", "validation", "none"], default="test", help="games of the manifest's figures")
    parser.add_argument("--every", type=int, default=1, help="only every n-th picture")
    options = parser.parse_args()
    # All weights first: nothing is written, and no test game looked at, while one is missing.
    trained = {name: torch.load(options.weights / f"{name}.pt", map_location="cpu") for name in SHAPES}
    options.models.mkdir(parents=True, exist_ok=True)
    options.vectors.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, layers in trained.items():
        figures = {}
        if options.figures != "none":
            gains = gains_of(layers, options.data / options.figures, options.every)
            figures = {"games": options.figures, "gainOverBicubicDb": {kind: round(gain, 2) for kind, gain in gains.items()}}
            print(f"{name}: {figures}", flush=True)
        entries.append(keep(options.models, SHAPES[name], layers, figures))
        keep_vectors(options.vectors, name, layers)
    replace_entries(options.models, "upscale", entries)


def keep_vectors(folder: Path, name: str, layers: Layers) -> None:
    index, data = vectors(layers)
    (folder / f"{name}.json").write_text(json.dumps(index, indent=2) + "\n")
    (folder / f"{name}.bin").write_bytes(data)


def keep(folder: Path, shape: Shape, layers: Layers, figures: dict) -> dict:
    """
    Writes a network's files and returns its manifest entry, with its gains in dB of luma PSNR by kind of input (`evaluate.gains_of`) and the part of the games
    that they are of.
    """
    files = {
        "wgsl": (f"{shape.name}.bin", packed(layers)),
        "onnx": (f"{shape.name}.onnx", to_onnx(shape, layers, np.float32)),
        "onnxFp16": (f"{shape.name}.fp16.onnx", to_onnx(shape, layers, np.float16)),
    }
    return {
        "name": shape.name,
        "version": hashlib.sha256(files["wgsl"][1]).hexdigest()[:8],
        "task": "upscale",
        "scale": 2,
        "licence": LICENCE,
        "network": {"widths": shape.widths, "outputs": shape.outputs, "leak": LEAK},
        "parameters": shape.parameters,
        **figures,
        "files": {kind: file_entry(folder, path, data) for kind, (path, data) in files.items()},
    }


if __name__ == "__main__":
    main()
