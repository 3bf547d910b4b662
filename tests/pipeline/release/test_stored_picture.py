"""Only upright JPEGs of the recorded size and hash are released."""

from io import BytesIO

import pytest
from PIL import Image

from pipeline.release.refusals import ReleaseRefused
from pipeline.release.stored_picture import channels


def encoded(kind: str, **options: object) -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, kind, **options)
    return file.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded("JPEG", exif=exif)


def test_channels_are_counted(make_image):
    grey = BytesIO()
    Image.new("L", (64, 48)).save(grey, "JPEG")
    assert channels(encoded("JPEG"), make_image(data=encoded("JPEG"))) == 3
    assert channels(grey.getvalue(), make_image(data=grey.getvalue())) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encoded("PNG"), "not a JPEG"),
        (b"<html>404</html>", "not a JPEG"),
        (b"", "not a JPEG"),
        (turned(), "EXIF tag turns"),
    ],
)
def test_what_is_no_upright_jpeg_is_refused(make_image, data, reason):
    with pytest.raises(ReleaseRefused, match=reason):
        channels(data, make_image(data=data))


def test_another_size_is_refused(make_image):
    data = encoded("JPEG")
    with pytest.raises(ReleaseRefused, match="is 64 x 48, the record says 500 x 375"):
        channels(data, make_image(data=data, width=500, height=375))
