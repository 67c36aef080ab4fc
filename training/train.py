"""
Trains one network: one set of weights for smooth, aliased and coded frames. Keeps the collapsed weights that were best on the validation games.

    python3 train.py fast --steps 40000
    python3 train.py ultra --hours 4 --resume
    python3 train.py ultra --hours 4 --begin ../web/public/models/ultra.bin --bfloat16

Runs on a GPU where PyTorch finds one, otherwise on the processor with one thread: two networks in parallel use two cores better.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from composition import luma, shown, with_detail
from evaluate import gains_of
from networks import SHAPES, Layers, Network, Shape, run
from packing import unpacked
from patches import Batch, Patches

PEAK_RATE = 2e-3
# Share of the training in which the rate rises to its peak; a cosine leads down to 0 in the rest.
WARM_UP = 0.02
# Squared error of a patch below which improvement no longer counts: 40 dB. 30 and 50 dB both gave 0.05 to 0.1 dB less.
GOOD_ENOUGH = 1e-4
# Decay of the running mean of the weights. The mean is kept as the result.
MEAN_DECAY = 0.999
SEED = 1
# Validations of a training, at even distances; each looks at every fifth picture: an odd number, as coded files alternate between smooth and aliased.
VALIDATIONS = 12
VALIDATION_EVERY = 5
# Time between checkpoints, from which `--resume` goes on.
CHECKPOINT_S = 180


def loss_of(shape: Shape, batch: Batch, made: torch.Tensor) -> torch.Tensor:
    """
    The error that PSNR measures, of the picture that is shown, patch by patch: of uncoded patches the network's own, of coded ones the player's frame with
    the network's detail. Mostly of luma: the eye sees detail there. A network with one output for all colours is judged by luma alone.
    """
    n = batch.uncoded
    pictures = shown(made[:n]) - batch.truth[:n]
    sharpened = with_detail(batch.raw[n:], batch.small[n:], made[n:]) - batch.truth[n:]
    of_luma = log_errors(luma(torch.cat([pictures, sharpened])))
    if shape.outputs == "luma":
        return of_luma.mean()
    # Detail does not change colours.
    return 0.8 * of_luma.mean() + 0.2 * log_errors(pictures).mean()


def log_errors(difference: torch.Tensor) -> torch.Tensor:
    """
    Logarithms of the patches' mean squared errors. An `aliased` picture is ambiguous: a Charbonnier loss favours the median where PSNR
    needs the mean, and the plain squared error is dominated by the few hardest patches.
    """
    return 0.1 * (difference.square().mean((1, 2, 3)) + GOOD_ENOUGH).log()


def rate_at(progress: float, peak_rate: float) -> float:
    if progress < WARM_UP:
        return peak_rate * max(progress / WARM_UP, 0.01)
    return peak_rate * (0.5 + 0.5 * math.cos(math.pi * min(1, (progress - WARM_UP) / (1 - WARM_UP))))


@dataclass
class Length:
    """How long a training takes, in steps or in hours of all its runs together; the learning rate follows its progress."""

    steps: int | None
    hours: float | None

    def progress(self, steps: int, seconds: float) -> float:
        return steps / self.steps if self.steps else seconds / 3600 / self.hours


class Training:
    """A network with its optimiser and the running mean of its weights; all of it goes into a checkpoint."""

    def __init__(self, shape: Shape, patches: Patches, begin: Layers | None = None, uses_bfloat16: bool = False):
        torch.manual_seed(SEED)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.patches, self.network, self.uses_bfloat16 = patches, Network(shape), uses_bfloat16
        if begin:
            self.network.begin_with(begin)
        self.network.to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=PEAK_RATE, betas=(0.9, 0.99))
        self.mean = [value.detach().clone() for value in self.network.parameters()]
        self.steps, self.seconds, self.best, self.validations = 0, 0.0, -math.inf, 0

    def step(self, rate: float) -> float:
        start = time.monotonic()
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batch = self.patches.batch()
        batch = Batch(batch.small.to(self.device), batch.raw.to(self.device), batch.truth.to(self.device), batch.uncoded)
        # Collapsed outside: the weights are products of small matrices, which need all their bits.
        layers = self.network.layers()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.uses_bfloat16):
            made = run(layers, batch.small)
        loss = loss_of(self.network.shape, batch, made)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.steps += 1
        decay = min(MEAN_DECAY, self.steps / (self.steps + 10))
        with torch.no_grad():
            for kept, value in zip(self.mean, self.network.parameters()):
                kept.lerp_(value, 1 - decay)
        self.seconds += time.monotonic() - start
        return loss.item()

    def layers(self) -> Layers:
        """The collapsed layers of the mean of the weights."""
        averaged = Network(self.network.shape)
        with torch.no_grad():
            for parameter, value in zip(averaged.parameters(), self.mean):
                parameter.copy_(value)
            return [(weight.detach().clone(), bias.detach().clone()) for weight, bias in averaged.layers()]

    def save(self, path: Path) -> None:
        state = {
            "network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "mean": self.mean, "rng": self.patches.rng.bit_generator.state,
            "counts": (self.steps, self.seconds, self.best, self.validations),
        }  # fmt: skip
        save_whole(state, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, map_location=self.device)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.mean, self.patches.rng.bit_generator.state = state["mean"], state["rng"]
        self.steps, self.seconds, self.best, self.validations = state["counts"]


def save_whole(value: object, path: Path) -> None:
    """A training that is stopped while it writes leaves the file before."""
    torch.save(value, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def train(training: Training, length: Length, peak_rate: float, folder: Path, validation: Path) -> None:
    name = training.network.shape.name
    checkpoint, last_save, losses = folder / f"{name}.checkpoint", time.monotonic(), []
    while (progress := length.progress(training.steps, training.seconds)) < 1:
        losses.append(training.step(rate_at(progress, peak_rate)))
        progress = length.progress(training.steps, training.seconds)
        if progress * VALIDATIONS >= training.validations + 1 or progress >= 1:
            training.validations = int(progress * VALIDATIONS)
            layers = training.layers()
            gains = gains_of(layers, validation, VALIDATION_EVERY)
            value = sum(gains.values()) / len(gains)
            is_best = value > training.best
            if is_best:
                training.best = value
                save_whole(layers, folder / f"{name}.pt")
            parts = ", ".join(f"{kind} {gain:+.2f}" for kind, gain in gains.items())
            print(
                f"{100 * progress:.0f} %, {training.steps} steps, {training.seconds / 60:.0f} min: loss {sum(losses) / len(losses):.4f}; validation {parts}"
                f"{', kept' if is_best else ''}",
                flush=True,
            )
            losses = []
        if time.monotonic() - last_save > CHECKPOINT_S or progress >= 1:
            training.save(checkpoint)
            last_save = time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=SHAPES)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int)
    length.add_argument("--hours", type=float)
    parser.add_argument("--resume", action="store_true", help="goes on from the last checkpoint, if there is one")
    parser.add_argument("--begin", type=Path, help="packed weights of an earlier training to begin with, in place of random ones")
    parser.add_argument("--bfloat16", action="store_true", help="computes the layers with 16 bits: over twice as fast on processors that have it")
    parser.add_argument("--peak-rate", type=float, default=PEAK_RATE, help="highest learning rate; a lower one loses less of weights to begin with")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", type=Path, default=Path(".data"))
    parser.add_argument("--out", type=Path, default=Path(".weights"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(exist_ok=True)
    shape = SHAPES[options.network]
    begin = unpacked(shape, options.begin.read_bytes()) if options.begin else None
    training = Training(shape, Patches(options.data / "train", SEED), begin, options.bfloat16)
    checkpoint = options.out / f"{shape.name}.checkpoint"
    if options.resume and checkpoint.exists():
        training.load(checkpoint)
    print(f"{shape.name}: {shape.parameters} parameters, from step {training.steps}", flush=True)
    train(training, Length(options.steps, options.hours), options.peak_rate, options.out, options.data / "validation")


if __name__ == "__main__":
    main()
