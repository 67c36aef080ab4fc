"""
Turns captured games and drawn scenes into what `train.py` and `evaluate.py` read.

    python3 prepare.py --games /somewhere/games --frames ../../shared/frames --out .data

    .data/train/<game>.truth.npy             patches, N x 128 x 128 x 3
    .data/train/<game>.aliased.npy           N x 4 x 64 x 64 x 3, in four placements
    .data/validation/<game>-<n>.npz, test    whole pictures: `truth`, and `centre` or `aliased` (see placements.py)
    .data/<part>/coded/<game>-<n>.npz        coded sequences (see coded.py)
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
from PIL import Image

import scenes
from coded import keep_sequences, save_whole
from placements import PLACEMENTS, Picture, box, placed
from splits import SPLITS

SCENES = 100
SEED = 7
SCENE_CAPTURE = (2560, 1440)

# Sides of a patch's truth, pixels. A training patch is smaller and lies anywhere within.
PATCH = 128
PATCHES_PER_PICTURE = 24
# Tries for each patch; the one with the most detail of so many is kept, as a network has nothing to learn from a sky.
TRIES = 3


def pictures_of(game: str, games: Path, frames: Path) -> list[Picture]:
    """The stills of a game and the first frame of each of its sequences, whose other frames hardly differ from it; then the frames with one placement."""
    found = []
    for path in sorted((games / game / "truth").glob("*-0.png")):
        other = "centre" if (games / game / "centre").exists() else "aliased"
        found.append({kind: _read(games / game / kind / path.name) for kind in ("truth", other)})
    for path in sorted((frames / game / "truth").glob("*.png")):
        found.append({kind: _read(frames / game / kind / path.name) for kind in ("truth", "aliased")})
    return found


def _read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def scene(rng: np.random.Generator) -> Picture:
    capture = scenes.draw(rng, *SCENE_CAPTURE)
    centre = np.empty((SCENE_CAPTURE[1] // 2, SCENE_CAPTURE[0] // 2, 3), np.uint8)
    for row, column in PLACEMENTS:
        centre[row::2, column::2] = capture[1 + row :: 4, 1 + column :: 4]
    return {"truth": box(capture), "centre": centre}


def patches(rng: np.random.Generator, picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Returns N x 128 x 128 x 3 and N x 4 x 64 x 64 x 3."""
    # Of a picture with one placement free mirroring makes the others in training.
    smalls = np.stack([placed(picture, placement)[0] if "centre" in picture else picture["aliased"] for placement in PLACEMENTS])
    truth = picture["truth"]
    chosen = []
    for _ in range(PATCHES_PER_PICTURE):
        # On pixels that are even in the small picture too, so that a codec's chroma samples align.
        corners = [tuple(4 * rng.integers(0, (side - PATCH) // 4 + 1) for side in truth.shape[:2]) for _ in range(TRIES)]
        chosen.append(max(corners, key=lambda corner: _detail(truth, corner)))
    half = PATCH // 2
    return (
        np.stack([truth[y : y + PATCH, x : x + PATCH] for y, x in chosen]),
        np.stack([smalls[:, y // 2 : y // 2 + half, x // 2 : x // 2 + half] for y, x in chosen]),
    )


def _detail(truth: np.ndarray, corner: tuple[int, int]) -> float:
    y, x = corner
    grey = truth[y : y + PATCH, x : x + PATCH].astype(np.float32).mean(2)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


def keep_patches(path: Path, rng: np.random.Generator, pictures) -> None:
    truths, smalls = zip(*(patches(rng, picture) for picture in pictures))
    for part, arrays in (("truth", truths), ("aliased", smalls)):
        # A training that reads the file of before keeps it.
        whole = path.with_name(f"{path.name}.{part}.new.npy")
        np.save(whole, np.concatenate(arrays))
        whole.replace(path.with_name(f"{path.name}.{part}.npy"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=Path, required=True, help="what capture/run.py wrote")
    parser.add_argument("--frames", type=Path, required=True, help="frames with one placement only")
    parser.add_argument("--out", type=Path, default=Path(".data"))
    parser.add_argument("--without-coded", action="store_true", help="leaves out the coded sequences, which take most of the time")
    parser.add_argument("--only", nargs="+", help="games (or scenes) to prepare, when more were captured; the others stay as they are")
    options = parser.parse_args()
    for part, games in SPLITS.items():
        folder = options.out / part
        (folder / "coded").mkdir(parents=True, exist_ok=True)
        for game in games:
            if options.only and game not in options.only:
                continue
            # Each game has its own seed, so that one more game changes no other game's patches.
            rng = np.random.default_rng([SEED, *game.encode()])
            pictures = pictures_of(game, options.games, options.frames)
            if not pictures:
                print(f"{part}: {game} was not captured", flush=True)
                continue
            if part == "train":
                keep_patches(folder / game, rng, pictures)
            else:
                for n, picture in enumerate(pictures):
                    save_whole(folder / f"{game}-{n:03}.npz", **picture)
            coded = 0 if options.without_coded else keep_sequences(folder / "coded", game, options.games / game, rng, is_whole=part != "train")
            print(f"{part}: {game}, {len(pictures)} pictures, {coded} coded sequences", flush=True)
    if options.only and "scenes" not in options.only:
        return
    rng = np.random.default_rng(SEED)
    keep_patches(options.out / "train" / "scenes", rng, (scene(rng) for _ in itertools.repeat(None, SCENES)))


if __name__ == "__main__":
    main()
