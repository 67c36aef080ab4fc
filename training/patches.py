"""Batches of training patches from what `prepare.py` wrote."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from placements import box

# Source pixels along each side of a patch, and patches per step.
PATCH = 48
BATCH = 16
# Share of patches from drawn scenes; the others are from games, each game as often as any other.
SCENE_SHARE = 0.25
# Share of patches that went through a video codec, as in streams.
CODED_SHARE = 0.35


@dataclass(frozen=True)
class Batch:
    """
    0..1, sRGB-encoded: `small` N x 3 x P x P is what the network is given, `raw` the same before a codec (the same as `small` where there was none), `truth`
    N x 3 x 2P x 2P.
    """

    small: torch.Tensor
    raw: torch.Tensor
    truth: torch.Tensor


class Patches:
    """Random patches of the kinds of input given, `smooth` and `aliased`, in all placements, rotated and mirrored."""

    def __init__(self, folder: Path, kinds: list[str], seed: int):
        self.rng = np.random.default_rng(seed)
        self.kinds = kinds
        names = sorted(path.name.removesuffix(".truth.npy") for path in folder.glob("*.truth.npy"))
        # Mapped, so that several trainings share the memory.
        self.truth, self.aliased = ([np.load(folder / f"{name}.{part}.npy", mmap_mode="r") for name in names] for part in ("truth", "aliased"))
        is_scene = np.array([name == "scenes" for name in names])
        share = np.where(is_scene, SCENE_SHARE, (1 - SCENE_SHARE) / max((~is_scene).sum(), 1))
        self.share = share / share.sum()
        self.coded = {kind: [Sequence(path) for path in sorted((folder / "coded").glob(f"*-{kind}.npz"))] for kind in kinds}

    def batch(self) -> Batch:
        chosen = [self._patch() for _ in range(BATCH)]
        small, raw, truth = (np.stack(part) for part in zip(*chosen))
        paint = torch.from_numpy(np.stack([self._paint() for _ in chosen]))[:, :, None, None]
        # Permuted colours make another picture of the same shapes.
        order = torch.from_numpy(np.stack([self.rng.permutation(3) for _ in chosen]))

        def finish(part: np.ndarray) -> torch.Tensor:
            pixels = torch.from_numpy(part).permute(0, 3, 1, 2).float() / 255
            return torch.stack([image[channels] for image, channels in zip(pixels, order)]) * paint

        return Batch(finish(small), finish(raw), finish(truth))

    def _paint(self) -> np.ndarray:
        """Factors of the colours. Half of the pictures keep their brightness."""
        is_dimmed = self.rng.random() < 0.5
        return self.rng.uniform(0.4, 1.0, 3).astype(np.float32) if is_dimmed else np.ones(3, np.float32)

    def _patch(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        kind = self.kinds[self.rng.integers(len(self.kinds))]
        is_coded = self.coded[kind] and self.rng.random() < CODED_SHARE
        small, raw, truth = self._coded(kind) if is_coded else self._uncoded(kind)
        # On even pixels, like the origin of a frame, so that a codec's chroma samples align.
        y, x = (2 * self.rng.integers(0, (side - PATCH) // 2 + 1) for side in small.shape[:2])
        trio = (
            small[y : y + PATCH, x : x + PATCH],
            raw[y : y + PATCH, x : x + PATCH],
            truth[2 * y : 2 * (y + PATCH), 2 * x : 2 * (x + PATCH)],
        )
        turns, is_mirrored = self.rng.integers(4), self.rng.random() < 0.5
        return tuple(np.rot90(side[:, ::-1] if is_mirrored else side, turns) for side in trio)

    def _uncoded(self, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        game = self.rng.choice(len(self.truth), p=self.share)
        n = self.rng.integers(len(self.truth[game]))
        truth = np.asarray(self.truth[game][n])
        if kind == "smooth":
            small = box(truth)
        else:
            # Of pictures with one placement only, free mirroring makes the other three.
            small = np.asarray(self.aliased[game][n, self.rng.integers(self.aliased[game].shape[1])])
        return small, small, truth

    def _coded(self, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sequence = self.coded[kind][self.rng.integers(len(self.coded[kind]))]
        return sequence.frame(self.rng)


class Sequence:
    """One file of `coded.py`, read when it is first used."""

    def __init__(self, path: Path):
        self.path = path
        self.arrays: dict[str, np.ndarray] | None = None

    def frame(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A decoded patch of any coding, its raw one, and the truth."""
        if self.arrays is None:
            with np.load(self.path) as file:
                self.arrays = {name: file[name] for name in ("decoded", "raw", "truth")}
        decoded, raw, truth = (self.arrays[name] for name in ("decoded", "raw", "truth"))
        coding, patch, frame = (rng.integers(size) for size in decoded.shape[:3])
        return decoded[coding, patch, frame], raw[patch, frame], truth[patch, frame]
