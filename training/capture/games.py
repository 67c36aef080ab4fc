"""The games: how each is installed, started and played. One line of the table in README.md says what each shows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Game:
    """
    `command` may name {width}, {height} and {home}. `script` holds (the game's seconds, action), in order; `wander` holds (action, weight), one of which is
    done about once a second from `wander_from_s` on. Actions: see `Player`. Every `sequence_every`-th capture is a sequence.
    """

    packages: list[str]
    command: str
    width: int = 2560
    height: int = 1440
    first_s: float = 10
    every_s: float = 2
    between_ms: float = 100
    captures: int = 48
    sequence_every: int = 8
    script: list[tuple[float, str]] = field(default_factory=list)
    wander: list[tuple[str, float]] = field(default_factory=list)
    wander_from_s: float = 5
    prepare: Callable[[Path], None] | None = None
    environment: dict[str, str] = field(default_factory=dict)


GAMES = {
    # Attract mode: demos of the game's own data, drawn by its OpenGL renderer.
    "freedoom": Game(
        ["dsda-doom", "freedoom"],
        "dsda-doom -iwad /usr/share/games/doom/freedoom2.wad -geometry {width}x{height} -vidmode gl -window -nosound",
        first_s=17,
    ),
}
