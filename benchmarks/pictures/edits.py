"""Edits that make copies of a photograph, from a new compression to another shot of the scene."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Edit = Callable[[Image.Image, np.random.Generator], Image.Image]


def jpeg(quality: int) -> Edit:
    """Compress again."""

    def edit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        stored = BytesIO()
        image.save(stored, "JPEG", quality=quality)
        return Image.open(stored).convert("RGB")

    return edit


def scale(across: float, down: float) -> Edit:
    """Resize each side."""
    return lambda image, rng: image.resize(
        (max(8, round(image.width * across)), max(8, round(image.height * down))), Image.Resampling.BICUBIC
    )


def crop(share: float) -> Edit:
    """Cut this share of each side off, somewhere."""

    def edit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        width, height = round(image.width * (1 - share)), round(image.height * (1 - share))
        left, top = rng.integers(0, image.width - width + 1), rng.integers(0, image.height - height + 1)
        return image.crop((left, top, left + width, top + height))

    return edit


def border(share: float, colour: str) -> Edit:
    """Put a border round, its width a share of the longer side."""
    return lambda image, rng: ImageOps.expand(image, max(1, round(max(image.size) * share)), colour)


def letterbox(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Set the picture on a black square, or a square picture on a wide one."""
    side = max(image.size)
    across = side if image.width != image.height else side * 16 // 9
    wide = Image.new("RGB", (across, side))
    wide.paste(image, ((across - image.width) // 2, (side - image.height) // 2))
    return wide


def text(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Write a line along the bottom."""
    marked = image.copy()
    place = (image.width * 0.05, image.height * 0.85)
    ImageDraw.Draw(marked).text(
        place, "(c) example photo 2012", fill="white", font_size=max(6, image.height // 12)
    )
    return marked


def logo(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Put a badge in a corner, a fifth of the shorter side wide."""
    marked = image.copy()
    side = min(image.size) // 5
    left, top = (
        (image.width - side - 3) * int(rng.integers(2)),
        (image.height - side - 3) * int(rng.integers(2)),
    )
    draw = ImageDraw.Draw(marked)
    draw.ellipse((left, top, left + side, top + side), fill=(200, 30, 30))
    draw.rectangle(
        (left + side // 3, top + side // 3, left + 2 * side // 3, top + 2 * side // 3), fill="white"
    )
    return marked


def watermark(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Write a large half-transparent word across."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    place = (image.width * 0.08, image.height * 0.35)
    ImageDraw.Draw(layer).text(place, "SAMPLE", fill=(255, 255, 255, 140), font_size=max(8, image.width // 5))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def gamma(power: float) -> Edit:
    """Bend the tone curve."""
    return lambda image, rng: image.point([round(255 * (level / 255) ** power) for level in range(256)] * 3)


def bend(amount: float) -> Edit:
    """Move a grid of points by random shares of the side, as another shot of the scene would."""

    def edit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        cells = 6
        x, y = np.meshgrid(np.linspace(0, image.width, cells + 1), np.linspace(0, image.height, cells + 1))
        moved = rng.normal(0, amount, (2, cells + 1, cells + 1))
        x, y = x + moved[0] * image.width, y + moved[1] * image.height
        mesh = []
        for row in range(cells):
            for column in range(cells):
                box = [image.width * column // cells, image.height * row // cells]
                box += [image.width * (column + 1) // cells, image.height * (row + 1) // cells]
                corners = [(row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1)]
                mesh.append((tuple(box), [value for at in corners for value in (x[at], y[at])]))
        return image.transform(image.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)

    return edit


def blurred_frame(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Set the picture on a blurred, larger self, as players of upright films do."""
    margin = max(2, round(max(image.size) * 0.06))
    behind = image.resize((image.width + 2 * margin, image.height + 2 * margin))
    behind = behind.filter(ImageFilter.GaussianBlur(max(behind.size) / 25))
    behind.paste(image, (margin, margin))
    return behind


def caption_bar(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Put a white bar with words above."""
    bar = max(8, round(image.height * 0.18))
    taller = Image.new("RGB", (image.width, image.height + bar), "white")
    taller.paste(image, (0, bar))
    ImageDraw.Draw(taller).text((6, bar // 4), "when they say so", fill="black", font_size=max(6, bar // 2))
    return taller


def banner(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cover the lowest seventh by a black banner with words."""
    marked = image.copy()
    draw, top = ImageDraw.Draw(marked), round(image.height * 0.86)
    draw.rectangle((0, top, image.width, image.height), fill="black")
    words = "news of the evening"
    draw.text((5, top + image.height // 50), words, fill="white", font_size=max(6, image.height // 12))
    return marked


def grain(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Add noise of 15 levels."""
    pixels = np.asarray(image, dtype=np.float32)
    return Image.fromarray(np.clip(pixels + rng.normal(0, 15, pixels.shape), 0, 255).astype(np.uint8))


def sepia(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Colour the grey picture brown."""
    return ImageOps.colorize(image.convert("L"), "#201000", "#fff0c0")


EASY: dict[str, Edit] = {
    **{f"jpeg {quality}": jpeg(quality) for quality in (30, 60, 90)},
    **{f"scale {factor}": scale(factor, factor) for factor in (0.25, 0.5, 2)},
    "aspect 1.15": scale(1.15, 1),
    "brighter 1.3": lambda image, rng: ImageEnhance.Brightness(image).enhance(1.3),
    "darker 0.7": lambda image, rng: ImageEnhance.Brightness(image).enhance(0.7),
    "contrast 1.4": lambda image, rng: ImageEnhance.Contrast(image).enhance(1.4),
    "gamma 0.7": gamma(0.7),
    "gamma 1.4": gamma(1.4),
    "saturation 1.6": lambda image, rng: ImageEnhance.Color(image).enhance(1.6),
    "autocontrast": lambda image, rng: ImageOps.autocontrast(image, cutoff=1),
    "grey": lambda image, rng: image.convert("L").convert("RGB"),
    "blur": lambda image, rng: image.filter(ImageFilter.GaussianBlur(max(image.size) / 200)),
    "sharpen": lambda image, rng: image.filter(ImageFilter.UnsharpMask(2, 150)),
    "text": text,
    "logo": logo,
}
HARD: dict[str, Edit] = {
    **{f"crop {percent} %": crop(percent / 100) for percent in (2, 5, 10, 15, 20, 25)},
    "border 5 % white": border(0.05, "white"),
    "border 5 % black": border(0.05, "black"),
    "border 3 % red": border(0.03, "red"),
    "letterbox": letterbox,
    "large watermark": watermark,
    "crop 10 %, jpeg 40": lambda image, rng: jpeg(40)(crop(0.1)(image, rng), rng),
    "crop 10 %, border": lambda image, rng: border(0.06, "white")(crop(0.1)(image, rng), rng),
    "blurred frame": blurred_frame,
    "caption bar": caption_bar,
    "banner": banner,
    "grain": grain,
    "sepia": sepia,
    "rotate 2 degrees": lambda image, rng: image.rotate(2, Image.Resampling.BICUBIC),
}
TURNED: dict[str, Edit] = {
    "rotate 90": lambda image, rng: image.transpose(Image.Transpose.ROTATE_90),
    "rotate 270": lambda image, rng: image.transpose(Image.Transpose.ROTATE_270),
    "mirror": lambda image, rng: ImageOps.mirror(image),
    "mirror, crop 5 %": lambda image, rng: crop(0.05)(ImageOps.mirror(image), rng),
}
OTHER_SHOTS: dict[str, Edit] = {f"bent by {percent} %": bend(percent / 100) for percent in (1, 2, 3, 5)}
EDITS = {"as it is": lambda image, rng: image} | EASY | HARD | TURNED | OTHER_SHOTS
