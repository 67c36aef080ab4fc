"""
Scores networks on whole pictures of games that were not used in training.

    python3 evaluate.py fast
    python3 evaluate.py fast --packed ../web/public/models/fast.bin
    python3 evaluate.py fast --part test --looked-at-once

An aliased picture is scored in all four placements of its samples (placements.py), so that moving the picture earns nothing. A coded frame is scored as
detail: what is shown is the player's raw frame, enlarged, with the detail of the frame that a volunteer decoded.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from coded import RATE_PIXELS
from composition import luma, resized, with_detail
from networks import SHAPES, Layers, run
from packing import unpacked
from placements import KINDS, pairs

# Doubles 1 x 3 x H x W, sRGB-encoded 0..1.
Upscale = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Score:
    """
    Of one picture, means over its placements, dB of luma PSNR; `weight` is the factor of what the network adds to bicubic that would have
    been best: below 1 the network is over-strong. `picture_over_bicubic`: only of a coded frame, which the network sharpens without the raw one.
    """

    game: str
    over_bicubic: float
    over_better_filter: float
    weight: float
    coding: str = ""
    picture_over_bicubic: float = 0.0


def score(upscale: Upscale, game: str, small_and_truth: list[tuple[np.ndarray, np.ndarray]]) -> Score:
    sources = [(tensor_of(small), tensor_of(truth)) for small, truth in small_and_truth]
    with torch.no_grad():
        return _score(game, [(upscale(source), source, truth) for source, truth in sources])


def _score(game: str, shown: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]) -> Score:
    """Of pictures shown, each with the small frame that it was made from and its truth."""
    made, bicubic, bilinear, products, squares = [], [], [], 0.0, 0.0
    for result, source, truth in shown:
        base = resized(source, "bicubic")
        made.append(psnr(result, truth))
        bicubic.append(psnr(base, truth))
        bilinear.append(psnr(resized(source, "bilinear"), truth))
        added, wanted = luma(result - base), luma(truth - base)
        products += float((added * wanted).sum())
        squares += float(added.square().sum())
    gain = np.mean(made) - np.mean(bicubic)
    better = max(np.mean(bicubic), np.mean(bilinear))
    return Score(game, float(gain), float(np.mean(made) - better), products / max(squares, 1e-9))


def scores(upscale: Upscale, folder: Path, kind: str, every: int = 1) -> list[Score]:
    """Scores of the pictures of `folder`, one kind of input (`smooth` or `aliased`)."""
    found = []
    for path in sorted(folder.glob("*.npz"))[::every]:
        with np.load(path) as picture:
            found.append(score(upscale, path.stem.rsplit("-", 1)[0], pairs(dict(picture), kind)))
    return found


def coded_scores(upscale: Upscale, folder: Path, every: int = 1) -> list[Score]:
    """Scores of the last frame of each coded sequence (coded.py), in every coding."""
    found = []
    for path in sorted(folder.glob("*.npz"))[::every]:
        game = path.stem.rsplit("-", 2)[0]
        with np.load(path) as file:
            raw, truth = tensor_of(file["raw"][0, -1]), tensor_of(file["truth"][0, -1])
            # The rates of frames of 640x360, which compare frames of all sizes.
            per_rate = RATE_PIXELS / np.prod(file["shape"])
            codings = [f"{codec} {round(kilobits * per_rate, -1):.0f} kb/s" for codec, kilobits in zip(file["codec"], file["kilobits"])]
            frames = file["decoded"][:, 0, -1]
        for coding, frame in zip(codings, frames):
            decoded = tensor_of(frame)
            with torch.no_grad():
                made = upscale(decoded)
            own = _score(game, [(with_detail(raw, decoded, made), raw, truth)])
            picture = psnr(made, truth) - psnr(resized(decoded, "bicubic"), truth)
            found.append(Score(game, own.over_bicubic, own.over_better_filter, own.weight, coding, picture))
    return found


def mirrored(upscale: Upscale) -> Upscale:
    """The same network, whose pictures are mirrored before and after."""
    return lambda source: upscale(source.flip(2, 3)).flip(2, 3)


def grouped(found: list[Score], key: Callable[[Score], str]) -> dict[str, list[Score]]:
    groups: dict[str, list[Score]] = defaultdict(list)
    for one in found:
        groups[key(one)].append(one)
    return dict(groups)


def mean_gain(found: list[Score]) -> float:
    """Each game counts once, however many of its pictures there are."""
    return float(np.mean([np.mean([one.over_bicubic for one in game]) for game in grouped(found, lambda one: one.game).values()]))


def gains_of(layers: Layers, folder: Path, every: int = 1) -> dict[str, float]:
    """dB over bicubic by kind of input; `detail` is what the detail of coded frames adds to the raw ones."""

    def upscale(source: torch.Tensor) -> torch.Tensor:
        return run(layers, source)

    gains = {kind: mean_gain(scores(upscale, folder, kind, every)) for kind in KINDS}
    coded = coded_scores(upscale, folder / "coded", every)
    return gains | ({"detail": mean_gain(coded)} if coded else {})


def tensor_of(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float() / 255


def psnr(made: torch.Tensor, truth: torch.Tensor) -> float:
    """PSNR of 8-bit pictures, as they are shown."""
    shown = (made.clamp(0, 1) * 255).round() / 255
    # A quarter of one 8-bit level stands for an exact picture: its PSNR would be infinite, and the mean too.
    return float(-10 * torch.log10((luma(shown) - luma(truth)).square().mean() + (0.25 / 255) ** 2))


def describe(found: list[Score]) -> str:
    def mean(values: list[float]) -> str:
        return f"{np.mean(values):+.2f}"

    over_better = [one.over_better_filter for one in found]
    return (
        f"{mean([one.over_bicubic for one in found])} over bicubic, {mean(over_better)} over the better of bilinear and bicubic (worst picture "
        f"{min(over_better):+.2f}), best weight {np.mean([one.weight for one in found]):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=SHAPES)
    parser.add_argument("--part", choices=["validation", "test"], default="validation")
    parser.add_argument("--looked-at-once", action="store_true", help="needed for the test games: nothing is chosen by them")
    parser.add_argument("--every", type=int, default=1, help="only every n-th picture")
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--weights", type=Path, default=Path(".weights"))
    parser.add_argument("--packed", type=Path, help="weights as the kernels load them, in place of those of `--weights`")
    options = parser.parse_args()
    if options.part == "test" and not options.looked_at_once:
        parser.error("the test games are looked at once, when all is chosen: --looked-at-once")
    shape = SHAPES[options.network]
    layers = unpacked(shape, options.packed.read_bytes()) if options.packed else torch.load(options.weights / f"{shape.name}.pt")

    def upscale(source: torch.Tensor) -> torch.Tensor:
        return run(layers, source)

    folder = options.data / options.part
    for kind in KINDS:
        found = scores(upscale, folder, kind, options.every)
        other = scores(mirrored(upscale), folder, kind, options.every)
        print(f"{kind}: {mean_gain(found):+.2f} dB over bicubic; mirrored {mean_gain(other) - mean_gain(found):+.3f}", flush=True)
        for game, own in grouped(found, lambda one: one.game).items():
            print(f"  {game}: {describe(own)}", flush=True)
    found = coded_scores(upscale, folder / "coded", options.every)
    print(f"coded, as detail: {mean_gain(found):+.2f} dB over bicubic of the raw frames", flush=True)
    for key in (lambda one: one.game, lambda one: one.coding):
        for name, own in grouped(found, key).items():
            print(f"  {name}: {describe(own)}; as a picture {np.mean([one.picture_over_bicubic for one in own]):+.2f} over bicubic of the decoded frame", flush=True)


if __name__ == "__main__":
    main()
