"""
    cd training && python3 -m unittest

Needs PyTorch, so it is no part of `npm test`.
"""

import unittest

import numpy as np
import torch
import torch.nn.functional as F

from composition import resized
from evaluate import mirrored, psnr, score, tensor_of
from placements import PLACEMENTS, box, pairs, placed

SIDE = 160


def smooth_capture() -> np.ndarray:
    """A picture at four samples along a small pixel, with detail that the small picture can hold: 8 to 40 small pixels a wave."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / 4
    waves = sum(np.sin(2 * np.pi * (x * np.cos(a) + y * np.sin(a)) / length + phase) for a, length, phase in rng.uniform([0, 8, 0], [7, 40, 7], (9, 3)))
    grey = 128 + 12 * waves
    return np.clip(np.stack([grey, grey * 0.8 + 20, 255 - grey], 2), 0, 255).round().astype(np.uint8)


def picture_of(capture: np.ndarray) -> dict[str, np.ndarray]:
    truth = box(capture)
    centre = np.empty_like(truth)
    for row, column in PLACEMENTS:
        centre[row::2, column::2] = capture[1 + row :: 4, 1 + column :: 4]
    return {"truth": truth, "centre": centre}


def shifted(picture: torch.Tensor, x: float, y: float) -> torch.Tensor:
    """Moves a picture by a part of a pixel, linearly."""
    _, _, height, width = picture.shape
    theta = torch.tensor([[[1.0, 0.0, -2 * x / width], [0.0, 1.0, -2 * y / height]]])
    grid = F.affine_grid(theta, list(picture.shape), align_corners=False)
    return F.grid_sample(picture, grid, mode="bicubic", padding_mode="border", align_corners=False)


class PlacementsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.picture = picture_of(smooth_capture())

    def mean_psnr(self, kind: str, x: float, y: float) -> float:
        return float(np.mean([psnr(shifted(resized(tensor_of(small), "bicubic"), x, y), tensor_of(truth)) for small, truth in pairs(self.picture, kind)]))

    def test_a_picture_moved_by_a_quarter_of_a_pixel_scores_lower_in_every_direction(self) -> None:
        for kind in ("smooth", "aliased"):
            still = self.mean_psnr(kind, 0, 0)
            for x, y in ((0.25, 0), (-0.25, 0), (0, 0.25), (0, -0.25), (0.25, 0.25), (-0.25, -0.25)):
                self.assertLess(self.mean_psnr(kind, x, y), still - 0.5, f"{kind}, moved by {x}, {y}")

    def test_one_placement_alone_would_reward_a_move(self) -> None:
        small, truth = placed(self.picture, (1, 1))
        made = resized(tensor_of(small), "bicubic")
        # The sample lies half a capture pixel, a quarter of an output pixel, below and to the right of the centre: the picture lies above and to the left.
        self.assertGreater(psnr(shifted(made, 0.25, 0.25), tensor_of(truth)), psnr(made, tensor_of(truth)) + 0.5)

    def test_a_score_does_not_change_when_the_picture_is_mirrored(self) -> None:
        other_way = {kind: np.ascontiguousarray(pixels[:, ::-1]) for kind, pixels in self.picture.items()}

        def upscale(source: torch.Tensor) -> torch.Tensor:
            return F.interpolate(source, scale_factor=2, mode="bilinear", align_corners=False)

        one, other = (score(upscale, "game", pairs(picture, "aliased")) for picture in (self.picture, other_way))
        self.assertAlmostEqual(one.over_bicubic, other.over_bicubic, places=2)

    def test_a_network_that_moves_the_picture_scores_lower_however_it_is_mirrored(self) -> None:
        def moving(source: torch.Tensor) -> torch.Tensor:
            return shifted(resized(source, "bicubic"), 0.25, 0.25)

        for upscale in (moving, mirrored(moving)):
            for kind in ("smooth", "aliased"):
                self.assertLess(score(upscale, "game", pairs(self.picture, kind)).over_bicubic, -0.5, kind)

    def test_a_picture_with_one_sample_a_pixel_gives_four_placements_by_mirroring(self) -> None:
        one = {"truth": self.picture["truth"], "aliased": self.picture["centre"][1::2, 1::2]}
        for small, truth in pairs(one, "aliased"):
            self.assertEqual(small.shape[0] * 2, truth.shape[0])
        smalls = [small for small, _ in pairs(one, "aliased")]
        self.assertTrue(np.array_equal(smalls[0][::-1, ::-1], smalls[3]))

    def test_the_best_weight_of_an_over_strong_network_is_below_1(self) -> None:
        def over_strong(source: torch.Tensor) -> torch.Tensor:
            base = resized(source, "bicubic")
            return base + 2 * (tensor_of(self.picture["truth"]) - base)

        found = score(over_strong, "game", pairs(self.picture, "smooth"))
        self.assertAlmostEqual(found.weight, 0.5, places=2)


if __name__ == "__main__":
    unittest.main()
