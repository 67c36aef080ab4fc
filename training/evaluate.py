"""
Prints the gain in luma PSNR over bicubic, dB, on pictures that were not used in training.

    python3 evaluate.py fast aliased
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from networks import INPUTS, SHAPES, luma, run


def gains_over_bicubic(layers: list[tuple[torch.Tensor, torch.Tensor]], folder: Path, kind: str, every: int = 1) -> dict[str, float]:
    """Mean gains over the pictures of one kind of input, uncoded and after a video codec."""
    gains: dict[str, list[float]] = {"raw": [], "coded": []}
    for path in sorted(folder.glob("*.npz"))[::every]:
        with np.load(path) as picture:
            for state, prefix in (("raw", ""), ("coded", "coded_")):
                small, truth = (_tensor(picture[prefix + part]) for part in (INPUTS[kind], "truth"))
                with torch.no_grad():
                    made = run(layers, small)
                bicubic = F.interpolate(small, scale_factor=2, mode="bicubic", align_corners=False)
                gains[state].append(_psnr(made, truth) - _psnr(bicubic, truth))
    return {state: float(np.mean(values)) for state, values in gains.items()}


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def _psnr(made: torch.Tensor, truth: torch.Tensor) -> float:
    """PSNR of 8-bit pictures, as they are shown."""
    shown = (made.clamp(0, 1) * 255).round() / 255
    return float(-10 * torch.log10((luma(shown) - luma(truth)).square().mean()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=SHAPES)
    parser.add_argument("input", choices=INPUTS)
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--weights", type=Path, default=Path(".weights"))
    options = parser.parse_args()
    layers = torch.load(options.weights / f"{options.network}.{options.input}.pt")
    for part in ("held-out", "train"):
        for state, gain in gains_over_bicubic(layers, options.data / part, options.input).items():
            print(f"{part} {state}: {gain:+.2f} dB")


if __name__ == "__main__":
    main()
