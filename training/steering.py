"""
The steering policy of the game's non-player ships: a small network that imitates an expert that looks ahead.

    OMP_NUM_THREADS=1 python3 steering.py --models ../web/public/models --vectors ../web/game/simulation/test-vectors

The expert simulates each plan (a line across the road, braking or not) for a second and a half and takes the best. The network learns the
expert's actions in the states that the network itself reaches (DAgger: S. Ross, G. Gordon, D. Bagnell, 2011).
"""

import argparse
import hashlib
import io
import json
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from manifest import file_entry, replace_entries
from racing import HALF_WIDTH_M, LIMIT_M, TOUCH_ACROSS_M, TOUCH_ALONG_M, Craft, Roads, keep_apart

SEED = 11
GROUPS, SHIPS = 20, 5
STEP_S, DECISION_STEPS = 1 / 60, 3
# The observation, as steering-observation.ts makes it.
LOOK_AHEAD_M = np.array([0, 8, 18, 32, 50, 75], float)
CURVATURE_SCALE, NEAR_M, SPEED_SCALE, CLOSING_SCALE, ANGLE_SCALE = 16.0, 30.0, 82.0, 40.0, 0.55
INPUTS = 9 + len(LOOK_AHEAD_M)
# The expert.
HORIZON_S, HORIZON_STEP_S = 1.5, 1 / 20
LINES_M = np.array([np.nan, -6, -4, -2, 0, 2, 4, 6])


def nearest_ahead(craft: Craft, roads: Roads) -> tuple[np.ndarray, ...]:
    """The next craft within NEAR_M ahead of each: whether there is one, its distance along and across the road, and its closing speed."""
    along = roads.ahead(craft.distance_m[:, :, None], craft.distance_m[:, None, :])
    along = np.where((along > 0) & (along < NEAR_M), along, np.inf)
    which = along.argmin(-1)
    along_m = np.take_along_axis(along, which[..., None], -1)[..., 0]
    across_m = np.take_along_axis(craft.lateral_m, which, 1) - craft.lateral_m
    closing_mps = craft.speed_mps - np.take_along_axis(craft.speed_mps, which, 1)
    return np.isfinite(along_m), along_m, across_m, closing_mps


def observe(craft: Craft, roads: Roads, lane_m: np.ndarray) -> np.ndarray:
    """Observations, groups x craft x INPUTS, float32."""
    bends = roads.curvature(craft.distance_m[..., None] + LOOK_AHEAD_M) * CURVATURE_SCALE
    is_near, along_m, across_m, closing_mps = nearest_ahead(craft, roads)
    own = [
        craft.lateral_m / HALF_WIDTH_M,
        craft.course_rad / ANGLE_SCALE,
        craft.nose_rad / ANGLE_SCALE,
        craft.steer,
        craft.speed_mps / SPEED_SCALE,
        lane_m / HALF_WIDTH_M,
    ]
    near = [
        np.where(is_near, 1 - np.where(is_near, along_m, 0) / NEAR_M, 0),
        np.where(is_near, across_m / HALF_WIDTH_M, 0),
        np.where(is_near, closing_mps / CLOSING_SCALE, 0),
    ]
    return np.concatenate([np.stack(own, -1), bends, np.stack(near, -1)], -1).astype(np.float32)


def towards(line_m: np.ndarray, craft: Craft, curvature: np.ndarray) -> np.ndarray:
    """Steers to a line along the road, as autopilot.ts does."""
    reach_m = 12 + craft.speed_mps * 0.45
    wanted = np.clip(np.arctan2(line_m - craft.lateral_m, reach_m), -0.3, 0.3)
    return np.clip((wanted - craft.course_rad) * 5 + curvature * 12, -1, 1)


def autopilot(craft: Craft, roads: Roads, lane_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rule that the game's rivals follow without a network: autopilot.ts."""
    bends = roads.curvature(craft.distance_m[..., None] + np.array([10, 25, 45, 70]))
    safe_mps = np.sqrt(62 / np.maximum(np.abs(bends).max(-1), 1e-4))
    return towards(lane_m, craft, bends[..., 0]), craft.speed_mps > safe_mps


def expert(craft: Craft, roads: Roads, lane_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First action of the best plan. Each plan is simulated to its end while the other craft go on as before."""
    lines_m = np.where(np.isnan(LINES_M), lane_m[..., None], LINES_M)
    lines_m = np.concatenate([lines_m, lines_m], -1)
    brakes = np.arange(lines_m.shape[-1]) >= len(LINES_M)
    ghost = craft.repeated(lines_m.shape[-1])
    start_m = ghost.distance_m
    is_near, near_m, across_m, closing_mps = (array[..., None] for array in nearest_ahead(craft, roads))
    other_m = craft.lateral_m[..., None] + across_m
    other_mps = craft.speed_mps[..., None] - closing_mps
    cost = np.zeros_like(lines_m)
    steps = round(HORIZON_S / HORIZON_STEP_S)
    for step in range(steps):
        curvature = roads.curvature(ghost.distance_m)
        steer = towards(lines_m, ghost, roads.curvature(ghost.distance_m + 10))
        if step == 0:
            first = steer
        ghost.step(steer, brakes & (step * HORIZON_STEP_S < 0.3), curvature, HORIZON_STEP_S)
        gap_m = near_m + other_mps * (step + 1) * HORIZON_STEP_S - (ghost.distance_m - start_m)
        beside = is_near & (np.abs(gap_m) < TOUCH_ALONG_M + 2) & (np.abs(other_m - ghost.lateral_m) < TOUCH_ACROSS_M + 0.7)
        close = np.maximum(0, np.abs(ghost.lateral_m) - (LIMIT_M - 0.8))
        off_lane = (ghost.lateral_m - lane_m[..., None]) ** 2
        cost += HORIZON_STEP_S * (60 * ghost.scraped + 25 * beside + 30 * close**2 + 0.12 * off_lane)
    cost -= ghost.distance_m - start_m
    best = cost.argmin(-1)[..., None]
    return np.take_along_axis(first, best, -1)[..., 0], brakes[best][..., 0]


def policy() -> nn.Sequential:
    """Maps INPUTS numbers to two within -1..1: steering, and braking where it is above 0."""
    return nn.Sequential(nn.Linear(INPUTS, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2), nn.Tanh())


def decide(network: nn.Sequential, observation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with torch.no_grad():
        controls = network(torch.from_numpy(observation.reshape(-1, INPUTS))).numpy()
    controls = controls.reshape(*observation.shape[:-1], 2)
    return controls[..., 0], controls[..., 1] > 0


def start(seeds: list[int], rng: np.random.Generator) -> tuple[Craft, Roads, np.ndarray]:
    """Starts a race on each road: craft close together at random positions across it, each with its own lane and top speed."""
    size = (len(seeds), SHIPS)
    lane_m = rng.uniform(-4.5, 4.5, size)
    craft = Craft(
        distance_m=np.arange(SHIPS) * 14 + rng.uniform(0, 900, (len(seeds), 1)),
        lateral_m=rng.uniform(-5, 5, size),
        speed_mps=rng.uniform(25, 58, size),
        nose_rad=rng.normal(0, 0.1, size),
        course_rad=rng.normal(0, 0.1, size),
        steer=rng.uniform(-0.3, 0.3, size),
        top_share=rng.uniform(0.8, 1.17, size),
    )
    return craft, Roads(seeds), lane_m


def gather(drive, seeds: list[int], rng: np.random.Generator, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Observations while `drive` drives, with random disturbances, and the expert's actions there."""
    craft, roads, lane_m = start(seeds, rng)
    seen, wanted = [], []
    for _ in range(round(seconds / STEP_S / DECISION_STEPS)):
        observation = observe(craft, roads, lane_m)
        steer, brake = expert(craft, roads, lane_m)
        seen.append(observation.reshape(-1, INPUTS))
        wanted.append(np.stack([steer, np.where(brake, 1.0, -1.0)], -1).reshape(-1, 2))
        steer, brake = drive(observation, steer, brake)
        steer = np.where(rng.random(steer.shape) < 0.05, rng.uniform(-1, 1, steer.shape), steer)
        for _ in range(DECISION_STEPS):
            craft.step(steer, brake, roads.curvature(craft.distance_m), STEP_S)
            keep_apart(craft, roads, STEP_S)
    return np.concatenate(seen), np.concatenate(wanted).astype(np.float32)


def fit(network: nn.Sequential, seen: np.ndarray, wanted: np.ndarray, steps: int) -> float:
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    weight = torch.tensor([1.0, 0.3])
    inputs, targets = torch.from_numpy(seen), torch.from_numpy(wanted)
    for _ in range(steps):
        pick = torch.randint(len(inputs), (512,))
        loss = (nn.functional.smooth_l1_loss(network(inputs[pick]), targets[pick], reduction="none", beta=0.2) * weight).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return loss.item()


def judge(drive, seeds: list[int], seconds: float = 60) -> dict[str, float]:
    """Evaluates on roads that were not used in training, in the game's time steps, with 20 decisions a second."""
    craft, roads, lane_m = start(seeds, np.random.default_rng(SEED + 1))
    start_m, scraped_s, touched_s, step_s = craft.distance_m, 0.0, 0.0, 1 / 120
    for step in range(round(seconds / step_s)):
        if step % 6 == 0:
            steer, brake = drive(craft, roads, lane_m)
        craft.step(steer, brake, roads.curvature(craft.distance_m), step_s)
        touched_s += keep_apart(craft, roads, step_s).mean() * step_s
        scraped_s += craft.scraped.mean() * step_s
    return {
        "speedMps": round(float((craft.distance_m - start_m).mean() / seconds), 2),
        "scrapedSPerMin": round(scraped_s * 60 / seconds, 3),
        "touchedSPerMin": round(touched_s * 60 / seconds, 3),
    }


def to_onnx(network: nn.Sequential) -> bytes:
    out = io.BytesIO()
    names = {"input_names": ["observation"], "output_names": ["controls"]}
    axes = {"observation": {0: "batch"}, "controls": {0: "batch"}}
    torch.onnx.export(network, torch.zeros(1, INPUTS), out, opset_version=13, dynamic_axes=axes, **names)
    model = onnx.load_from_string(out.getvalue())
    model.ir_version = 8
    model.graph.name = "p2c2r-steering"
    onnx.checker.check_model(model)
    return model.SerializeToString()


def vectors(network: nn.Sequential) -> dict:
    """A race with each craft's observations and the policy's actions, for comparison with the game's own code."""
    seed = 3
    rng = np.random.default_rng(SEED + 2)
    craft, roads, lane_m = start([seed], rng)
    lane_m = lane_m.round(3)
    for name in ("distance_m", "lateral_m", "speed_mps", "nose_rad", "course_rad", "steer"):
        setattr(craft, name, getattr(craft, name).round(3))
    observation = observe(craft, roads, lane_m)
    with torch.no_grad():
        controls = network(torch.from_numpy(observation[0])).numpy()
    ships = [
        {
            "distanceM": craft.distance_m[0, i],
            "lateralM": craft.lateral_m[0, i],
            "speedMps": craft.speed_mps[0, i],
            "noseRad": craft.nose_rad[0, i],
            "courseRad": craft.course_rad[0, i],
            "steer": craft.steer[0, i],
            "laneM": lane_m[0, i],
            "observation": [round(float(value), 6) for value in observation[0, i]],
            "controls": [round(float(value), 6) for value in controls[i]],
        }
        for i in range(SHIPS)
    ]
    return {"seed": seed, "lengthM": round(float(roads.length_m[0, 0]), 4), "ships": ships}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=20, help="of racing in each round")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    rng = np.random.default_rng(SEED)
    began = time.monotonic()
    network = policy()
    seen, wanted = np.empty((0, INPUTS), np.float32), np.empty((0, 2), np.float32)
    for n in range(options.rounds):
        seeds = [10_000 + n * GROUPS + i for i in range(GROUPS)]
        # The expert drives in the first round.
        drive = (lambda _, *expert_controls: expert_controls) if n == 0 else (lambda observation, *_: decide(network, observation))
        new = gather(drive, seeds, rng, options.seconds)
        seen, wanted = np.concatenate([seen, new[0]]), np.concatenate([wanted, new[1]])
        loss = fit(network, seen, wanted, 12_000 if n == options.rounds - 1 else 3_000)
        print(f"round {n}: {len(seen)} moves, loss {loss:.4f}, {time.monotonic() - began:.0f} s", flush=True)
    held_out = list(range(1, 11))
    figures = {
        "policy": judge(lambda craft, roads, lane_m: decide(network, observe(craft, roads, lane_m)), held_out),
        "expert": judge(expert, held_out),
        "autopilot": judge(autopilot, held_out),
    }
    print(json.dumps(figures, indent=2))
    data = to_onnx(network)
    entry = {
        "name": "steering",
        "version": hashlib.sha256(data).hexdigest()[:8],
        "task": "infer",
        "licence": "MIT",
        "parameters": sum(weights.numel() for weights in network.parameters()),
        "inputs": [{"name": "observation", "type": "float32", "dims": ["batch", INPUTS]}],
        "outputs": [{"name": "controls", "type": "float32", "dims": ["batch", 2]}],
        "figures": figures,
        "files": {"onnx": file_entry(options.models, "steering.onnx", data)},
    }
    replace_entries(options.models, "infer", [entry])
    options.vectors.mkdir(parents=True, exist_ok=True)
    (options.vectors / "steering.json").write_text(json.dumps(vectors(network), indent=2) + "\n")


if __name__ == "__main__":
    main()
