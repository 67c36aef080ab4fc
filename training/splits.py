"""
Which games train, which choose recipes and when to stop, and which are looked at once, at the end. Chosen before any training; a game is wholly in one part.
"""

SPLITS = {
    "train": [
        # 3D: shooter, race, flight, light cycles, marbles, block world
        "freedoom", "torcs", "gl-117", "armagetronad", "neverball", "minetest", "bzflag", "nexuiz", "flightgear",
        # 2D, and seen from above
        "xmoto", "chromium-bsu", "openttd", "hedgewars", "pingus", "teeworlds",
        # drawn by three.js
        "three-race", "three-worlds",
    ],
    # A 2D and a 3D game.
    "validation": ["supertux", "megaglest"],
    # A race through landscapes, a strategy game of painted tiles, and one of the 3D strategy games, none like a game that trains.
    "test": ["trigger-rally", "wesnoth", "widelands", "warzone2100"],
}  # fmt: skip
