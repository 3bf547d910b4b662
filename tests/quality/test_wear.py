"""What a picture is worth: scaling up, grain and compression never make it worth more."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from quality.compression import quantisation
from quality.wear import fidelity, wear


def sharp(side=256):
    """Noise whose octaves have equal parts, as photographs have."""
    rng = np.random.default_rng(8)
    layers = [
        np.asarray(
            Image.fromarray(rng.normal(128, 50, (k, k)).astype(np.float32)).resize(
                (side, side), Image.Resampling.BICUBIC
            )
        )
        for k in (8, 16, 32, 64, 128, 256)
    ]
    layers[-1] = 64 + layers[-1] / 2
    return Image.fromarray(np.clip(np.mean(layers, axis=0), 0, 255).astype(np.uint8))


def worth(image, step=0.0):
    pixels, lost = np.array([image.width * image.height]), np.array([wear(image, step).lost])
    return float(fidelity(pixels, lost)[0])


def stored(image, quality):
    held = BytesIO()
    image.save(held, "JPEG", quality=quality)
    return Image.open(held)


@pytest.mark.parametrize("factor", [1.5, 2, 3])
def test_scaling_up_adds_nothing(factor):
    image = sharp()
    larger = image.resize((round(256 * factor), round(256 * factor)), Image.Resampling.BICUBIC)
    assert worth(larger) < worth(image)


def test_scaling_down_takes_away():
    assert worth(sharp().resize((128, 128), Image.Resampling.LANCZOS)) < worth(sharp()) - 0.5


def test_grain_and_compression_take_away():
    image = sharp()
    grainy = np.asarray(image) + np.random.default_rng(1).normal(0, 30, (256, 256))
    assert worth(Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8))) < worth(image)
    good, bad = (quantisation(stored(image, quality)) for quality in (95, 50))
    assert 0 < good < bad
    assert worth(image, bad) < worth(image, good) < worth(image)


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (20, 20), (900, 700)])
def test_any_picture_has_a_worth(size):
    assert np.isfinite(worth(Image.new("L", size, 200)))
