"""From bytes that anybody may have made to a stored JPEG: bounded, upright, plain, without metadata.

A JPEG whose pixels need no change keeps its compressed data, byte for byte; its metadata is cut out. All
other pictures are decoded and encoded once. Pictures of more than one frame are refused, because a worker
would judge a frame that nobody chose.
"""

import hashlib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms, ImageStat, UnidentifiedImageError

from pipeline.jpeg_metadata import without_metadata

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
JPEG_QUALITY = 95
JPEG_MAX_SIDE = 65_500
WHITE = 255
JPEG_MAX_SCANS = 100  # progressive photographs have about ten

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class RefusedPicture(Exception):
    """These bytes are not a picture that can be used; `reason` is a word for programs."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(reason, text)  # both, so that it survives the way between processes
        self.reason = reason
        self.text = text

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Bounds in pixels: width times height, checked before decoding, and the shorter side."""

    max_pixels: int = 60_000_000
    min_side: int = 32


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG to store, its SHA-256 and size, what was changed to get it, and its pixels as all will see them.

    Empty `changes`: the bytes are as they came. `metadata`: segments were cut out and no pixel changed.
    Otherwise the picture was encoded anew, because of its format, orientation, colour, transparency or a
    damaged structure.
    """

    data: bytes
    sha256: str
    width: int
    height: int
    changes: tuple[str, ...]
    image: Image.Image


def decode(data: bytes, limits: PictureLimits = PictureLimits()) -> Picture:
    """Check and normalise a picture. Raises RefusedPicture, and nothing else whatever the bytes are."""
    _refuse_documents(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _normalised(data, _open(data, limits))
    except RefusedPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusedPicture("too_large", f"too many pixels: {error}") from error
    except UnidentifiedImageError as error:
        if data.startswith(_MAGIC):
            raise RefusedPicture(
                "broken", "the header is broken, cut off or of an unsupported kind"
            ) from error
        raise RefusedPicture("unknown_format", f"not one of {', '.join(FORMATS)}") from error
    except Exception as error:  # Pillow's parsers raise whatever a hostile file provokes
        reason = "truncated" if "truncated" in str(error) else "broken"
        raise RefusedPicture(reason, f"the image cannot be decoded: {error}") from error


def _normalised(data: bytes, image: Image.Image) -> Picture:
    changes = _changes_needed(image)
    if not changes and (stored := without_metadata(data)):
        # What was cut out says nothing of the pixels: they need not be decoded again.
        return _picture(stored, image, () if stored == data else ("metadata",))
    encoded = _encode(upright(image))
    return _picture(encoded, Image.open(BytesIO(encoded)), tuple(changes) or ("structure",))


def _picture(data: bytes, image: Image.Image, changes: tuple[str, ...]) -> Picture:
    return Picture(data, hashlib.sha256(data).hexdigest(), image.width, image.height, changes, image)


def _refuse_documents(data: bytes) -> None:
    if not data:
        raise RefusedPicture("empty", "the file has no bytes")
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        raise RefusedPicture("svg", "an SVG drawing, not a photograph")
    if start.startswith(b"<"):
        raise RefusedPicture("html", "a web page or XML document, not an image")


def _open(data: bytes, limits: PictureLimits) -> Image.Image:
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > JPEG_MAX_SCANS:
        raise RefusedPicture(
            "too_complex", f"a JPEG of more than {JPEG_MAX_SCANS} scans takes minutes to decode"
        )
    image = Image.open(BytesIO(data), formats=FORMATS)
    _check_size(image, limits)
    check_frames(image)
    image.load()
    return image


def _check_size(image: Image.Image, limits: PictureLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels or max(width, height) > JPEG_MAX_SIDE:
        raise RefusedPicture(
            "too_large", f"{width} x {height} pixels; at most {limits.max_pixels} are allowed"
        )
    if min(width, height) < limits.min_side:
        raise RefusedPicture("too_small", f"{width} x {height} pixels; a side needs {limits.min_side}")


def check_frames(image: Image.Image) -> None:
    """Raise RefusedPicture where an opened file holds more than one picture: nobody chose among them."""
    # A phone's JPEG may carry previews as further frames (MPO); its first frame is the photograph.
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":
        raise RefusedPicture("animated", f"{frames} frames, not one still picture")


def _changes_needed(image: Image.Image) -> list[str]:
    changes = []
    if image.format not in {"JPEG", "MPO"}:
        changes.append(f"format:{str(image.format).lower()}")
    if (turned := orientation(image)) in _UPRIGHT:
        changes.append(f"orientation:{turned}")
    if image.mode not in {"RGB", "L"}:
        changes.append(f"colour:{image.mode}")
    if image.has_transparency_data:
        changes.append("transparency")
    return changes


def orientation(image: Image.Image) -> int:
    """Give how an opened picture lies by its EXIF, 1 to 8; 1, upright, where that cannot be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # as above; a picture with unreadable EXIF is taken as it stands
        return 1


def upright(image: Image.Image) -> Image.Image:
    """Decode an opened picture in plain colours and turn it as its EXIF says, of which nothing else counts.

    Raises
    ------
    RefusedPicture
        As `plain` does.
    """
    shown = plain(image)  # first: TIFFs are turned, and say so no longer, once they are decoded
    turn = _UPRIGHT.get(orientation(image))
    return shown if turn is None else shown.transpose(turn)


def plain(image: Image.Image) -> Image.Image:
    """Return the picture in sRGB, or grey where it is grey without a profile, on white where transparent.

    Raises
    ------
    RefusedPicture
        When its pixels are of a type without an agreed brightness.
    """
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in {"I", "F", "LAB"}:
        raise RefusedPicture("unsupported_colour", f"pixels of type {image.mode} have no agreed brightness")
    if image.has_transparency_data:
        return _in_srgb(_on_paper(image.convert("RGBA")), image)
    if image.mode in {"L", "1"}:
        return image.convert("L")
    return _in_srgb(image.convert("RGB") if image.mode == "P" else image, image)


def _on_paper(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white, or on black if white hides all of it."""
    on_white = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    empty = ImageStat.Stat(image.getchannel("A")).extrema[0][1] == 0
    if empty or any(low < WHITE for low, _ in ImageStat.Stat(on_white).extrema):
        return on_white
    return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image).convert("RGB")


def _in_srgb(image: Image.Image, original: Image.Image) -> Image.Image:
    profile = original.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB")
        except (OSError, ImageCms.PyCMSError):
            converted = None  # a broken profile, or one of another colour space, says nothing
        if converted is not None:
            return converted
    return image.convert("RGB")


@lru_cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _encode(image: Image.Image) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()
