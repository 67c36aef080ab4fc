"""Tests of what the product composes, and of the packed weights."""

import unittest

import torch

from composition import DETAIL_LUMA, MAX_DETAIL, luma, resized, with_detail
from networks import SHAPES, Network
from packing import packed, unpacked


class DetailTest(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(3)
        self.raw, self.decoded, self.truth = torch.rand(1, 3, 8, 12), torch.rand(1, 3, 8, 12), torch.rand(1, 3, 16, 24)

    def test_a_network_that_only_enlarges_adds_nothing_however_bad_the_codec(self) -> None:
        made = with_detail(self.raw, self.decoded, resized(self.decoded, "bicubic"))
        self.assertTrue(torch.allclose(made, resized(self.raw, "bicubic"), atol=1e-6))

    def test_detail_changes_brightness_by_a_limited_amount_and_no_colour(self) -> None:
        added = with_detail(self.raw, self.decoded, self.truth) - resized(self.raw, "bicubic")
        self.assertLessEqual(float(added.abs().max()), MAX_DETAIL + 1e-6)
        self.assertTrue(torch.allclose(added, luma(added, DETAIL_LUMA).expand_as(added), atol=1e-6))

    def test_detail_beyond_the_limit_still_learns(self) -> None:
        made = (resized(self.decoded, "bicubic") + 0.4).requires_grad_()
        with_detail(self.raw, self.decoded, made).sum().backward()
        self.assertGreater(float(made.grad.abs().min()), 0)

    def test_bicubic_keeps_a_slope(self) -> None:
        slope = (torch.arange(12) / 20).expand(1, 3, 8, 12)
        made = resized(slope, "bicubic")[0, 0, 4, 4:-4]
        self.assertTrue(torch.allclose(made[1:] - made[:-1], torch.full((15,), 1 / 40), atol=1e-6))


class PackingTest(unittest.TestCase):
    def test_packed_weights_are_read_back(self) -> None:
        for shape in SHAPES.values():
            layers = [(weight.detach(), bias.detach()) for weight, bias in Network(shape).layers()]
            for (weight, bias), (other, other_bias) in zip(layers, unpacked(shape, packed(layers))):
                self.assertTrue(torch.equal(weight, other) and torch.equal(bias, other_bias), shape.name)

    def test_weights_of_another_network_are_refused(self) -> None:
        layers = [(weight.detach(), bias.detach()) for weight, bias in Network(SHAPES["fast"]).layers()]
        with self.assertRaises(ValueError):
            unpacked(SHAPES["balanced"], packed(layers))


if __name__ == "__main__":
    unittest.main()
