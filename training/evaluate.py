"""
Scores networks on whole pictures of games that were not used in training.

    python3 evaluate.py fast --part validation

An aliased picture is scored in all four placements of its samples (placements.py), so that moving the picture earns nothing.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from networks import INPUTS, SHAPES, luma, run
from placements import pairs

Layers = list[tuple[torch.Tensor, torch.Tensor]]
# Doubles 1 x 3 x H x W, sRGB-encoded 0..1.
Upscale = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Score:
    """
    Of one picture, means over its placements, dB of luma PSNR; `weight` is the factor of what the network adds to bicubic that would have
    been best: below 1 the network is over-strong.
    """

    game: str
    over_bicubic: float
    over_better_filter: float
    weight: float


def score(upscale: Upscale, game: str, small_and_truth: list[tuple[np.ndarray, np.ndarray]]) -> Score:
    made, bicubic, bilinear, products, squares = [], [], [], 0.0, 0.0
    for small, truth in small_and_truth:
        source, target = tensor_of(small), tensor_of(truth)
        with torch.no_grad():
            result = upscale(source)
        base = resized(source, "bicubic")
        made.append(psnr(result, target))
        bicubic.append(psnr(base, target))
        bilinear.append(psnr(resized(source, "bilinear"), target))
        added, wanted = luma(result - base), luma(target - base)
        products += float((added * wanted).sum())
        squares += float(added.square().sum())
    gain = np.mean(made) - np.mean(bicubic)
    better = max(np.mean(bicubic), np.mean(bilinear))
    return Score(game, float(gain), float(np.mean(made) - better), products / max(squares, 1e-9))


def resized(source: torch.Tensor, mode: str) -> torch.Tensor:
    # Cubic convolution of PyTorch has a = -0.75; ours, like most, has -0.5.
    return _bicubic(source) if mode == "bicubic" else F.interpolate(source, scale_factor=2, mode=mode, align_corners=False)


def _bicubic(source: torch.Tensor) -> torch.Tensor:
    """Keys's cubic convolution with a = -0.5, at 2x, clamped as a picture of 8 bits is."""
    # Distances of the four taps from an output pixel: 1.25, 0.25, 0.75, 1.75, or mirrored.
    taps = torch.tensor([_cubic(1.75), _cubic(0.75), _cubic(0.25), _cubic(1.25)])
    rows = _doubled(source, taps, 2)
    return _doubled(rows, taps, 3).clamp(0, 1)


def _cubic(x: float, a: float = -0.5) -> float:
    return (a + 2) * x**3 - (a + 3) * x**2 + 1 if x < 1 else a * (x**3 - 5 * x**2 + 8 * x - 4)


def _doubled(source: torch.Tensor, taps: torch.Tensor, axis: int) -> torch.Tensor:
    padding = (2, 2, 0, 0) if axis == 3 else (0, 0, 2, 2)
    padded = F.pad(source, padding, mode="replicate")
    size = source.shape[axis]
    before = sum(tap * padded.narrow(axis, n, size) for n, tap in enumerate(taps))
    after = sum(tap * padded.narrow(axis, n + 1, size) for n, tap in enumerate(taps.flip(0)))
    return torch.stack([before, after], axis + 1).flatten(axis, axis + 1)


def scores(upscale: Upscale, folder: Path, kind: str, every: int = 1) -> list[Score]:
    """Scores of the pictures of `folder`, one kind of input (`smooth` or `aliased`)."""
    found = []
    for path in sorted(folder.glob("*.npz"))[::every]:
        with np.load(path) as picture:
            found.append(score(upscale, path.stem.rsplit("-", 1)[0], pairs(dict(picture), kind)))
    return found


def by_game(found: list[Score]) -> dict[str, list[Score]]:
    games: dict[str, list[Score]] = defaultdict(list)
    for one in found:
        games[one.game].append(one)
    return dict(games)


def mean_gain(found: list[Score]) -> float:
    """Each game counts once, however many of its pictures there are."""
    return float(np.mean([np.mean([one.over_bicubic for one in game]) for game in by_game(found).values()]))


def tensor_of(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float() / 255


def psnr(made: torch.Tensor, truth: torch.Tensor) -> float:
    """PSNR of 8-bit pictures, as they are shown."""
    shown = (made.clamp(0, 1) * 255).round() / 255
    # A quarter of a step of 255 stands for an exact picture: its PSNR would be infinite, and the mean too.
    return float(-10 * torch.log10((luma(shown) - luma(truth)).square().mean() + (0.25 / 255) ** 2))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=SHAPES)
    parser.add_argument("--part", choices=["validation", "test"], default="validation")
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--weights", type=Path, default=Path(".weights"))
    options = parser.parse_args()
    for kind in INPUTS:
        layers = torch.load(options.weights / f"{options.network}.{kind}.pt")
        found = scores(lambda source, layers=layers: run(layers, source), options.data / options.part, kind)
        print(f"{kind}: {mean_gain(found):+.2f} dB over bicubic")
        for game, own in by_game(found).items():
            print(
                f"  {game}: {np.mean([one.over_bicubic for one in own]):+.2f} over bicubic, {np.mean([one.over_better_filter for one in own]):+.2f} over the "
                f"better of bilinear and bicubic (worst picture {min(one.over_better_filter for one in own):+.2f}), "
                f"best weight {np.mean([one.weight for one in own]):.2f}"
            )


if __name__ == "__main__":
    main()
