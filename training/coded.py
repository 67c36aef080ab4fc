"""
Coded sequences for networks that add detail to a frame that was coded: the input is what a volunteer decodes, and the target is the truth minus the
base of the *raw* frame, which the gamer still has.

A file has the arrays
    truth          P x F x 2H x 2W x 3
    raw            P x F x H x W x 3: the small frames before the codec
    decoded        C x P x F x H x W x 3: the same frames after each of C codings
    codec          C names
    kilobits       C target rates, in 1000 bits a second
    packet_bytes   C x F: the size of each frame's packet, which a volunteer knows too
    shape          (H, W) of the whole small frame that the packets hold
with P patches (one, the whole frame, for validation and test) of F consecutive frames at 30 a second, all 8 bits.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from coding import ENCODERS, Coding, Decoded, code
from placements import PLACEMENTS, box

# Small patches' sides, and patches of a sequence.
PATCH = 64
PATCHES = 10
# For 640x360 at 30 frames a second; smaller frames get as much for each pixel.
RATES = (500, 1000, 2000, 4000)
RATE_PIXELS = 640 * 360
# Codings of a training sequence, drawn from all codecs and rates.
TRAINING_CODINGS = 6
JUDGED = [Coding("vp9", 500), Coding("vp9", 1000), Coding("vp9", 2000), Coding("h264", 2000), Coding("h264", 6000), Coding("av1", 1000), Coding("vp8", 1000)]
FRAMES = 8


def keep_sequences(out: Path, game: str, captured: Path, rng: np.random.Generator, is_whole: bool) -> int:
    """Codes each sequence of a game: to train as smooth or as aliased frames in turn, to judge as both. Returns how many files were written."""
    written = 0
    for turn, last in enumerate(sorted((captured / "truth").glob(f"*-{FRAMES - 1}.png"))):
        names = [last.name.replace(f"-{FRAMES - 1}.", f"-{n}.") for n in range(FRAMES)]
        truth = _read(captured / "truth", names)
        aliased = _aliased(captured, names, rng)
        kinds = [("smooth", np.stack([box(frame) for frame in truth])), ("aliased", aliased)]
        for kind, raw in kinds if is_whole else [kinds[turn % 2]]:
            # A codec's chroma samples halve the picture again, and 4:2:0 needs even sides.
            height, width = (side // 2 * 2 for side in raw.shape[1:3])
            raw = np.ascontiguousarray(raw[:, :height, :width])
            codings = [code(raw, coding) for coding in _codings(rng, height * width, is_whole)]
            corners = [(0, 0)] if is_whole else [tuple(2 * rng.integers(0, (side - PATCH) // 2 + 1) for side in (height, width)) for _ in range(PATCHES)]
            size = (height, width) if is_whole else (PATCH, PATCH)
            _keep(out / f"{game}-{last.stem.split('-')[0]}-{kind}.npz", truth, raw, codings, corners, size)
            written += 1
    return written


def _read(folder: Path, names: list[str]) -> np.ndarray:
    return np.stack([np.asarray(Image.open(folder / name).convert("RGB")) for name in names])


def _aliased(captured: Path, names: list[str], rng: np.random.Generator) -> np.ndarray:
    """All frames of a sequence have the same placement: a game's camera does not move by half a sample with each frame."""
    if (captured / "aliased").exists():
        return _read(captured / "aliased", names)
    row, column = PLACEMENTS[rng.integers(len(PLACEMENTS))]
    return _read(captured / "centre", names)[:, row::2, column::2]


def _codings(rng: np.random.Generator, pixels: int, is_whole: bool) -> list[Coding]:
    if is_whole:
        chosen = JUDGED
    else:
        every = [Coding(codec, rate) for codec in ENCODERS for rate in RATES]
        chosen = [every[n] for n in rng.choice(len(every), TRAINING_CODINGS, replace=False)]
    return [Coding(coding.codec, round(coding.kilobits_per_second * pixels / RATE_PIXELS)) for coding in chosen]


def _keep(path: Path, truth: np.ndarray, raw: np.ndarray, codings: list[Decoded], corners: list[tuple[int, int]], size: tuple[int, int]) -> None:
    def cut(frames: np.ndarray, scale: int) -> np.ndarray:
        return np.stack(
            [frames[:, scale * y : scale * (y + size[0]), scale * x : scale * (x + size[1])] for y, x in corners]
        )

    save_whole(
        path,
        truth=cut(truth, 2),
        raw=cut(raw, 1),
        decoded=np.stack([cut(decoded.frames, 1) for decoded in codings]),
        codec=np.array([decoded.coding.codec for decoded in codings]),
        kilobits=np.array([decoded.coding.kilobits_per_second for decoded in codings]),
        packet_bytes=np.stack([decoded.packet_bytes for decoded in codings]),
        shape=np.array(raw.shape[1:3]),
    )


def save_whole(path: Path, **arrays: np.ndarray) -> None:
    """A training that reads the file meanwhile reads the one before."""
    with open(path.with_suffix(".new"), "wb") as file:
        np.savez(file, **arrays)
    path.with_suffix(".new").replace(path)
