"""
How the product puts pictures together, so that losses and scores count the picture that is shown: the filters that enlarge, and detail, which a volunteer
computes from the frame it decoded and the player adds to its own frame (docs/streams.md). All pictures: N x 3 x H x W, sRGB-encoded 0..1.
"""

import torch
import torch.nn.functional as F

# Rec. 601 luma of sRGB-encoded values, as in the usual luma PSNR.
LUMA = torch.tensor([0.299, 0.587, 0.114])
# Rec. 709 luma, by which detail is measured (`LUMA_WEIGHTS` of shared/detail.ts).
DETAIL_LUMA = torch.tensor([0.2126, 0.7152, 0.0722])
# Most that detail changes a pixel by (`MAX_ADDED_LEVELS` of shared/detail.ts).
MAX_DETAIL = 32 / 255


def luma(picture: torch.Tensor, weights: torch.Tensor = LUMA) -> torch.Tensor:
    """Converts N x 3 x H x W to N x 1 x H x W."""
    return (picture * weights.to(picture.device).view(1, 3, 1, 1)).sum(1, keepdim=True)


def resized(source: torch.Tensor, mode: str) -> torch.Tensor:
    """Doubles by `bilinear` or `bicubic`."""
    # Cubic convolution of PyTorch has a = -0.75; ours, like most, has -0.5.
    return _bicubic(source) if mode == "bicubic" else F.interpolate(source, scale_factor=2, mode=mode, align_corners=False)


def with_detail(raw: torch.Tensor, decoded: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
    """
    The player's picture: the base of its raw frame plus the detail of the frame as the volunteer decoded it.

    `made` is the network's picture of `decoded`.
    """
    detail = luma(shown(made) - resized(decoded, "bicubic"), DETAIL_LUMA)
    return resized(raw, "bicubic") + held(detail, -MAX_DETAIL, MAX_DETAIL)


def shown(picture: torch.Tensor) -> torch.Tensor:
    return held(picture, 0, 1)


def held(values: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Clamps, but passes gradients on: a value outside would otherwise never learn to come back."""
    return values + (values.clamp(low, high) - values).detach()


def _bicubic(source: torch.Tensor) -> torch.Tensor:
    """Keys's cubic convolution with a = -0.5, clamped as a picture of 8 bits is."""
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
