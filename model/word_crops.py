"""Printed words, one or two at a time, in every script there is a font for.

Rendered lines and blocks teach little about a single large word, and cursive scripts in print look like
pen strokes: without these, half of the Arabic words of a book were called signatures.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from model.render import degrade, words
from model.render.assets import Assets
from model.render.handwriting import drawn_text

LATIN: Final = 0.25
ARABIC: Final = 0.4
"""Shares of words in Latin and in Arabic script; the other scripts share the rest."""

FACES: Final = ("serif", "sans", "typewriter", "receipt")


def printed_word(random: np.random.Generator, assets: Assets) -> NDArray[np.uint8]:
    """Draws a printed word or two.

    Args:
        random: The crop follows from its state alone.
        assets: Fonts and noise.

    Returns:
        Grey, shape (height, width), dark on light.
    """
    by_name = {script.name: script for script in assets.scripts}
    chance = random.random()
    if chance < LATIN or not by_name:
        script = None
    elif chance < LATIN + ARABIC and "arabic" in by_name:
        script = by_name["arabic"]
    else:
        script = assets.scripts[int(random.integers(len(assets.scripts)))]
    face = assets.font(random, script.name if script else str(random.choice(FACES)), random.uniform(20, 80))
    count = int(random.choice([1, 2, 3], p=[0.75, 0.17, 0.08]))
    spoken = [
        word[:10] if script and not script.spaces else word for word in words.sentence(random, count, script)
    ]
    mask = drawn_text(" ".join(spoken), face)
    if random.random() < 0.4:
        mask = cv2.resize(
            mask, None, fx=float(random.uniform(0.7, 1.4)), fy=1.0, interpolation=cv2.INTER_AREA
        )
    sides = [(int(a), int(b)) for a, b in random.integers(2, 14, (2, 2))]
    page = 255 - (np.pad(mask, sides) * random.uniform(0.5, 1.0)).astype(np.uint8)
    if random.random() < 0.6:
        page, _ = degrade.degraded(page, random, assets.noise)
    return page
