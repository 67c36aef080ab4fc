"""
Generated scenes, drawn without anti-aliasing at four samples along each side of the small picture's pixels, as the game frames were
captured. They contain what is frequent in games and rare in the captured frames.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

# From Debian's fonts-dejavu-core.
FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf"]
GLYPHS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.+-%!?"


def draw(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Draws a scene, H x W x 3, 8 bits: a background with several objects."""
    picture = Image.fromarray(_ground(rng, width, height))
    things = rng.choice([_wires, _foliage, _text, _sprites, _polygons, _fence, _specks], size=rng.integers(3, 7))
    for thing in things:
        picture = thing(rng, picture)
    return np.asarray(picture)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    # Half of the colours are nearly grey: saturated colours are rarer in games than in a uniform draw.
    if rng.random() < 0.5:
        return tuple(int(v) for v in np.clip(rng.integers(0, 256) + rng.integers(-20, 21, 3), 0, 255))
    return tuple(int(v) for v in rng.integers(0, 256, 3))


def _ground(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    kind = rng.integers(3)
    first, second = np.array(_colour(rng), float), np.array(_colour(rng), float)
    if kind == 0:
        share = _gradient(rng, width, height)
    elif kind == 1:
        share = _fractal_noise(rng, width, height)
    else:
        share = np.clip(_gradient(rng, width, height) + 0.5 * (_floor(rng, width, height) - 0.5), 0, 1)
    return (first + (second - first) * share[..., None]).round().astype(np.uint8)


def _gradient(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:height, 0:width]
    along = x * np.cos(angle) + y * np.sin(angle)
    return (along - along.min()) / np.ptp(along)


def _fractal_noise(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Octaves of value noise with a random fall-off, from clouds to gravel."""
    fall = rng.uniform(0.45, 0.95)
    total = np.zeros((height, width))
    for octave in range(2, 9):
        cells = 2**octave
        rough = rng.random((max(2, cells * height // width), cells)).astype(np.float32)
        total += fall**octave * np.asarray(Image.fromarray(rough).resize((width, height), Image.BICUBIC))
    return (total - total.min()) / np.ptp(total)


def _floor(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A textured plane up to the horizon, which contains every frequency. One sample a pixel, nearest texel."""
    side = int(rng.choice([8, 16, 64, 256]))
    texture = rng.random((side, side)) if rng.random() < 0.5 else np.indices((side, side)).sum(0) % 2
    horizon = rng.uniform(-0.3, 0.4) * height
    y, x = np.mgrid[0:height, 0:width]
    depth = 1.0 / np.maximum(y - horizon, 1.0)
    turn = rng.uniform(0, np.pi)
    u, v = (x - width / 2) * depth, height * depth
    scale = side * rng.uniform(0.3, 3)
    column = ((u * np.cos(turn) - v * np.sin(turn)) * scale).astype(int) % side
    row = ((u * np.sin(turn) + v * np.cos(turn)) * scale).astype(int) % side
    # Mip maps hide texture that is too fine for the screen; here a haze does.
    haze = np.clip((y - horizon) / (0.15 * height), 0, 1)
    return 0.5 + (texture[row, column] - 0.5) * haze


def _wires(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.integers(2, 10)):
        start = rng.integers(0, picture.width), rng.integers(0, picture.height)
        sag = rng.uniform(0, 120)
        end = np.array(start) + rng.integers(-500, 501, 2)
        points = [
            tuple(np.array(start) + (end - start) * t + [0, sag * 4 * t * (1 - t)]) for t in np.linspace(0, 1, 24)
        ]
        pen.line(points, fill=_colour(rng), width=int(rng.integers(1, 12)))
    return picture


def _foliage(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    center = rng.integers(0, picture.width), rng.integers(0, picture.height)
    base = np.array(_colour(rng))
    spread, size = rng.uniform(40, 260), rng.uniform(3, 22)
    is_grass = rng.random() < 0.4
    for _ in range(rng.integers(100, 700)):
        at = np.array(center) + rng.normal(0, spread, 2)
        angle = rng.normal(-np.pi / 2, 0.4) if is_grass else rng.uniform(0, 2 * np.pi)
        ahead = np.array([np.cos(angle), np.sin(angle)]) * size * rng.uniform(1, 4)
        aside = np.array([-ahead[1], ahead[0]]) * rng.uniform(0.05, 0.4)
        shade = np.clip(base * rng.uniform(0.5, 1.3), 0, 255).astype(int)
        pen.polygon([tuple(at + aside), tuple(at + ahead), tuple(at - aside)], fill=tuple(int(v) for v in shade))
    return picture


def _text(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"
    for _ in range(rng.integers(1, 5)):
        # 6 to 24 pixels high in the small picture.
        font = ImageFont.truetype(str(rng.choice(FONTS)), int(rng.integers(24, 96)))
        words = "".join(rng.choice(list(GLYPHS + "   "), rng.integers(4, 24)))
        at = rng.integers(-60, picture.width - 60), rng.integers(0, picture.height)
        fill = _colour(rng) if rng.random() < 0.5 else (255, 255, 255)
        pen.text(at, words, fill=fill, font=font, stroke_width=int(rng.choice([0, 0, 4])), stroke_fill=(0, 0, 0))
    return picture


def _sprites(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """Pixel art and block worlds: squares in a few colours, also rotated and in perspective."""
    for _ in range(rng.integers(1, 4)):
        side = int(rng.choice([8, 16, 32]))
        palette = np.array([_colour(rng) for _ in range(rng.integers(2, 6))], np.uint8)
        if rng.random() < 0.5:
            palette = np.clip(palette[:1].astype(int) + rng.integers(-30, 31, (len(palette), 1)), 0, 255).astype(np.uint8)
        art = Image.fromarray(palette[rng.integers(0, len(palette), (side, side))])
        size = int(rng.integers(60, 500))
        corners = np.array([[0, 0], [0, size], [size, size], [size, 0]], float) + rng.uniform(-0.35, 0.35, (4, 2)) * size
        warped = art.transform((size, size), Image.QUAD, tuple(corners.ravel() * side / size), Image.NEAREST)
        picture.paste(warped, (int(rng.integers(-50, picture.width)), int(rng.integers(-50, picture.height))))
    return picture


def _polygons(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.integers(2, 12)):
        at = rng.uniform(0, 1, 2) * picture.size
        corners = [tuple(at + rng.normal(0, rng.uniform(20, 200), 2)) for _ in range(rng.integers(3, 6))]
        if rng.random() < 0.3:
            radius = rng.uniform(8, 120)
            pen.ellipse([tuple(at - radius), tuple(at + radius)], fill=_colour(rng))
            # The highlight of a shiny object: small and white.
            glint = radius * rng.uniform(0.05, 0.25)
            pen.ellipse([tuple(at - radius * 0.4 - glint), tuple(at - radius * 0.4 + glint)], fill=(255, 255, 255))
        else:
            pen.polygon(corners, fill=_colour(rng))
    return picture


def _fence(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """Stripes that shrink with distance: railings, stairs, kerbs."""
    pen = ImageDraw.Draw(picture)
    x, top = rng.uniform(0, picture.width), rng.uniform(0, picture.height)
    gap, height, slope = rng.uniform(6, 50), rng.uniform(30, 300), rng.uniform(-0.4, 0.4)
    shrink = rng.uniform(0.94, 1.0)
    fill = _colour(rng)
    while gap > 2 and x < picture.width:
        pen.line([(x, top), (x, top + height)], fill=fill, width=max(1, int(gap * 0.35)))
        x, top, gap, height = x + gap, top + gap * slope, gap * shrink, height * shrink
    return picture


def _specks(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """Sparks, snow, stars, and glitter over noise."""
    pixels = np.array(picture)
    for _ in range(rng.integers(40, 400)):
        y, x = rng.integers(0, picture.height), rng.integers(0, picture.width)
        size = rng.integers(1, 7)
        pixels[y : y + size, x : x + size] = _colour(rng) if rng.random() < 0.3 else 255
    return Image.fromarray(pixels)
