"""The four 2x networks. Weights are trained over-parametrised and collapsed to plain 3x3 convolutions, the only operation at run time."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

# Slope of the leaky ReLU. With a plain ReLU at 8 channels all units died, and only the bilinear base was left.
LEAK = 0.1

# Weight and bias of each convolution.
Layers = list[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Shape:
    """`outputs`: 'luma' adds the same value to red, green and blue."""

    name: str
    channels: int
    convs: int
    outputs: str

    @property
    def widths(self) -> list[int]:
        """Channels before the first convolution, between the convolutions, and after the last."""
        colours = 1 if self.outputs == "luma" else 3
        return [3, *[self.channels] * (self.convs - 1), 4 * colours]

    @property
    def parameters(self) -> int:
        widths = self.widths
        return sum(i * o * 9 + o for i, o in zip(widths, widths[1:]))


class CollapsibleConv(nn.Module):
    """
    A 3x3 convolution that is trained as 3x3 into `hidden` channels, 1x1 back, and an identity, and collapsed in every step (K. Bhardwaj et
    al., "Collapsible Linear Blocks for Super-Efficient Super Resolution", 2021). It computes the same function as a plain convolution, but
    gradient descent converges better, at almost no cost.
    """

    def __init__(self, inputs: int, outputs: int, hidden: int, start: float):
        super().__init__()
        self.spread = nn.Parameter(torch.empty(hidden, inputs * 9))
        self.gather = nn.Parameter(torch.empty(outputs, hidden))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.inputs, self.outputs = inputs, outputs
        nn.init.normal_(self.spread, std=(2 / (inputs * 9)) ** 0.5)
        nn.init.normal_(self.gather, std=start * (1 / hidden) ** 0.5)

    def weight(self) -> torch.Tensor:
        weight = (self.gather @ self.spread).view(self.outputs, self.inputs, 3, 3)
        if self.inputs == self.outputs:
            weight = weight + F.pad(torch.eye(self.inputs)[:, :, None, None], (1, 1, 1, 1))
        return weight

    @torch.no_grad()
    def begin_with(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        """Makes `weight()` the one given, and changes what was there as little as possible."""
        missing = (weight - self.weight()).reshape(self.outputs, -1)
        self.spread += torch.linalg.pinv(self.gather) @ missing
        self.bias.copy_(bias)


class Network(nn.Module):
    """What is trained; `run` computes its `layers`."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        widths = shape.widths
        last = len(widths) - 2
        self.convs = nn.ModuleList(
            # The part added to an identity starts small, otherwise values would double from layer to layer.
            CollapsibleConv(i, o, 64, 0.1 if n == last else 0.5 if i == o else 1.0)
            for n, (i, o) in enumerate(zip(widths, widths[1:]))
        )

    def begin_with(self, layers: Layers) -> None:
        for conv, (weight, bias) in zip(self.convs, layers):
            conv.begin_with(weight, bias)

    def layers(self) -> Layers:
        return [(conv.weight(), conv.bias) for conv in self.convs]


def run(layers: Layers, source: torch.Tensor) -> torch.Tensor:
    """
    Doubles N x 3 x H x W, sRGB-encoded 0..1, as the networks do everywhere. Every layer repeats its borders, as clamped coordinates do.
    """
    detail = F.pixel_shuffle(features_of(layers, source)[-1], 2)
    base = F.interpolate(source, scale_factor=2, mode="bilinear", align_corners=False)
    return base + detail


def features_of(layers: Layers, source: torch.Tensor) -> list[torch.Tensor]:
    """Activated outputs of each layer; those of the last one are the detail."""
    padded = F.pad(source, (1, 1, 1, 1), mode="replicate").contiguous(memory_format=torch.channels_last)
    all_features = []
    for n, (weight, bias) in enumerate(layers):
        features = F.conv2d(padded, weight, bias)
        if n < len(layers) - 1:
            features = F.leaky_relu(features, LEAK)
            padded = F.pad(features, (1, 1, 1, 1), mode="replicate")
        all_features.append(features)
    return all_features


SHAPES = {
    "fast": Shape("fast", channels=8, convs=4, outputs="luma"),
    "balanced": Shape("balanced", channels=16, convs=4, outputs="rgb"),
    "quality": Shape("quality", channels=20, convs=6, outputs="rgb"),
    # For real GPUs: what a volunteer is asked for.
    "ultra": Shape("ultra", channels=32, convs=9, outputs="rgb"),
}
