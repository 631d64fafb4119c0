"""Run by pictures.py as a process of its own, with nothing of the product in it: draws what arrives at its input anew.

``python -I drawing.py KIND FOLDER`` reads the file from its standard input and writes into the folder ``file``, the
picture without anything but its points, and ``page-1`` …, what people look at; it prints how many pages those are.
"""

import resource
import sys
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence

MOST_POINTS = 60_000_000
MOST_MEMORY, MOST_SECONDS = 3 * 2**29, 100
LOOKED_AT = 1600  # points of the longer side
PAGES, PAGE_WIDTH = 30, 1100
# What belongs to the points themselves; everything else a file says of where, when and by whom is left out.
STAYS = ("icc_profile", "dpi", "transparency")
WAYS = {
    "image/jpeg": ("JPEG", {"quality": 92, "optimize": True}),
    "image/png": ("PNG", {"optimize": False}),
    "image/webp": ("WEBP", {"quality": 92}),
    "image/tiff": ("TIFF", {"compression": "tiff_deflate"}),
}
NOT_A_PICTURE = 3


def main(kind, folder):
    """Draw the one file; ends with NOT_A_PICTURE where it cannot be read as what it is said to be."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    Image.MAX_IMAGE_PIXELS = MOST_POINTS
    with open(0, "rb", closefd=False) as file:
        sys.stdout.write(str(_pdf(file, folder) if kind == "application/pdf" else _picture(kind, file, folder)))


def _picture(kind, file, folder):
    form, options = WAYS[kind]
    try:
        frames = _frames(Image.open(file, formats=[form]), many=form == "TIFF")
        first, *others = frames
        more = {"save_all": True, "append_images": others} if others else {}
        first.save(folder / "file", form, **options, **more)
        for number, frame in enumerate(frames[:PAGES], start=1):
            _look(frame, folder / f"page-{number}")
    except Exception:
        # Pillow's readers raise nearly anything on a broken file; each of it means the same to the person.
        sys.exit(NOT_A_PICTURE)
    return min(len(frames), PAGES)


def _frames(picture, many):
    """The picture's pages, each turned as it is meant to be seen; all of them together are no more than one may be."""
    found, points = [], 0
    for frame in ImageSequence.Iterator(picture):
        points += frame.width * frame.height
        if points > MOST_POINTS:
            raise ValueError("too large")
        plain = ImageOps.exif_transpose(frame).copy()
        plain.info = {name: value for name, value in plain.info.items() if name in STAYS}
        found.append(plain)
        if not many:
            break
    return found


def _pdf(file, folder):
    import pypdfium2

    number = 0
    try:
        with pypdfium2.PdfDocument(file) as document:
            for number in range(1, min(len(document), PAGES) + 1):
                page = document[number - 1]
                width, height = page.get_size()
                scale = min(PAGE_WIDTH / width, 4 * PAGE_WIDTH / height)
                _look(page.render(scale=scale).to_pil(), folder / f"page-{number}")
                page.close()
    except Exception:
        # Damaged, or under a password: it is kept as it came, and what could be drawn is looked at.
        number -= bool(number) and not (folder / f"page-{number}").exists()
    return number


def _look(picture, path):
    """What is looked at: small, of one kind, and with a name only once it is whole."""
    picture.thumbnail((LOOKED_AT, 4 * LOOKED_AT), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if picture.mode.startswith("I") or picture.mode == "F":
        low, high = picture.getextrema()
        picture = picture.point(lambda value: (value - low) * (255 / ((high - low) or 1))).convert("L")
    plain = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    plain.save(f"{path}.new", "WEBP", quality=80)
    Path(f"{path}.new").rename(path)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
