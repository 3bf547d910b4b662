"""Different pictures that look alike: parts of photographs, and pictures drawn after one template.

No two of them are copies, so every merge among them is false.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from quality.signature import SIGNATURE_BYTES, signature

LETTERS = list("abcdefghijklmnopqrstuvwxyz")
SMALLEST = 32
Draw = Callable[[np.random.Generator], Image.Image]


def cells(path: Path, seed: int) -> list[Image.Image]:
    """Cut a photograph into halves, thirds and quarters of its sides, each cell turned at random."""
    rng = np.random.default_rng(seed)
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    found = []
    for count in (2, 3, 4):
        width, height = image.width // count, image.height // count
        if min(width, height) < SMALLEST:
            continue
        for row in range(count):
            for column in range(count):
                box = (column * width, row * height, (column + 1) * width, (row + 1) * height)
                turn = int(rng.integers(8))
                cell = image.crop(box)
                found.append(cell.transpose(Image.Transpose(turn - 1)) if turn else cell)
    return found


def parts(paths: list[Path], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Sign some parts of photos: their signatures, and the number of the photo of each."""
    with ProcessPoolExecutor() as pool:
        signed = list(pool.map(signed_cells, paths, range(len(paths)), chunksize=8))
    photo = np.repeat(np.arange(len(signed)), [len(some) for some in signed])
    chosen = np.sort(np.random.default_rng(0).permutation(len(photo))[:count])
    return np.concatenate(signed)[chosen], photo[chosen]


def signed_cells(path: Path, seed: int) -> np.ndarray:
    """Sign the parts of a photo."""
    signed = [signature(cell) for cell in cells(path, seed)]
    return np.array(signed, np.uint8).reshape(-1, SIGNATURE_BYTES)


def words(rng: np.random.Generator, count: int) -> str:
    """Make up words."""
    return " ".join("".join(rng.choice(LETTERS, rng.integers(2, 9))) for _ in range(count))


def hue(rng: np.random.Generator) -> tuple[int, ...]:
    """Choose a colour that is not white."""
    return tuple(int(level) for level in rng.integers(0, 220, 3))


def slide(rng: np.random.Generator) -> Image.Image:
    """One layout, other words."""
    image = Image.new("RGB", (800, 600), "#f4f4f8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 800, 90), fill="#802020")
    draw.text((30, 25), words(rng, 4), "white", font_size=36)
    for line in range(140, 540, 80):
        draw.ellipse((40, line, 56, line + 16), fill="#802020")
        draw.text((80, line - 8), words(rng, 7), "black", font_size=28)
    return image


def form(rng: np.random.Generator) -> Image.Image:
    """One printed form, filled in otherwise."""
    image = Image.new("RGB", (600, 800), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 580, 100), fill="#204080")
    draw.text((40, 40), "INVOICE", "white", font_size=36)
    for field in range(12):
        top = 130 + field * 50
        draw.rectangle((30, top, 570, top + 40), outline="black", width=2)
        draw.text((40, top + 8), f"Field {field}: {words(rng, 4)}", "#222266", font_size=20)
    return image


def label(rng: np.random.Generator) -> Image.Image:
    """One bottle in another colour, with another name on it."""
    image, colour = Image.new("RGB", (500, 500), "white"), hue(rng)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((150, 80, 350, 440), 40, fill=colour)
    draw.rectangle((200, 40, 300, 90), fill=tuple(level // 2 for level in colour))
    draw.text((170, 240), words(rng, 1)[:6], "white", font_size=40)
    return image


def flag(rng: np.random.Generator) -> Image.Image:
    """Three stripes and a disc in other colours."""
    image = Image.new("RGB", (500, 400), "white")
    draw = ImageDraw.Draw(image)
    for stripe in range(50, 350, 100):
        draw.rectangle((60, stripe, 440, stripe + 100), fill=hue(rng))
    draw.ellipse((200, 150, 300, 250), fill="white")
    return image


def icon(rng: np.random.Generator) -> Image.Image:
    """A disc, a square or a triangle in some colour."""
    image = Image.new("RGB", (64, 64), "white")
    draw, colour = ImageDraw.Draw(image), hue(rng)
    shape = rng.integers(3)
    if shape == 0:
        draw.ellipse((12, 12, 52, 52), fill=colour)
    elif shape == 1:
        draw.rectangle((12, 12, 52, 52), fill=colour)
    else:
        draw.polygon([(32, 8), (56, 56), (8, 56)], fill=colour)
    return image


def pitch(rng: np.random.Generator) -> Image.Image:
    """One playing field, the players elsewhere."""
    image = Image.new("RGB", (640, 360), "#145a28")
    draw = ImageDraw.Draw(image)
    for stripe in range(0, 640, 80):
        draw.rectangle((stripe, 0, stripe + 40, 360), fill="#18642e")
    draw.line((320, 0, 320, 360), "white", 3)
    draw.ellipse((260, 120, 380, 240), outline="white", width=3)
    for x, y, team in zip(rng.integers(20, 610, 14), rng.integers(20, 330, 14), [0, 1] * 7, strict=True):
        draw.ellipse((x, y, x + 9, y + 18), fill=("red", "blue")[team])
    return image


def chart(rng: np.random.Generator) -> Image.Image:
    """One grid, another curve."""
    image = Image.new("RGB", (640, 480), "white")
    draw = ImageDraw.Draw(image)
    for x in range(60, 620, 68):
        draw.line((x, 30, x, 430), "#cccccc")
    for y in range(30, 440, 66):
        draw.line((60, y, 610, y), "#cccccc")
    draw.rectangle((60, 30, 610, 430), outline="black", width=2)
    curve = np.cumsum(rng.normal(size=60))
    heights = 420 - 370 * (curve - curve.min()) / np.ptp(curve)
    draw.line(list(zip(range(65, 605, 9), heights.tolist(), strict=True)), "#1f77b4", 3)
    return image


def music(rng: np.random.Generator) -> Image.Image:
    """Four staves, other notes."""
    image = Image.new("RGB", (600, 400), "white")
    draw = ImageDraw.Draw(image)
    for stave in range(40, 400, 90):
        for line in range(5):
            draw.line((20, stave + line * 10, 580, stave + line * 10), "black")
        for x, step in zip(rng.integers(40, 560, 16), rng.integers(-2, 9, 16), strict=True):
            y = stave + int(step) * 5
            draw.ellipse((x, y - 5, x + 12, y + 5), fill="black")
            draw.line((x + 12, y, x + 12, y - 32), "black", 2)
    return image


def stars(rng: np.random.Generator) -> Image.Image:
    """Bright dots on black, nearly all lost when the picture shrinks."""
    pixels = np.zeros((750, 1000, 3), np.uint8)
    pixels[rng.integers(0, 750, 40), rng.integers(0, 1000, 40)] = 90
    return Image.fromarray(pixels)


def evening(rng: np.random.Generator) -> Image.Image:
    """A smooth sky of two colours with grain."""
    ramp = np.linspace(0, 1, 300)[:, None, None]
    sky = ramp * rng.integers(80, 255, 3) + (1 - ramp) * rng.integers(80, 255, 3)
    grain = rng.normal(0, 4, (300, 400, 3))
    return Image.fromarray(np.clip(sky + grain, 0, 255).astype(np.uint8))


TEMPLATES: tuple[Draw, ...] = (
    slide,
    form,
    label,
    flag,
    icon,
    pitch,
    chart,
    music,
    stars,
    evening,
)
