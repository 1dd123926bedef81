"""A synthetic document for the demonstration and for tests: an ECG computed from bell curves, no real person's."""

import io

import numpy as np
from PIL import Image, ImageDraw

# Of one beat: where in it (0…1), how high (mV), how wide. P, Q, R, S and T.
WAVES = ((0.18, 0.15, 0.025), (0.27, -0.12, 0.008), (0.30, 1.1, 0.011), (0.33, -0.28, 0.010), (0.55, 0.32, 0.045))
PIXELS_PER_MM = 8


def ecg_picture(*, beats: int = 7, height: float = 1.0) -> bytes:
    """A PNG of one lead on squared paper, 10 mm to the millivolt; the same arguments give the same bytes."""
    width, tall = 190 * PIXELS_PER_MM, 45 * PIXELS_PER_MM
    image = Image.new("RGB", (width, tall), "#fffaf7")
    draw = ImageDraw.Draw(image)
    for place in range(0, width, PIXELS_PER_MM):
        shade = "#e9a8a0" if place % (5 * PIXELS_PER_MM) == 0 else "#f6dcd6"
        draw.line([(place, 0), (place, tall)], shade)
        draw.line([(0, place), (width, place)], shade)
    time = np.linspace(0, beats, width) % 1
    trace = sum(size * height * np.exp(-(((time - at) / spread) ** 2)) for at, size, spread in WAVES)
    heights = tall * 0.62 - np.asarray(trace) * 10 * PIXELS_PER_MM
    draw.line(list(enumerate(heights.tolist())), "#1d2a3a", 3)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
