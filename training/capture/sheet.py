"""
Draws a contact sheet of a game's captures, to choose which to discard, and names those that are black or repeat the one before.

    python3 sheet.py /somewhere/games/neverball sheet.png [discard]

With `discard` it deletes those.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

COLUMNS = 8
TILE = (240, 135)
# Mean absolute difference, of 255, below which two pictures of different captures count as one; standard deviation below which one is empty.
SAME = 0.4
EMPTY = 6


def main() -> None:
    folder, out = Path(sys.argv[1]), sys.argv[2]
    paths = sorted((folder / "truth").glob("*.png"))
    singles = [path for path in paths if path.stem.endswith("-0")]
    sheet = Image.new("RGB", (COLUMNS * TILE[0], -(-len(singles) // COLUMNS) * TILE[1]))
    pen, before, poor = ImageDraw.Draw(sheet), None, []
    for n, path in enumerate(singles):
        tile = Image.open(path).resize(TILE, Image.BOX)
        pixels = np.asarray(tile, float)
        if pixels.std() < EMPTY or (before is not None and np.abs(pixels - before).mean() < SAME):
            poor.append(path.stem)
        before = pixels
        at = n % COLUMNS * TILE[0], n // COLUMNS * TILE[1]
        sheet.paste(tile, at)
        pen.text((at[0] + 3, at[1] + 2), path.stem[:3], fill=(255, 0, 255))
    sheet.save(out)
    if sys.argv[3:] == ["discard"]:
        for stem in poor:
            for path in folder.glob(f"*/{stem[:-1]}*.png"):
                path.unlink()
    print(f"{len(singles)} captures, {len(paths)} frames; poor: {' '.join(poor) or 'none'}")


if __name__ == "__main__":
    main()
