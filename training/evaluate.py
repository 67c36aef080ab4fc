"""
Luma PSNR over bicubic on pictures that took no part in training, dB.

    python3 evaluate.py fast
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from networks import SHAPES, Shape, luma, run

KINDS = ("box", "aliased", "coded_box", "coded_aliased")


def gains_over_bicubic(shape: Shape, layers: list[tuple[torch.Tensor, torch.Tensor]], folder: Path, every: int = 1) -> dict[str, float]:
    """The mean over pictures, for each kind of input."""
    gains: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for path in sorted(folder.glob("*.npz"))[::every]:
        with np.load(path) as picture:
            for kind in KINDS:
                small = _tensor(picture[kind])
                truth = _tensor(picture["coded_truth" if kind.startswith("coded") else "truth"])
                with torch.no_grad():
                    made = run(shape, layers, small)
                bicubic = F.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
                gains[kind].append(_psnr(made, truth) - _psnr(bicubic, truth))
    return {kind: float(np.mean(values)) for kind, values in gains.items()}


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def _psnr(made: torch.Tensor, truth: torch.Tensor) -> float:
    """Of 8-bit pictures, as they are shown."""
    shown = (made.clamp(0, 1) * 255).round() / 255
    return float(-10 * torch.log10((luma(shown) - luma(truth)).square().mean()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=SHAPES)
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--weights", type=Path, default=Path(".weights"))
    options = parser.parse_args()
    layers = torch.load(options.weights / f"{options.network}.pt")
    for part in ("held-out", "train"):
        for kind, gain in gains_over_bicubic(SHAPES[options.network], layers, options.data / part).items():
            print(f"{part} {kind}: {gain:+.2f} dB")


if __name__ == "__main__":
    main()
