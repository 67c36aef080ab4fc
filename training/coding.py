"""
Sends short sequences through a video codec, as a gamer's browser does, so that a network sees what a volunteer decodes.

A stream's rate control settles over many frames, and a sequence has eight. So the sequence runs forwards, backwards and forwards again, as one stream;
the last pass is kept.
"""

import subprocess
from dataclasses import dataclass

import numpy as np

FRAMES_PER_SECOND = 30

# Encoders at the settings that browsers use for calls: no look-ahead, no frames out of order, fast.
ENCODERS = {
    "vp8": (["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"], "ivf"),
    "vp9": (["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "7", "-lag-in-frames", "0", "-aq-mode", "3"], "ivf"),
    "h264": (["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "main"], "h264"),
    "av1": (["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"], "ivf"),
}


@dataclass(frozen=True)
class Coding:
    codec: str
    kilobits_per_second: int


@dataclass(frozen=True)
class Decoded:
    """`frames`: N x H x W x 3, 8 bits. `packet_bytes`: the size of each frame's packet."""

    coding: Coding
    frames: np.ndarray
    packet_bytes: np.ndarray


# BT.709, limited range, as in a browser's encoder. Without full_chroma_int ffmpeg darkens a picture by two 8-bit levels.
TO_VIDEO = ["-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p"]
TO_PIXELS = ["-vf", "scale=in_color_matrix=bt709:in_range=tv:flags=accurate_rnd+full_chroma_int,format=rgb24", "-f", "rawvideo"]


def code(frames: np.ndarray, coding: Coding) -> Decoded:
    """`frames`: N x H x W x 3, 8 bits, even sides."""
    count, height, width, _ = frames.shape
    stream = np.concatenate([frames, frames[-2::-1], frames[1:]])
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(FRAMES_PER_SECOND)]
    options, container = ENCODERS[coding.codec]
    rate = f"{coding.kilobits_per_second}k"
    # A buffer of half a second, and one keyframe: the first.
    control = ["-b:v", rate, "-maxrate", rate, "-bufsize", f"{coding.kilobits_per_second // 2}k", "-g", "1000"]
    packets = _run(["ffmpeg", "-v", "error", "-threads", "1", *raw, "-i", "-", *TO_VIDEO, *options, *control, "-f", container, "-"], stream.tobytes())
    pixels = _run(["ffmpeg", "-v", "error", "-threads", "1", "-f", container, "-i", "-", *TO_PIXELS, "-"], packets)
    sizes = _run(["ffprobe", "-v", "error", "-f", container, "-show_entries", "packet=size", "-of", "csv=p=0", "-"], packets)
    decoded = np.frombuffer(pixels, np.uint8).reshape(-1, height, width, 3)
    packet_bytes = np.array([int(line.strip(b",")) for line in sizes.split()])
    if len(decoded) != len(stream) or len(packet_bytes) != len(stream):
        raise ValueError(f"{coding} gave {len(decoded)} frames in {len(packet_bytes)} packets for {len(stream)}: an encoder that drops frames cannot be used")
    return Decoded(coding, decoded[-count:], packet_bytes[-count:])


def _run(command: list[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
