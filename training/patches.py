"""Batches of training patches from what `prepare.py` wrote."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from placements import KINDS, PLACEMENTS, box

# Source pixels along each side of a patch.
PATCH = 48
# Patches of a step. One set of weights serves all of them: a game may have anti-aliasing or not, and volunteers get coded frames.
BATCH = {"smooth": 7, "aliased": 4, "coded": 5}
# Share of patches from drawn scenes; the others are from games, each game as often as any other.
SCENE_SHARE = 0.2
# Share of smooth patches that are enlarged first, and by how much: what is soft itself, as magnified textures and sprites are, must stay so.
SOFT_SHARE = 0.1
SOFT_ZOOM = (1.3, 2.5)


@dataclass(frozen=True)
class Batch:
    """
    0..1, sRGB-encoded: `small` N x 3 x P x P is what the network is given, `raw` the same before a codec, `truth` N x 3 x 2P x 2P. The
    first `uncoded` patches saw no codec.
    """

    small: torch.Tensor
    raw: torch.Tensor
    truth: torch.Tensor
    uncoded: int


Trio = tuple[np.ndarray, np.ndarray, np.ndarray]


class Patches:
    """Random patches of all kinds of input, in all placements, rotated and mirrored."""

    def __init__(self, folder: Path, seed: int):
        self.rng = np.random.default_rng(seed)
        names = sorted(path.name.removesuffix(".truth.npy") for path in folder.glob("*.truth.npy"))
        # Mapped, so that several trainings share the memory.
        self.truth, self.aliased = ([np.load(folder / f"{name}.{part}.npy", mmap_mode="r") for name in names] for part in ("truth", "aliased"))
        is_scene = np.array([name == "scenes" for name in names])
        share = np.where(is_scene, SCENE_SHARE, (1 - SCENE_SHARE) / max((~is_scene).sum(), 1))
        self.share = share / share.sum()
        coded = sorted((folder / "coded").glob("*.npz"))
        games = sorted({_game_of(path) for path in coded})
        self.coded = [[Sequence(path) for path in coded if _game_of(path) == game] for game in games]

    def batch(self) -> Batch:
        uncoded = [self._cut(self._uncoded(kind)) for kind in KINDS for _ in range(BATCH[kind])]
        coded = [self._cut(self._coded()) for _ in range(BATCH["coded"])]
        paints = [self._paint() for _ in uncoded] + [np.ones(3, np.float32) for _ in coded]
        # Permuted colours make another picture of the same shapes. A codec treats colours differently, and detail weighs them.
        orders = [self.rng.permutation(3) for _ in uncoded] + [np.arange(3) for _ in coded]

        def finished(part: tuple[np.ndarray, ...]) -> torch.Tensor:
            pixels = np.stack([patch[:, :, order] for patch, order in zip(part, orders)])
            return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 * torch.from_numpy(np.stack(paints))[:, :, None, None]

        small, raw, truth = (finished(part) for part in zip(*uncoded, *coded))
        return Batch(small, raw, truth, len(uncoded))

    def _paint(self) -> np.ndarray:
        """Factors of the colours. Half of the pictures keep their brightness."""
        is_dimmed = self.rng.random() < 0.5
        return self.rng.uniform(0.4, 1.0, 3).astype(np.float32) if is_dimmed else np.ones(3, np.float32)

    def _cut(self, whole: Trio) -> Trio:
        small, raw, truth = whole
        # On even pixels, like the origin of a frame, so that a codec's chroma samples align.
        y, x = (2 * self.rng.integers(0, (side - PATCH) // 2 + 1) for side in small.shape[:2])
        trio = (
            small[y : y + PATCH, x : x + PATCH],
            raw[y : y + PATCH, x : x + PATCH],
            truth[2 * y : 2 * (y + PATCH), 2 * x : 2 * (x + PATCH)],
        )
        turns, is_mirrored = self.rng.integers(4), self.rng.random() < 0.5
        return tuple(np.rot90(side[:, ::-1] if is_mirrored else side, turns) for side in trio)

    def _uncoded(self, kind: str) -> Trio:
        game = self.rng.choice(len(self.truth), p=self.share)
        n = self.rng.integers(len(self.truth[game]))
        truth = np.asarray(self.truth[game][n])
        if kind == "smooth":
            if self.rng.random() < SOFT_SHARE:
                truth = self._softened(truth)
            small = box(truth)
        else:
            small = np.asarray(self.aliased[game][n, self.rng.integers(len(PLACEMENTS))])
        return small, small, truth

    def _softened(self, truth: np.ndarray) -> np.ndarray:
        side = len(truth)
        part = side / self.rng.uniform(*SOFT_ZOOM)
        x, y = self.rng.uniform(0, side - part, 2)
        return np.asarray(Image.fromarray(truth).resize((side, side), Image.BILINEAR, (x, y, x + part, y + part)))

    def _coded(self) -> Trio:
        game = self.coded[self.rng.integers(len(self.coded))]
        return game[self.rng.integers(len(game))].frame(self.rng)


def _game_of(path: Path) -> str:
    return path.stem.rsplit("-", 2)[0]


class Sequence:
    """One file of `coded.py`, read when it is first used."""

    def __init__(self, path: Path):
        self.path = path
        self.arrays: dict[str, np.ndarray] | None = None

    def frame(self, rng: np.random.Generator) -> Trio:
        """A decoded patch of any coding, its raw one, and the truth."""
        if self.arrays is None:
            with np.load(self.path) as file:
                self.arrays = {name: file[name] for name in ("decoded", "raw", "truth")}
        decoded, raw, truth = (self.arrays[name] for name in ("decoded", "raw", "truth"))
        coding, patch, frame = (rng.integers(size) for size in decoded.shape[:3])
        return decoded[coding, patch, frame], raw[patch, frame], truth[patch, frame]
