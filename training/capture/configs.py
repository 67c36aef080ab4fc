"""Writes what games read before they start: the window's size, and the level or race of a variant."""

import shutil
from pathlib import Path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def neverputt(home: Path, variant: str, size: tuple[int, int]) -> None:
    _write(home / ".neverball/neverballrc", f"width {size[0]}\nheight {size[1]}\nfullscreen 0\nmultisample 0\nmipmap 1\nreflection 1\nshadow 1\nbackground 1\n")


def torcs(home: Path, variant: str, size: tuple[int, int]) -> None:
    """`variant`: category/track."""
    shared, own = Path("/usr/share/games/torcs/config"), home / ".torcs/config"
    screen = (shared / "screen.xml").read_text()
    _write(own / "screen.xml", screen.replace('name="x" val="640"', f'name="x" val="{size[0]}"').replace('name="y" val="480"', f'name="y" val="{size[1]}"'))
    category, track = variant.split("/")
    race = (shared / "raceman/quickrace.xml").read_text()
    race = race.replace('val="forza"', f'val="{track}"').replace('name="category" val="road"', f'name="category" val="{category}"')
    # A robot drives in the human's place.
    race = race.replace('<attnum name="idx" val="1"/>\n        <attstr name="module" val="human"/>', '<attnum name="idx" val="3"/>\n        <attstr name="module" val="inferno"/>')
    _write(own / "raceman/quickrace.xml", race)


def minetest(home: Path, variant: str, size: tuple[int, int]) -> None:
    """`variant`: seed of the world."""
    options = {
        "screen_w": size[0], "screen_h": size[1], "fullscreen": "false", "fsaa": 0, "vsync": "false", "fps_max": 200, "fixed_map_seed": variant, "mg_name": "v7",
        "viewing_range": 110, "free_move": "true", "enable_clouds": "true", "creative_mode": "true", "enable_damage": "false", "autojump": "true",
        "default_privs": "interact,shout,fly,fast,noclip,settime", "time_speed": 400, "server_announce": "false", "bind_address": "127.0.0.1", "enable_sound": "false",
        "hud_scaling": 1.4, "gui_scaling": 1.2, "font_size": 24, "node_highlighting": "box", "keymap_freemove": "KEY_KEY_K", "continuous_forward": "false",
    }  # fmt: skip
    _write(home / ".minetest/minetest.conf", "".join(f"{name} = {value}\n" for name, value in options.items()))
    world = home / ".minetest/worlds" / variant
    shutil.rmtree(world, ignore_errors=True)
    _write(world / "world.mt", f"gameid = minetest\nworld_name = {variant}\nbackend = sqlite3\nplayer_backend = sqlite3\nauth_backend = sqlite3\n")


def armagetron(home: Path, variant: str, size: tuple[int, int]) -> None:
    _write(
        home / ".armagetronad/var/user.cfg",
        f"FIRST_USE 0\nARMAGETRON_SCREENMODE 11\nARMAGETRON_LAST_SCREENMODE 11\n"
        "FULLSCREEN 0\nARMAGETRON_WINDOWSIZE 11\nARMAGETRON_LAST_WINDOWSIZE 11\nMOVIEPACK 0\nSP_NUM_AIS 7\nSP_MIN_PLAYERS 8\n",
    )


def gl117(home: Path, variant: str, size: tuple[int, int]) -> None:
    _write(
        home / ".gl-117/conf",
        f"width={size[0]}\nheight={size[1]}\nbpp=32\nfullscreen=0\nquality=4\nview=80\nsound=0\nmusic=0\nspecialeffects=1\nbrightness=0\ncontrast=0\nspecial=1\nlight=0\nclouds=3\nmaxplanes=10\n",
    )


def widelands(home: Path, variant: str, size: tuple[int, int]) -> None:
    (home / ".config/widelands").mkdir(parents=True, exist_ok=True)
    players = "".join(f'[player_{n}]\ntribe="{tribe}"\ninit="village.lua"\nai="normal"\n' for n, tribe in enumerate(("barbarians", "empire", "atlanteans", "frisians"), 1))
    _write(home / ".local/share/widelands/play", f'[global]\nmultiplayer="true"\ninteractive_player="0"\nmap="maps/{variant}.wmf"\nwin_condition="endless_game.lua"\n{players}')


def openttd(home: Path, variant: str, size: tuple[int, int]) -> None:
    _write(home / "openttd.cfg", '[misc]\ngraphicsset = "OpenGFX"\nfullscreen = false\n[gui]\nzoom_min = 0\ngui_scale = 200\n[gui]\n')


def supertux(home: Path, variant: str, size: tuple[int, int]) -> None:
    # Twice the size of the drawings, as the game chooses for large screens.
    _write(home / ".local/share/supertux2/config", "(supertux-config (profile 1) (video (fullscreen #f) (magnification 2.0) (multisampling 0)))\n")
