"""Tests of batches and of what a training keeps, on made-up data."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from networks import SHAPES
from patches import BATCH, PATCH, Patches
from placements import box
from train import Length, Training, rate_at

SIDE = 64


def made_up(folder: Path) -> None:
    """One game with three patches, and a coded sequence of two frames whose codec inverts the picture."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 256, (3, 2 * SIDE, 2 * SIDE, 3), dtype=np.uint8)
    smalls = np.stack([box(picture) for picture in truth])
    np.save(folder / "game.truth.npy", truth)
    np.save(folder / "game.aliased.npy", np.repeat(smalls[:, None], 4, 1))
    (folder / "coded").mkdir()
    raw = smalls[None, :2]
    np.savez(folder / "coded/game-000-smooth.npz", truth=truth[None, :2], raw=raw, decoded=(255 - raw)[None])


class TrainTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        made_up(self.folder)

    def test_a_patch_lies_where_its_truth_lies_however_it_was_turned(self) -> None:
        batch = Patches(self.folder, 1).batch()
        self.assertEqual(batch.small.shape, (sum(BATCH.values()), 3, PATCH, PATCH))
        self.assertLess(float((F.avg_pool2d(batch.truth, 2) - batch.raw).abs().max()), 1 / 255)

    def test_only_coded_patches_differ_from_their_raw_ones(self) -> None:
        batch = Patches(self.folder, 1).batch()
        n = batch.uncoded
        self.assertTrue(torch.equal(batch.small[:n], batch.raw[:n]))
        self.assertTrue(torch.allclose(batch.small[n:], 1 - batch.raw[n:], atol=1e-6))

    def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(self) -> None:
        def started() -> Training:
            return Training(SHAPES["fast"], Patches(self.folder, 1))

        whole = started()
        for _ in range(4):
            whole.step(1e-3)
        first, second = started(), started()
        for _ in range(2):
            first.step(1e-3)
        first.save(self.folder / "checkpoint")
        second.load(self.folder / "checkpoint")
        for _ in range(2):
            second.step(1e-3)
        self.assertEqual(second.steps, 4)
        for (weight, _), (other, _) in zip(whole.layers(), second.layers()):
            self.assertTrue(torch.equal(weight, other))

    def test_a_training_begins_with_the_weights_of_an_earlier_one(self) -> None:
        earlier = Training(SHAPES["balanced"], Patches(self.folder, 1))
        for _ in range(2):
            earlier.step(1e-3)
        begun = Training(SHAPES["balanced"], Patches(self.folder, 1), earlier.layers())
        for (weight, bias), (other, other_bias) in zip(earlier.layers(), begun.layers()):
            self.assertTrue(torch.allclose(weight, other, atol=1e-5))
            self.assertTrue(torch.equal(bias, other_bias))

    def test_16_bits_learn_what_32_learn(self) -> None:
        whole, halved = (Training(SHAPES["fast"], Patches(self.folder, 1), uses_bfloat16=halves) for halves in (False, True))
        for _ in range(3):
            losses = whole.step(1e-3), halved.step(1e-3)
            self.assertNotEqual(*losses)
            self.assertAlmostEqual(*losses, delta=0.01)

    def test_the_rate_rises_falls_and_ends_at_nothing(self) -> None:
        rates = [rate_at(progress, 1e-3) for progress in (0, 0.01, 0.02, 0.5, 1)]
        self.assertEqual(max(rates), 1e-3)
        self.assertLess(rates[0], rates[1])
        self.assertLess(rates[3], rates[2])
        self.assertAlmostEqual(rates[4], 0)

    def test_a_training_is_bounded_by_steps_or_by_hours(self) -> None:
        self.assertEqual(Length(200, None).progress(50, 9e9), 0.25)
        self.assertEqual(Length(None, 2).progress(50, 1800), 0.25)


if __name__ == "__main__":
    unittest.main()
