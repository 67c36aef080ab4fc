"""Which games train, which choose recipes and when to stop, and which are looked at once, at the end. Chosen before any training."""

# A game is wholly in one part. Two games of the same art (neverball and neverputt) share a part.
SPLITS = {
    "train": ["freedoom", "chromium-bsu"],
    "validation": [],
    "test": [],
}
