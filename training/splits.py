"""
Which games train, which choose recipes and when to stop, and which are looked at once, at the end. Chosen before any training; a game is wholly in one part.
"""

SPLITS = {
    "train": [
        # 3D: shooters, races, light cycles, strategy
        "freedoom", "torcs", "trigger-rally", "armagetronad", "gltron", "torus-trooper", "trackballs", "briquolo", "warzone2100",
        # 2D, and seen from above
        "xmoto", "chromium-bsu", "teeworlds", "gunroar", "blobby", "widelands",
        # drawn by three.js
        "three-race", "three-worlds",
    ],
    # Marbles and miniature golf in 3D, which share their drawings, and a jump and run.
    "validation": ["neverball", "neverputt", "supertux"],
    # A block world, flight over forests, isometric towns: none like a game that trains.
    "test": ["minetest", "gl-117", "openttd"],
}  # fmt: skip
