"""
Trains one network for one kind of input and keeps its collapsed weights.

    python3 train.py fast aliased --steps 15000

Runs on a GPU where PyTorch finds one, otherwise on the processor with one thread: two networks in parallel use two cores better.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from evaluate import gains_over_bicubic
from networks import INPUTS, SHAPES, Network, Shape, luma

# Source pixels along each side of a patch, and patches per step.
PATCH = 48
BATCH = 16
# Share of patches from drawn scenes; the others are from real frames.
SCENE_SHARE = 0.5
# Share of patches that went through a video codec, as in streams.
CODED_SHARE = 0.35
PEAK_RATE = 2e-3
WARM_UP_STEPS = 500
# Squared error of a patch below which improvement no longer counts: 40 dB. 30 and 50 dB both gave 0.05 to 0.1 dB less.
GOOD_ENOUGH = 1e-4
# Decay of the running mean of the weights. The mean is kept as the result.
MEAN_DECAY = 0.999
SEED = 1


class Patches:
    """Random patches of one kind of input, rotated and mirrored."""

    def __init__(self, folder: Path, kind: str, seed: int):
        self.rng = np.random.default_rng(seed)
        self.kind = kind
        pictures = [dict(np.load(path)) for path in sorted(folder.glob("*.npz"))]
        is_scene = np.array([path.name.startswith("scene") for path in sorted(folder.glob("*.npz"))])
        self.pictures = pictures
        share = np.where(is_scene, SCENE_SHARE / max(is_scene.sum(), 1), (1 - SCENE_SHARE) / max((~is_scene).sum(), 1))
        self.share = share / share.sum()

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns N x 3 x P x P and N x 3 x 2P x 2P, 0..1."""
        picks = self.rng.choice(len(self.pictures), BATCH, p=self.share)
        pairs = [self._patch(self.pictures[pick]) for pick in picks]
        small, large = (np.stack(side) for side in zip(*pairs))
        paint = torch.from_numpy(np.stack([self._paint() for _ in pairs]))[:, :, None, None]
        # Permuted colours make another picture: otherwise the network would memorise a few dozen frames.
        order = torch.from_numpy(np.stack([self.rng.permutation(3) for _ in pairs]))
        sides = (torch.from_numpy(side).permute(0, 3, 1, 2).float() / 255 for side in (small, large))
        return tuple(torch.stack([image[channels] for image, channels in zip(side, order)]) * paint for side in sides)

    def _paint(self) -> np.ndarray:
        """Factors of the colours. Half of the pictures keep their brightness."""
        is_dimmed = self.rng.random() < 0.5
        return self.rng.uniform(0.4, 1.0, 3).astype(np.float32) if is_dimmed else np.ones(3, np.float32)

    def _patch(self, picture: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        is_coded = self.rng.random() < CODED_SHARE
        small, truth = (picture["coded_" + part if is_coded else part] for part in (INPUTS[self.kind], "truth"))
        # On even pixels, like the origin of a frame, so that a codec's chroma samples align.
        y, x = (2 * self.rng.integers(0, (side - PATCH) // 2 + 1) for side in small.shape[:2])
        pair = small[y : y + PATCH, x : x + PATCH], truth[2 * y : 2 * (y + PATCH), 2 * x : 2 * (x + PATCH)]
        if self.kind == "aliased":
            # A pixel's one sample lies beyond its centre by the same amount on both axes, which only a flip across the diagonal keeps.
            return tuple(side.swapaxes(0, 1) for side in pair) if self.rng.random() < 0.5 else pair
        turns, is_mirrored = self.rng.integers(4), self.rng.random() < 0.5
        return tuple(np.rot90(side[:, ::-1] if is_mirrored else side, turns) for side in pair)


def loss_of(shape: Shape, made: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """
    The error that PSNR measures, patch by patch, mostly of luma: the eye sees detail there, and video codecs halve the size of chroma. A
    network with one output for all colours is judged by luma alone.
    """
    difference = made - truth
    of_luma = log_error(luma(difference))
    return of_luma if shape.outputs == "luma" else 0.8 * of_luma + 0.2 * log_error(difference)


def log_error(difference: torch.Tensor) -> torch.Tensor:
    """
    Mean logarithm of the patches' mean squared errors. An `aliased` picture is ambiguous: a Charbonnier loss favours the median where PSNR
    needs the mean, and the plain squared error is dominated by the few hardest patches.
    """
    return 0.1 * (difference.square().mean((1, 2, 3)) + GOOD_ENOUGH).log().mean()


def train(shape: Shape, patches: Patches, steps: int, report) -> list[tuple[torch.Tensor, torch.Tensor]]:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(SEED)
    network = Network(shape).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=PEAK_RATE, betas=(0.9, 0.99))
    warm_up = min(WARM_UP_STEPS, steps // 10)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, PEAK_RATE, total_steps=steps, pct_start=warm_up / steps, anneal_strategy="cos", final_div_factor=1e3
    )
    mean = [value.detach().clone() for value in network.parameters()]
    start = time.time()
    for step in range(1, steps + 1):
        small, truth = (side.to(device) for side in patches.batch())
        loss = loss_of(shape, network(small), truth)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        decay = min(MEAN_DECAY, step / (step + 10))
        with torch.no_grad():
            for kept, value in zip(mean, network.parameters()):
                kept.lerp_(value, 1 - decay)
        if step % max(1, steps // 20) == 0:
            report(step, time.time() - start, collapsed(network, mean))
    return collapsed(network, mean)


def collapsed(network: Network, values: list[torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The layers of the network with `values` in place of its parameters."""
    kept = [value.detach().clone() for value in network.parameters()]
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), values):
            parameter.copy_(value)
        layers = [(weight.detach().cpu().clone(), bias.detach().cpu().clone()) for weight, bias in network.layers()]
        for parameter, value in zip(network.parameters(), kept):
            parameter.copy_(value)
    return layers


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=SHAPES)
    parser.add_argument("input", choices=INPUTS)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--out", type=Path, default=Path(".weights"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    shape = SHAPES[options.network]
    print(f"{shape.name} for {options.input} input: {shape.parameters} parameters", flush=True)

    def report(step: int, seconds: float, layers: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
        gains = gains_over_bicubic(layers, options.data / "held-out", options.input, every=4)
        print(f"{step} steps, {seconds:.0f} s: " + ", ".join(f"{kind} {gain:+.2f}" for kind, gain in gains.items()), flush=True)
        options.out.mkdir(exist_ok=True)
        torch.save(layers, options.out / f"{shape.name}.{options.input}.pt")

    train(shape, Patches(options.data / "train", options.input, SEED), options.steps, report)


if __name__ == "__main__":
    main()
