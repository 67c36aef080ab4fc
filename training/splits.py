"""
Which games train, which choose recipes and when to stop, and which are looked at once, at the end. Chosen before any training; a game is wholly in one part.
"""

SPLITS = {
    "train": [
        # 3D: shooters, races, light cycles, tanks, strategy
        "freedoom", "torcs", "trigger-rally", "armagetronad", "bzflag", "nexuiz", "flightgear", "warzone2100", "megaglest",
        # 2D, and seen from above
        "xmoto", "chromium-bsu", "hedgewars", "pingus", "teeworlds", "widelands", "wesnoth",
        # drawn by three.js
        "three-race", "three-worlds",
    ],
    # Marbles in 3D, and a jump and run.
    "validation": ["neverball", "supertux"],
    # A block world, flight over forests, isometric towns: none like a game that trains.
    "test": ["minetest", "gl-117", "openttd"],
}  # fmt: skip
