"""
Trains one network for one kind of input and keeps its collapsed weights.

    python3 train.py fast aliased --steps 15000

Runs on a GPU where PyTorch finds one, otherwise on the processor with one thread: two networks in parallel use two cores better.
"""

import argparse
import time
from pathlib import Path

import torch

from evaluate import mean_gain, scores
from networks import INPUTS, SHAPES, Network, Shape, luma, run
from patches import Patches

PEAK_RATE = 2e-3
WARM_UP_STEPS = 500
# Squared error of a patch below which improvement no longer counts: 40 dB. 30 and 50 dB both gave 0.05 to 0.1 dB less.
GOOD_ENOUGH = 1e-4
# Decay of the running mean of the weights. The mean is kept as the result.
MEAN_DECAY = 0.999
SEED = 1


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
        batch = patches.batch()
        loss = loss_of(shape, network(batch.small.to(device)), batch.truth.to(device))
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
        gain = mean_gain(scores(lambda source: run(layers, source), options.data / "validation", options.input, every=8))
        print(f"{step} steps, {seconds:.0f} s: {gain:+.2f} dB over bicubic on every eighth picture of validation", flush=True)
        options.out.mkdir(exist_ok=True)
        torch.save(layers, options.out / f"{shape.name}.{options.input}.pt")

    train(shape, Patches(options.data / "train", [options.input], SEED), options.steps, report)


if __name__ == "__main__":
    main()
