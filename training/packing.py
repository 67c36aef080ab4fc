"""The blob of a network's weights, as the kernels load it."""

import numpy as np
import torch

from networks import Layers, Shape

TAPS = 9


def packed(layers: Layers) -> bytes:
    """
    Packs float32, little-endian, layer by layer: for each of 9 taps (row by row), each block of 4 inputs, each block of 4 outputs a 4 x 4
    matrix, input by input (a WGSL `mat4x4` times the vector of inputs is the vector of outputs); then the bias of each output. Inputs are
    padded with zeros to a multiple of 4.
    """
    parts = []
    for weight, bias in layers:
        outputs, inputs = weight.shape[:2]
        full = np.zeros((outputs, _padded(inputs), 3, 3), np.float32)
        full[:, :inputs] = weight.numpy()
        blocks = full.reshape(outputs // 4, 4, full.shape[1] // 4, 4, TAPS)
        # Order: tap, input block, output block, input, output.
        parts += [blocks.transpose(4, 2, 0, 3, 1).ravel(), bias.numpy().astype(np.float32)]
    return np.concatenate(parts).astype("<f4").tobytes()


def unpacked(shape: Shape, blob: bytes) -> Layers:
    """Raises ValueError if the blob is not of that shape."""
    values, layers, at = np.frombuffer(blob, "<f4"), [], 0
    for inputs, outputs in zip(shape.widths, shape.widths[1:]):
        count = TAPS * _padded(inputs) * outputs
        blocks = values[at : at + count].reshape(TAPS, _padded(inputs) // 4, outputs // 4, 4, 4)
        weight = blocks.transpose(2, 4, 1, 3, 0).reshape(outputs, _padded(inputs), 3, 3)[:, :inputs]
        bias = values[at + count : at + count + outputs]
        layers.append((torch.tensor(weight.copy()), torch.tensor(bias.copy())))
        at += count + outputs
    if at != len(values):
        raise ValueError(f"{len(blob)} bytes are not the weights of {shape.name}")
    return layers


def _padded(channels: int) -> int:
    return -(-channels // 4) * 4
