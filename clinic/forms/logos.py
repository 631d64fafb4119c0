"""A logo somebody sends: read with care, drawn anew small, never kept as it came."""

import io
import warnings

from PIL import Image, ImageOps

# 40 million points are a good camera's picture; what claims more is meant to exhaust the memory.
MOST_POINTS = 40_000_000
MOST_BYTES = 256 * 1024
SIDES = (512, 384, 256, 128)


class NotALogo(ValueError):
    """The file is no picture we can show; the message says what to do."""


def read_logo(stream) -> tuple[bytes, str]:
    """The picture as a PNG or JPEG of at most 512 points a side and 256 KB, and its media type; raises NotALogo.

    Drawing it anew leaves out everything that is not the picture: places, names and programs.
    """
    picture = _opened(stream)
    for side in SIDES:
        small = picture.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        for kind, media_type, options in _ways(small):
            out = io.BytesIO()
            small.save(out, kind, **options)
            if out.tell() <= MOST_BYTES:
                return out.getvalue(), media_type
    raise NotALogo("This picture cannot be made small enough. Choose a simpler one.")


def _opened(stream):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(stream, formats=["PNG", "JPEG", "WEBP"])
            width, height = picture.size
            if width * height > MOST_POINTS:
                raise NotALogo("This picture is too large. Choose one of at most 40 million points.")
            picture = ImageOps.exif_transpose(picture)
    except NotALogo:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotALogo("This picture is too large. Choose one of at most 40 million points.") from None
    except Exception:
        # Pillow's readers raise nearly anything on a broken file; each of it means the same to the person.
        raise NotALogo("This file is not a PNG, JPEG or WebP picture we can read.") from None
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _ways(picture):
    yield "PNG", "image/png", {"optimize": True}
    if picture.mode == "RGB":
        yield "JPEG", "image/jpeg", {"quality": 85, "optimize": True}
