"""
The built-in game's road and craft, vectorised over many craft; `web/game/simulation/` computes the same for one. Names carry the same
units. Arrays are groups x craft, and each group has its own road.
"""

from dataclasses import dataclass, field

import numpy as np

SAMPLES = 1024
BASE_RADIUS_M = 185
HARMONICS = (0.12, 0.1, 0.055, 0.03)
HALF_WIDTH_M = 8.0
# HANDLING in craft.ts.
TOP_SPEED_MPS, ACCELERATION_MPS2, BRAKE_MPS2, CRAWL_SPEED_MPS = 58.0, 22.0, 42.0, 12.0
YAW_RATE_RADPS, ASSIST, GRIP_PER_S, SELF_CENTRING_PER_S, MAX_NOSE_RAD = 1.5, 0.72, 5.5, 1.6, 0.55
LIMIT_M = HALF_WIDTH_M - 1.3
# TOUCH_M in race.ts.
TOUCH_ALONG_M, TOUCH_ACROSS_M = 4.6, 2.3


def mulberry32(seed: int):
    """`seededRandom` of random.ts."""
    state = seed & 0xFFFFFFFF

    def imul(a: int, b: int) -> int:
        return (a * b) & 0xFFFFFFFF

    def random() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = imul(state ^ (state >> 15), 1 | state)
        mixed = ((mixed + imul(mixed ^ (mixed >> 7), 61 | mixed)) & 0xFFFFFFFF) ^ mixed
        return ((mixed ^ (mixed >> 14)) & 0xFFFFFFFF) / 2**32

    return random


def _turn(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.arctan2(np.sin(end - start), np.cos(end - start))


def road(seed: int) -> tuple[float, np.ndarray]:
    """Length, metres, and curvature (1/m, positive to the right) at SAMPLES equal steps along the road, as in track.ts."""
    random = mulberry32(seed)
    shape = []
    for index, share in enumerate(HARMONICS):
        size = share * (0.7 + 0.3 * random())
        shape.append((index + 2, size, random() * 2 * np.pi))

    def point(angle: np.ndarray) -> np.ndarray:
        radius = 1 + sum(share * np.cos(order * angle + phase) for order, share, phase in shape)
        return np.stack([np.cos(angle) * radius, np.sin(angle) * radius]) * BASE_RADIUS_M

    steps = SAMPLES * 4
    outline = point(np.arange(steps + 1) / steps * 2 * np.pi)
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(outline)))])
    length_m = lengths[-1]

    def at(share: np.ndarray) -> np.ndarray:
        return point(np.interp((share % 1) * length_m, lengths, np.arange(steps + 1)) / steps * 2 * np.pi)

    def heading(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.arctan2(end[0] - start[0], -(end[1] - start[1]))

    share, reach = np.arange(SAMPLES) / SAMPLES, 4 / SAMPLES
    here = at(share)
    curvature = _turn(heading(at(share - reach), here), heading(here, at(share + reach))) / (reach * length_m)
    return float(length_m), curvature


class Roads:
    """The roads, one per group of craft."""

    def __init__(self, seeds: list[int]):
        roads = [road(seed) for seed in seeds]
        self.length_m = np.array([length for length, _ in roads])[:, None]
        self._curvature = np.array([curvature for _, curvature in roads])

    def curvature(self, distance_m: np.ndarray) -> np.ndarray:
        """Curvature at positions along the roads: groups x anything."""
        flat = distance_m.reshape(len(distance_m), -1)
        position = (flat % self.length_m) / self.length_m * SAMPLES
        index = position.astype(np.int64) % SAMPLES
        share = position - np.floor(position)
        group = np.arange(len(flat))[:, None]
        start, end = self._curvature[group, index], self._curvature[group, (index + 1) % SAMPLES]
        return (start + (end - start) * share).reshape(distance_m.shape)

    def ahead(self, start_m: np.ndarray, end_m: np.ndarray) -> np.ndarray:
        """Shorter signed distance along a closed road; groups are the first axis."""
        length_m = self.length_m.reshape(-1, *[1] * (np.ndim(end_m) - 1))
        way = (end_m - start_m) % length_m
        return np.where(way > length_m / 2, way - length_m, way)


@dataclass
class Craft:
    """`Craft` of craft.ts, without boost and energy, which rivals do not use."""

    distance_m: np.ndarray
    lateral_m: np.ndarray
    speed_mps: np.ndarray
    nose_rad: np.ndarray
    course_rad: np.ndarray
    steer: np.ndarray
    top_share: np.ndarray
    scraped: np.ndarray = field(default=None)

    def repeated(self, times: int) -> "Craft":
        """Repeats each craft along a new last axis."""
        arrays = (np.repeat(array[..., None], times, -1) for array in self._arrays())
        return Craft(*arrays)

    def _arrays(self):
        return (self.distance_m, self.lateral_m, self.speed_mps, self.nose_rad, self.course_rad, self.steer, self.top_share)

    def step(self, steer: np.ndarray, brake: np.ndarray, curvature: np.ndarray, step_s: float) -> None:
        self.steer = self.steer + (np.clip(steer, -1, 1) - self.steer) * min(1, 10 * step_s)
        top = TOP_SPEED_MPS * self.top_share
        faster = np.minimum(top, self.speed_mps + ACCELERATION_MPS2 * step_s)
        slower = self.speed_mps + (top - self.speed_mps) * min(1, 1.5 * step_s)
        braked = np.maximum(CRAWL_SPEED_MPS, self.speed_mps - BRAKE_MPS2 * step_s)
        self.speed_mps = np.where(brake, braked, np.where(self.speed_mps < top, faster, slower))
        along = self.speed_mps * np.cos(self.course_rad) / np.maximum(0.4, 1 - curvature * self.lateral_m)
        across = self.speed_mps * np.sin(self.course_rad)
        swing = self.steer * YAW_RATE_RADPS - self.nose_rad * SELF_CENTRING_PER_S - curvature * along * (1 - ASSIST)
        self.nose_rad = np.clip(self.nose_rad + swing * step_s, -MAX_NOSE_RAD, MAX_NOSE_RAD)
        self.course_rad = self.course_rad + (self.nose_rad - self.course_rad) * min(1, GRIP_PER_S * step_s)
        self.distance_m = self.distance_m + along * step_s
        self.lateral_m = self.lateral_m + across * step_s
        self._stay_between_barriers(step_s)

    def _stay_between_barriers(self, step_s: float) -> None:
        self.scraped = np.abs(self.lateral_m) > LIMIT_M
        side = np.sign(self.lateral_m)
        self.lateral_m = np.clip(self.lateral_m, -LIMIT_M, LIMIT_M)
        self.course_rad = np.where(self.scraped & (self.course_rad * side > 0), self.course_rad * -0.35, self.course_rad)
        self.nose_rad = np.where(self.scraped & (self.nose_rad * side > 0), self.nose_rad * -0.2, self.nose_rad)
        slowed = np.maximum(CRAWL_SPEED_MPS, self.speed_mps * (1 - 1.8 * step_s))
        self.speed_mps = np.where(self.scraped, slowed, self.speed_mps)


def keep_apart(craft: Craft, roads: Roads, step_s: float) -> np.ndarray:
    """Separates craft that touch, as race.ts does. Returns which ones touched another."""
    along = roads.ahead(craft.distance_m[:, :, None], craft.distance_m[:, None, :])
    across = craft.lateral_m[:, None, :] - craft.lateral_m[:, :, None]
    touches = (np.abs(along) <= TOUCH_ALONG_M) & (np.abs(across) <= TOUCH_ACROSS_M)
    count = touches.shape[1]
    touches[:, np.arange(count), np.arange(count)] = False
    # Of two craft side by side the one with the lower index is moved left.
    order = np.where(np.arange(count)[:, None] < np.arange(count), 1, -1)
    side = np.where(across == 0, order, np.sign(across))
    craft.lateral_m = craft.lateral_m - (touches * side).sum(-1) * 5 * step_s
    craft.speed_mps = craft.speed_mps * (1 - 0.5 * step_s) ** (touches & (along > 0)).sum(-1)
    return touches.any(-1)
