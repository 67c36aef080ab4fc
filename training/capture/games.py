"""The games: how each is installed, started and played. One line of the table in README.md says what each shows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import configs


@dataclass(frozen=True)
class Game:
    """
    `command` may name {width}, {height}, {home} and {variant}; it is run once for each variant (a level, a track, a world), for an equal share of the
    captures. `script` holds (the game's seconds, action), in order; `wander` holds (action, weight), one of which is done about once a second from
    `wander_from_s` on. Actions: see `Player`. Every `sequence_every`-th capture is a sequence.
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
    prepare: Callable[[Path, str, tuple[int, int]], None] | None = None
    environment: dict[str, str] = field(default_factory=dict)


DRIVE = [("hold Up 1", 6), ("hold Left 0.4", 2), ("hold Right 0.4", 2), ("hold Down 0.4", 1)]

GAMES = {
    # Attract mode: demos of the game's own data, drawn by its OpenGL renderer.
    "freedoom": Game(
        ["dsda-doom", "freedoom"],
        "dsda-doom -iwad /usr/share/games/doom/freedoom2.wad -geometry {width}x{height} -vidmode gl -window -nosound",
        size=(2560, 1440),
        first_s=17,
    ),
    # A race of robots; the camera changes and goes from car to car.
    "torcs": Game(
        ["torcs"],
        "torcs",
        variants=["road/wheel-2", "dirt/dirt-3", "road/alpine-2", "road/street-1"],
        first_s=16,
        every_s=4,
        between_ms=500,
        script=[(1 + 0.5 * n, "key Return") for n in range(4)],
        wander=[("key F2", 2), ("key F3", 2), ("key F4", 1), ("key F5", 1), ("key F6", 2), ("key F8", 1), ("key F9", 2), ("key Next", 3)],
        wander_from_s=12,
        prepare=configs.torcs,
    ),
    "minetest": Game(
        ["minetest"],
        "minetest --go --gameid minetest --worldname {variant} --name robot",
        variants=["18", "4711", "99"],
        size=(1280, 720),
        first_s=14,
        every_s=4,
        script=[(8, "key k"), (9, "hold space 1.5")],
        wander=[("hold w 1", 4), ("hold space 0.3", 1), ("hold shift 0.3", 1), ("look 400 60", 3), ("key 3", 0.5), ("press 3 0.1", 0.5), ("hold a 0.5", 1)],
        wander_from_s=11,
        prepare=configs.minetest,
    ),
    "armagetronad": Game(
        ["armagetronad"],
        "armagetronad",
        size=(1600, 1200),
        first_s=17,
        every_s=1.2,
        between_ms=100,
        script=[(7, "key Return"), (8, "key Down"), (9, "key Return"), (10, "key Return")],
        wander=[("key Left", 2), ("key Right", 2), ("key c", 0.3)],
        wander_from_s=16,
        prepare=configs.armagetron,
    ),
    # Four teams played by the computer.
    # Missions by their places in the menu of the training ones.
    "gl-117": Game(
        ["gl-117"],
        "gl-117",
        variants=["280", "365", "390", "415"],
        first_s=9,
        every_s=1.6,
        # At a coarser step the game covers the picture with advice to turn its quality down.
        between_ms=33.3,
        script=[(1, "key Return"), (2.5, "mousemove 300 190"), (3, "click 1"), (4, "mousemove 1150 {variant}"), (4.5, "click 1"), (5.5, "key Return")],
        wander=[("look 120 60", 5), ("press 1 0.5", 2), ("key F1", 0.5), ("key F2", 0.5), ("key F3", 0.5), ("key F4", 0.5), ("key t", 0.5), ("key Return", 1)],
        wander_from_s=7,
        prepare=configs.gl117,
    ),
    # Races by their rows in the menu.
    "trigger-rally": Game(
        ["trigger-rally"],
        "trigger-rally",
        variants=["275", "331", "385", "455"],
        size=(1280, 720),
        first_s=24,
        # Three seconds a frame.
        every_s=1.2,
        between_ms=600,
        script=[
            (1, "mousemove 600 400"), (3, "mousemove 640 420"), (5, "press 1 1"), (8, "mousemove 333 {variant}"), (10, "press 1 1"),
            (13, "mousemove 1040 680"), (15, "press 1 1"), (18, "key Return"),
        ],
        wander=[*DRIVE, ("hold Up 2", 5), ("key c", 0.4)],
        wander_from_s=20,
    ),
    # One key ends a level's title; a second one ends the level as well, and the game with it.
    "supertux": Game(
        ["supertux"],
        "supertux2 -w --renderer sdl -g {width}x{height} --disable-sound --disable-music /usr/share/games/supertux2/levels/{variant}.stl",
        variants=["world1/fork_in_the_road", "world1/crystal_mine", "world2/beside_bushes", "world2/going_underground", "world1/icy_valley"],
        first_s=11,
        every_s=2.5,
        # It slows down rather than take longer steps.
        between_ms=80,
        script=[(5, "hold space 0.3")],
        wander=[("hold Right 2", 6), ("hold space 0.5", 4), ("hold Left 0.3", 1)],
        wander_from_s=10,
        prepare=configs.supertux,
    ),
    "xmoto": Game(
        ["xmoto"],
        "xmoto --nowww --nosound -win -res {width}x{height} -l {variant}",
        variants=["tut1", "tut3", "_iL00_", "_iL01_", "_iL03_", "_iL05_"],
        first_s=4,
        every_s=1.5,
        # Return starts again after a fall.
        wander=[("hold Up 1", 4), ("hold Left 0.3", 1), ("hold Right 0.3", 1), ("hold Down 0.4", 1), ("key Return", 2)],
        wander_from_s=2,
    ),
    "chromium-bsu": Game(
        ["chromium-bsu"],
        "chromium-bsu -w -v 4 -na",
        size=(1280, 960),
        first_s=8,
        every_s=1.5,
        script=[(2, "key Return"), (3, "key Return")],
        wander=[("hold space 1", 4), ("look 300 200", 4), ("hold Left 0.4", 1), ("hold Right 0.4", 1)],
        wander_from_s=4,
    ),
    "teeworlds": Game(
        ["teeworlds", "teeworlds-server"],
        "sh -c 'teeworlds-server \"sv_map {variant}; sv_port 8917; bindaddr 127.0.0.1\" & teeworlds \"gfx_screen_width {width}; gfx_screen_height {height}; "
        "gfx_fullscreen 0; gfx_borderless 1; snd_enable 0; connect 127.0.0.1:8917\"; kill $!'",
        variants=["dm1", "ctf2", "dm6", "ctf5", "dm8", "lms1"],
        first_s=6,
        every_s=1.5,
        wander=[("hold d 1", 3), ("hold a 1", 2), ("hold space 0.2", 3), ("press 1 0.2", 2), ("look 400 200", 3)],
        wander_from_s=4,
    ),
    # The computer plays both sides; the camera wanders over the map.
    "warzone2100": Game(
        ["warzone2100"],
        "warzone2100 --window --resolution={width}x{height} --nosound --gfxbackend=opengl --autogame --skirmish={variant}",
        variants=["miza", "highground"],
        size=(1280, 720),
        first_s=30,
        every_s=8,
        between_ms=1000,
        wander=[("hold Up 2", 2), ("hold Left 2", 2), ("hold Right 2", 2), ("hold Down 2", 2), ("click 4", 1), ("click 5", 1)],
        wander_from_s=20,
    ),
    "widelands": Game(
        ["widelands"],
        "widelands --nosound --xres={width} --yres={height} --new_game_from_template=play",
        variants=["Lake_of_Tranquility", "Twinkling_Waves", "Desert_Tournament"],
        first_s=20,
        every_s=10,
        between_ms=500,
        wander=[("hold Up 2", 2), ("hold Left 2", 2), ("hold Right 2", 2), ("hold Down 2", 2), ("key --repeat 3 Prior", 2), ("key ctrl+equal", 1), ("key ctrl+minus", 1), ("key space", 1)],
        wander_from_s=12,
        prepare=configs.widelands,
    ),
    # The title screen, which flies over a finished game.
    "openttd": Game(
        ["openttd", "openttd-opengfx"],
        "openttd -v sdl -s null -m null -r {width}x{height} -c {home}/openttd.cfg",
        first_s=8,
        every_s=3,
        between_ms=300,
        prepare=configs.openttd,
    ),
    "blobby": Game(
        ["blobby"],
        "blobby",
        size=(800, 600),
        first_s=8,
        captures=12,
        every_s=1.5,
        script=[(3, "mousemove 460 390"), (5, "press 1 0.3")],
        wander=[("hold Left 0.5", 2), ("hold Right 0.5", 2), ("hold Up 0.3", 2)],
    ),
    # Past the course's title, then shots.
    "neverputt": Game(
        ["neverputt"],
        "neverputt",
        size=(1280, 720),
        first_s=9,
        every_s=2,
        between_ms=150,
        script=[(2, "key Return"), (4, "key Right"), (4.5, "key Return"), (6, "key Return"), (7.5, "click 1")],
        wander=[("look 300 60", 4), ("click 1", 3), ("key Return", 0.5), ("hold Left 0.5", 2)],
        wander_from_s=8,
        prepare=configs.neverputt,
    ),
    "torus-trooper": Game(
        ["torus-trooper"],
        "torus-trooper -window -res {width} {height} -nosound",
        size=(1280, 960),
        first_s=6,
        every_s=1.5,
        between_ms=100,
        script=[(3, "hold z 0.3"), (4, "hold z 0.3")],
        wander=[("hold Up 1", 4), ("hold z 0.8", 4), ("hold Left 0.4", 2), ("hold Right 0.4", 2), ("hold x 0.6", 1)],
    ),
    "gunroar": Game(
        ["gunroar"],
        "gunroar -window -res {width} {height} -nosound",
        size=(1280, 960),
        first_s=6,
        every_s=1.5,
        between_ms=100,
        script=[(3, "hold z 0.3"), (4, "hold z 0.3")],
        wander=[("hold Up 0.6", 3), ("hold z 0.8", 5), ("hold Left 0.4", 2), ("hold Right 0.4", 2), ("hold x 0.6", 1)],
    ),
    "briquolo": Game(
        ["briquolo"],
        "briquolo",
        size=(800, 600),
        first_s=10,
        captures=14,
        every_s=2,
        script=[(2, "key Return"), (3.5, "key Return"), (5, "key Down"), (6, "key Down"), (7, "key Return")],
        wander=[("look 300 0", 4), ("click 1", 2), ("key space", 1)],
    ),
    "trackballs": Game(
        ["trackballs"],
        "trackballs -w -r 1024 -m -l {variant}",
        variants=["castle1", "bx1"],
        size=(1024, 768),
        first_s=16,
        every_s=2,
        script=[(3, "mousemove 140 624"), (4, "press 1 0.3"), (7, "mousemove 512 720"), (8, "press 1 0.3"), (11, "hold space 0.3")],
        wander=[("hold Up 0.8", 4), ("hold Left 0.5", 2), ("hold Right 0.5", 2), ("hold Down 0.4", 1), ("hold space 0.2", 1)],
        wander_from_s=13,
    ),
    "gltron": Game(
        ["gltron"],
        "gltron -i -6 -s",
        size=(1280, 1024),
        first_s=11,
        every_s=1.5,
        script=[(4, "hold Return 0.3"), (7, "hold space 0.2"), (9, "hold Return 0.3")],
        wander=[("key a", 1), ("key s", 1), ("hold space 0.2", 1), ("hold Return 0.3", 1)],
        wander_from_s=10,
    ),
}
