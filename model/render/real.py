"""Pages made of real ones: as they are, with their signatures taken out, or with other signatures in their place."""

from __future__ import annotations

import cv2
import numpy as np

from model.render import handwriting, ink
from model.render.assets import Assets, RealPage


def _erased(page: RealPage, which: np.ndarray) -> np.ndarray:
    """Paper over some boxes: the tone of the surroundings with the page's own grain."""
    image = page.image.copy()
    for box in page.signatures[which]:
        pad = 2
        x0, y0 = (max(0, int(value) - pad) for value in box[:2])
        x1, y1 = (int(value) + pad for value in box[2:])
        part = image[y0:y1, x0:x1]
        frame = np.concatenate([image[max(0, y0 - 6) : y0, x0:x1].ravel(), image[y1 : y1 + 6, x0:x1].ravel(), part.ravel()])
        bright = frame[frame >= np.percentile(frame, 55)] if frame.size else np.array([255])
        mask = np.full(part.shape, 255, np.uint8)
        whole = np.zeros(image.shape, np.uint8)
        whole[y0:y1, x0:x1] = mask
        if image.std() < 75 and np.ptp(bright) > 12:
            image = cv2.inpaint(image, whole, 3, cv2.INPAINT_TELEA)
        else:
            image[y0:y1, x0:x1] = int(np.median(bright))
    return image


def real_page(rng: np.random.Generator, assets: Assets, long_side: int) -> tuple[np.ndarray, list[ink.Hand]]:
    """A real page at ``long_side`` pixels with its signatures as ink (masks fill their boxes where not pasted)."""
    chances = np.array([{"letters_small": 1.6, "rf100_web": 1.0, "tapuscorpus": 1.0}.get(p.source, 1.0) for p in assets.pages])
    page = assets.pages[int(rng.choice(len(assets.pages), p=chances / chances.sum()))]
    count = len(page.signatures)
    way = str(rng.choice(["kept", "erased", "replaced"], p=[0.47, 0.15, 0.38])) if count else "kept"
    gone = np.zeros(count, bool) if way == "kept" else np.ones(count, bool)
    image = _erased(page, gone)
    scale = long_side / max(image.shape)
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    hands = []
    for box in page.signatures * scale:
        x0, y0, x1, y1 = (float(value) for value in box)
        if way == "kept":
            mask = np.full((max(1, round(y1 - y0)), max(1, round(x1 - x0))), 255, np.uint8)
            hands.append(ink.Hand(mask, round(x0), round(y0), 0.0, "signature"))
        elif way == "replaced" and rng.random() < 0.85:
            width, height = (x1 - x0) * rng.uniform(0.7, 1.3), (y1 - y0) * rng.uniform(0.8, 1.6)
            mask, darkness = handwriting.signature(rng, assets, width, height, long_side / 1664)
            x = (x0 + x1 - mask.shape[1]) / 2 + rng.normal(0, 0.02) * size[0]
            y = (y0 + y1 - mask.shape[0]) / 2 + rng.normal(0, 0.005) * size[1]
            put = ink.paste(image, mask, round(x), round(y), darkness)
            if put is not None:
                hands.append(ink.Hand(put[2], put[0], put[1], darkness, "signature"))
    return image, hands
