"""
Where the one sample of an aliased pixel lies. A capture has an even number of samples along a small pixel, four, so none lies at its centre: the two
next to it are half a capture pixel, an eighth of a small pixel, to either side. A network that sees only one of the four placements learns to move the
picture, and one that is scored on only one is rewarded for it. So each picture is used in all four.

A picture is a dictionary of arrays, H x W x 3, 8 bits: `truth` (2H x 2W), and either `centre` (2H x 2W: of each small pixel the 2 x 2 samples next to its
centre) or `aliased` (H x W: one sample of each small pixel, at its centre or below and to the right of it).
"""

import numpy as np

# Pictures whose pixels are averages, and pictures whose pixels are one sample each, as games render them without anti-aliasing.
KINDS = ("smooth", "aliased")
PLACEMENTS = [(row, column) for row in (0, 1) for column in (0, 1)]

Picture = dict[str, np.ndarray]


def placed(picture: Picture, placement: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """
    The aliased small picture whose samples lie above (0) or below (1) and left (0) or right (1) of its pixels' centres, and its truth. A picture with
    only one sample of each pixel is mirrored instead, together with its truth.
    """
    row, column = placement
    if "centre" in picture:
        return picture["centre"][row::2, column::2], picture["truth"]
    down, right = 1 if row else -1, 1 if column else -1
    return picture["aliased"][::down, ::right], picture["truth"][::down, ::right]


def box(picture: np.ndarray) -> np.ndarray:
    """Rounded mean of every 2 x 2 pixels: the small picture of a renderer with anti-aliasing, or of a film."""
    height, width, _ = picture.shape
    return np.rint(picture.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))).astype(np.uint8)


def pairs(picture: Picture, kind: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """All small pictures of one of the kinds of input, each with its truth."""
    if kind == "smooth":
        return [(box(picture["truth"]), picture["truth"])]
    return [placed(picture, placement) for placement in PLACEMENTS]
