"""What a stored picture's bytes say of themselves."""

from __future__ import annotations

from io import BytesIO

from PIL import ExifTags, Image, UnidentifiedImageError

from pipeline.release.images import ReleaseImage
from pipeline.release.refusals import ReleaseRefused


def channels(data: bytes, image: ReleaseImage) -> int:
    """Check that ``data`` are a picture such as ``image`` says, and count their colour channels.

    Boxes of well-known datasets refer to the size shown to the annotator, not to the file's; so the size
    is read from the file, and a picture that a viewer would turn by its EXIF tag is refused.

    Raises
    ------
    ReleaseRefused
        If the size differs, or the bytes are no upright JPEG.
    """
    try:
        with Image.open(BytesIO(data), formats=["JPEG"]) as picture:
            size, bands = picture.size, len(picture.getbands())
            turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ReleaseRefused(f"{image.file}: the stored picture is not a JPEG ({error})") from error
    if size != (image.width, image.height):
        given = f"{image.width} x {image.height}"
        raise ReleaseRefused(f"{image.file}: the picture is {size[0]} x {size[1]}, the record says {given}")
    if turned:
        raise ReleaseRefused(f"{image.file}: an EXIF tag turns the picture, so its boxes would not fit")
    return bands
