"""What games.toml says of each game. One line of the table in README.md says what each shows."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Game:
    """
    `command` may name {width}, {height}, {home} and {variant}; it is run once for each variant (a level, a track, a world), for an equal share of the
    captures. `script` holds (the game's seconds, action), in order; `wander` holds (action, weight), one of which is done about once a second from
    `wander_from_s` on. Actions: see `Player`. Every `sequence_every`-th capture is a sequence.
    `prepare` names a function of configs.py.
    """

    packages: list[str]
    command: str
    variants: list[str] = field(default_factory=lambda: ["-"])
    size: tuple[int, int] = (1920, 1080)
    first_s: float = 10
    every_s: float = 2
    between_ms: float = 250
    captures: int = 40
    sequence_every: int = 8
    script: list[tuple[float, str]] = field(default_factory=list)
    wander: list[tuple[str, float]] = field(default_factory=list)
    wander_from_s: float = 5
    prepare: str | None = None
    environment: dict[str, str] = field(default_factory=dict)


with open(Path(__file__).with_name("games.toml"), "rb") as file:
    GAMES = {name: Game(**entry) for name, entry in tomllib.load(file).items()}
