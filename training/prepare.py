"""
Makes the training pairs: for each picture the ground truth and the small picture that a gamer's machine would send.

    python3 prepare.py --frames ../../shared/frames --out .data
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

import scenes

GAMES = {"train": ["torcs", "minetest"], "held-out": ["supertuxkart", "neverball"]}
SCENES = 100
SEED = 7
CAPTURE = (2560, 1440)

# Index of the sample, of every four along a side, that the games' captures contain.
SAMPLE = 2

# Quantisers that x264 and libvpx use for 640x360 at 30 frames a second between about 1 and 8 Mb/s.
H264_QP = (20, 34)
VP8_QP = (12, 44)
# Frames in a coded clip. The last one, which is kept, was predicted from the ones before it.
CLIP_FRAMES = 5
MARGIN = 16


def box(picture: np.ndarray) -> np.ndarray:
    """Rounded mean of every 2 x 2 pixels."""
    height, width, _ = picture.shape
    return np.rint(picture.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))).astype(np.uint8)


def coded(rng: np.random.Generator, small: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The decoded picture after a pan, and the ground truth of the part that is still visible."""
    height, width, _ = small.shape
    step = rng.integers(-3, 4, 2)
    size = (height - 2 * MARGIN, width - 2 * MARGIN)
    corners = [MARGIN + step * (n - CLIP_FRAMES + 1) for n in range(CLIP_FRAMES)]
    clip = np.stack([small[y : y + size[0], x : x + size[1]] for y, x in corners])
    if rng.random() < 0.75:
        codec = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-qp", str(rng.integers(*H264_QP))]
        kind = "h264"
    else:
        quantiser = str(rng.integers(*VP8_QP))
        codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "20M", "-qmin", quantiser, "-qmax", quantiser]
        kind = "ivf"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[1]}x{size[0]}", "-r", "30"]
    # BT.709, limited range, as in a browser's encoder.
    to_video = ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]
    to_pixels = ["-vf", "scale=in_color_matrix=bt709:in_range=tv:flags=accurate_rnd,format=rgb24", "-f", "rawvideo"]
    packets = _ffmpeg([*raw, "-i", "-", *to_video, *codec, "-f", kind, "-"], clip.tobytes())
    pixels = _ffmpeg(["-f", kind, "-i", "-", *to_pixels, "-"], packets)
    last = np.frombuffer(pixels, np.uint8).reshape(-1, *size, 3)[-1]
    inside = truth[2 * MARGIN : 2 * (MARGIN + size[0]), 2 * MARGIN : 2 * (MARGIN + size[1])]
    return last, inside


def _ffmpeg(arguments: list[str], data: bytes) -> bytes:
    command = ["ffmpeg", "-v", "error", "-threads", "1", *arguments]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def keep(out: Path, name: str, rng: np.random.Generator, truth: np.ndarray, aliased: np.ndarray) -> None:
    """Writes one file per picture. A coded picture is a little smaller than the others."""
    boxed = box(truth)
    coded_aliased, inside = coded(rng, aliased, truth)
    coded_boxed, _ = coded(rng, boxed, truth)
    np.savez(out / f"{name}.npz", truth=truth, aliased=aliased, box=boxed, coded_truth=inside, coded_aliased=coded_aliased, coded_box=coded_boxed)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(".data"))
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    for part, games in GAMES.items():
        folder = options.out / part
        folder.mkdir(parents=True, exist_ok=True)
        for game in games:
            for path in sorted((options.frames / game / "truth").glob("*.png")):
                truth, aliased = (
                    np.asarray(Image.open(options.frames / game / kind / path.name).convert("RGB")) for kind in ("truth", "aliased")
                )
                keep(folder, f"{game}-{path.stem}", rng, truth, aliased)
    for n in range(SCENES):
        capture = scenes.draw(rng, *CAPTURE)
        keep(options.out / "train", f"scene-{n:03}", rng, box(capture), capture[SAMPLE::4, SAMPLE::4])


if __name__ == "__main__":
    main()
