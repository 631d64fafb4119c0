"""Colours people can read: WCAG's contrast, and the ink for a ground of any colour."""

INKS = ("#ffffff", "#16242d")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours given as #rrggbb: from 1 (the same) to 21 (black and white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable_on(ground: str) -> str:
    """The ink that reads best on this ground, white or dark; pure black where neither reaches 4.5 to 1."""
    best = max(INKS, key=lambda ink: contrast(ink, ground))
    return best if contrast(best, ground) >= 4.5 else "#000000"


def _luminance(colour):
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
