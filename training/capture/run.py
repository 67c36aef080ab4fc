"""
Runs one game of `games.toml` and keeps its frames.

    python3 run.py torcs --out /somewhere/games

Writes <out>/<game>/truth/<capture>-<frame>.png (the 2x2 box average of the capture) and <out>/<game>/centre/<capture>-<frame>.png (of every 4x4
samples the four at the centre, as 2x2 pixels: small pictures are `[row::2, column::2]` of it). A capture of eight frames is a sequence at 30 frames a second.
"""

import argparse
import contextlib
import mmap
import os
import random
import shlex
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

import configs
from display import Display
from games import GAMES, Game

HERE = Path(__file__).parent
# Seed of the scripted input.
SEED = 18


def build_clock(folder: Path) -> Path:
    library = folder / "step_clock.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(HERE / "step_clock.c"), "-ldl"], check=True)
    return library


def install(game: Game) -> None:
    subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *game.packages], check=True, stdout=subprocess.DEVNULL)


class Clock:
    """The game's clock, as `step_clock.c` shares it."""

    def __init__(self, path: Path):
        path.write_bytes(bytes(4096))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 4096)

    def read(self) -> tuple[float, int, int]:
        """The game's time in seconds, the frames shown, and the captures written."""
        clock_ns, _, frames, captures = struct.unpack_from("4q", self.memory)
        return clock_ns / 1e9, frames, captures

    def played(self, seconds: float) -> None:
        """Tells the game that all input up to this time has been given: it does not run ahead of it."""
        struct.pack_into("q", self.memory, 48, max(1, round(seconds * 1e9)))


class Player:
    """Plays the script of a game: timed actions first, then random ones of its `wander` until the end."""

    def __init__(self, display: Display, game: Game, variant: str):
        self.display, self.rng = display, random.Random(SEED)
        self.wander = game.wander
        self.script = [(at, shlex.split(action.format(variant=variant))) for at, action in game.script]
        self.releases: list[tuple[float, list[str]]] = []
        self.next_wander = game.wander_from_s

    def advance(self, seconds: float) -> None:
        for at, action in [item for item in self.releases if item[0] <= seconds]:
            self.releases.remove((at, action))
            self.display.input(*action)
        while self.script and self.script[0][0] <= seconds:
            self._do(seconds, self.script.pop(0)[1])
        if self.wander and seconds >= self.next_wander:
            weights = [weight for _, weight in self.wander]
            action = self.rng.choices([action for action, _ in self.wander], weights)[0]
            self._do(seconds, shlex.split(action))
            self.next_wander = seconds + self.rng.uniform(0.3, 1.2)

    def _do(self, seconds: float, action: list[str]) -> None:
        """`hold KEY SECONDS`, `press BUTTON SECONDS`, `look X Y` (pixels, at most), or what xdotool takes."""
        if action[0] == "hold":
            self.display.input("keydown", action[1])
            self.releases.append((seconds + float(action[2]), ["keyup", action[1]]))
        elif action[0] == "press":
            self.display.input("mousedown", action[1])
            self.releases.append((seconds + float(action[2]), ["mouseup", action[1]]))
        elif action[0] == "look":
            reach = int(action[1]), int(action[2])
            self.display.input("mousemove_relative", "--", *(str(self.rng.randint(-r, r)) for r in reach))
        else:
            self.display.input(*action)


def reduce_frames(raw: Path, out: Path, is_over: threading.Event) -> None:
    """Turns finished frames into pictures and deletes them, beside the game, until `is_over`."""
    while not is_over.wait(0.3):
        # The last one may still be being written.
        for path in sorted(raw.glob("*.ppm"))[:-1]:
            store(path, out)


def store(path: Path, out: Path) -> None:
    pixels = np.asarray(Image.open(path))
    height, width, _ = pixels.shape
    truth = np.rint(pixels.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))).astype(np.uint8)
    centre = np.empty_like(truth)
    for row in (0, 1):
        for column in (0, 1):
            centre[row::2, column::2] = pixels[1 + row :: 4, 1 + column :: 4]
    for kind, picture in (("truth", truth), ("centre", centre)):
        (out / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(out / kind / f"{path.stem}.png", compress_level=2)
    path.unlink()


def capture(game: Game, variant: int, out: Path, limit_s: float, home: Path, look_every_s: float) -> int:
    """Runs one variant. Returns how many captures it gave."""
    wanted = -(-game.captures // len(game.variants))
    raw = home / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for old in raw.glob("*.ppm"):
        old.unlink()
    if game.prepare:
        getattr(configs, game.prepare)(home, game.variants[variant], game.size)
    clock = Clock(home / "clock")
    display = Display(*game.size, home)
    environment = {
        **display.environment, "LD_PRELOAD": str(build_clock(home)), "STEP_CLOCK": str(home / "clock"), "STEP_OUT": str(raw),
        "STEP_SIZE": "{}x{}".format(*game.size), "STEP_BETWEEN_MS": str(game.between_ms), "STEP_FIRST_S": str(game.first_s),
        "STEP_CAPTURE": str(variant * 100), "STEP_EVERY_S": str(game.every_s), "STEP_SEQUENCE": str(game.sequence_every), **game.environment,
    }  # fmt: skip
    log = open(home / "log", "wb")
    command = shlex.split(game.command.format(width=game.size[0], height=game.size[1], home=home, variant=game.variants[variant]))
    process = subprocess.Popen(["nice", "-n", "15", *command], env=environment, cwd=home, stdout=log, stderr=log, start_new_session=True)
    is_over = threading.Event()
    reducer = threading.Thread(target=reduce_frames, args=(raw, out, is_over))
    reducer.start()
    player, start, captures, last_look = Player(display, game, game.variants[variant]), time.time(), 0, 0.0
    try:
        while process.poll() is None and time.time() - start < limit_s and captures < wanted:
            time.sleep(0.01)
            seconds, frames, captures = clock.read()
            player.advance(seconds)
            clock.played(seconds)
            if look_every_s and time.time() - last_look > look_every_s:
                last_look = time.time()
                display.picture(home / f"look-{int(last_look - start):04}.png")
                print(f"{last_look - start:.0f} s: game at {seconds:.1f} s, {frames} frames, {captures} captures", flush=True)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        # Also what the command started: a shell may end before its game does.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        display.close()
        is_over.set()
        reducer.join()
    seconds, frames, captures = clock.read()
    # A capture that was cut off is no frame; whole ones are left here.
    for path in sorted(raw.glob("*.ppm")):
        if int(path.stem.split("-")[0]) < variant * 100 + captures:
            store(path, out)
    print(f"{game.variants[variant]}: {captures} captures, {frames} frames shown, {seconds:.0f} s of the game in {time.time() - start:.0f} s; exit {process.poll()}")
    return captures


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("game", choices=GAMES)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit-s", type=float, default=900, help="of real time")
    parser.add_argument("--look-every-s", type=float, default=0, help="writes a small picture of the screen so often, to find a game's keys")
    parser.add_argument("--variant", type=int, help="only this one")
    parser.add_argument("--install", action="store_true")
    options = parser.parse_args()
    # A run that is told to end still ends its game and its display.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    game = GAMES[options.game]
    if options.install:
        install(game)
    home = options.out.resolve() / "homes" / options.game
    home.mkdir(parents=True, exist_ok=True)
    variants = range(len(game.variants)) if options.variant is None else [options.variant]
    limit_s = options.limit_s / len(variants)
    captures = [capture(game, n, options.out.resolve() / options.game, limit_s, home, options.look_every_s) for n in variants]
    return 0 if all(captures) else 1


if __name__ == "__main__":
    sys.exit(main())
