"""A page in the making: print is drawn at once, what hands and stamps leave is kept apart until the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from model.render import handwriting, ink, words
from model.render.assets import Assets, covers, font
from model.render.words import Script

Face = ImageFont.FreeTypeFont


class Canvas:
    """White paper of ``width`` x ``height`` pixels with a frame of text margins.

    ``unit`` is page pixels per 1664 of the long side, unless given: sizes below are for a page of 1664.
    """

    def __init__(
        self, rng: np.random.Generator, assets: Assets, width: int, height: int, unit: float | None = None
    ) -> None:
        self.rng, self.assets = rng, assets
        self.width, self.height = width, height
        self.unit = unit or max(width, height) / 1664
        self.image = Image.new("L", (width, height), 255)
        self.draw = ImageDraw.Draw(self.image)
        self.hands: list[ink.Hand] = []
        self.body = "typewriter" if rng.random() < 0.4 else str(rng.choice(["serif", "sans"], p=[0.6, 0.4]))
        self.script: Script | None = None
        if assets.scripts and rng.random() < assets.other_scripts:
            self.script = assets.scripts[int(rng.integers(len(assets.scripts)))]
        self.size = rng.uniform(19, 27) * self.unit
        role = self.script.name if self.script else self.body
        self.face = assets.font(rng, role, self.size)
        self.latin = assets.font(rng, self.body, self.size)
        self.leading = self.size * rng.uniform(1.1, 1.5)
        self.ink = int(rng.integers(0, 60))
        self.left = width * rng.uniform(0.08, 0.16)
        self.right = width * (1 - rng.uniform(0.06, 0.15))

    def px(self, size: float) -> int:
        """Pixels of a length given for a page of 1664."""
        return max(1, round(size * self.unit))

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return bool(self.rng.random() < probability)

    def text(self, x: float, y: float, text: str, face: Face | None = None, *, anchor: str = "la") -> float:
        """Print one line with its anchor (Pillow's letters) at x, y; returns its width in pixels."""
        face = self._face_for(text, face or self.face)
        self.draw.text((round(x), round(y)), text, self.ink, face, anchor=anchor)
        return float(face.getlength(text))

    def _face_for(self, text: str, face: Face) -> Face:
        """The face itself or, where it lacks the letters, the page's body face or Latin face at its size."""
        if not self.assets.fonts:
            return face
        probe = set(text[:3] + text[-3:]) - {" "}
        for candidate in (face, self.face, self.latin):
            if all(covers(str(candidate.path), letter) for letter in probe):
                return candidate if candidate is face else font(str(candidate.path), round(face.size))
        return face

    def sentence(self, count: int) -> list[str]:
        """Words in the page's language, in letters that its face has."""
        if self.script is None:
            return words.sentence(self.rng, count)
        if all(covers(str(self.face.path), letter) for letter in "0$%.,;:-"):
            return words.sentence(self.rng, count, self.script)
        return [words.word(self.rng, self.script) for _ in range(count)]

    def paragraph(
        self, x: float, y: float, right: float, lines: int, *, indent: float = 0, ragged: bool = True
    ) -> float:
        """Print running text of that many lines between x and right; returns the y below it."""
        space = self.face.getlength("n ") - self.face.getlength("n") or self.size * 0.3
        joiner = "" if self.script is not None and not self.script.spaces else " "
        for index in range(lines):
            start = x + (indent if index == 0 else 0)
            room = right - start
            if index == lines - 1:
                room *= self.rng.uniform(0.2, 0.95)
            row: list[str] = []
            used = 0.0
            while True:
                word = self.sentence(1)[0]
                used += self.face.getlength(word) + (space if joiner else 0)
                if used > room:
                    break
                row.append(word)
            if ragged or index == lines - 1 or len(row) < 3 or not joiner:
                self.text(start, y, joiner.join(row))
            else:
                self._justified(start, y, row, room)
            y += self.leading
        return y

    def _justified(self, x: float, y: float, row: list[str], room: float) -> None:
        widths = [self.face.getlength(word) for word in row]
        gap = (room - sum(widths)) / (len(row) - 1)
        for word, width in zip(row, widths, strict=True):
            self.text(x, y, word)
            x += width + gap

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float = 2) -> None:
        """Print a ruled line."""
        self.draw.line((round(x0), round(y0), round(x1), round(y1)), self.ink, self.px(width))

    def box(self, x0: float, y0: float, x1: float, y1: float, width: float = 2) -> None:
        """Print a frame."""
        self.draw.rectangle(
            (round(x0), round(y0), round(x1), round(y1)), outline=self.ink, width=self.px(width)
        )

    def lay(self, mask: ink.Mask, x: float, y: float, darkness: float, label: str) -> None:
        """Keep ink for later, its corner at x, y; labelled ``signature``, ``handwriting`` or ``mark``."""
        self.hands.append(ink.Hand(mask, round(x), round(y), darkness, label))

    def sign(self, x: float, base: float, width: float, height: float | None = None) -> tuple[float, float]:
        """Sign near x, the middle of the ink a little above ``base``; returns the ink's width and height."""
        height = height or self.rng.uniform(70, 180) * self.unit
        mask, darkness = handwriting.signature(self.rng, self.assets, width, height, self.unit)
        rise = mask.shape[0] * self.rng.uniform(0.55, 0.95)
        x = float(np.clip(x, 4, max(5, self.width - mask.shape[1] - 4)))
        y = float(np.clip(base - rise, 4, max(5, self.height - mask.shape[0] - 4)))
        self.lay(mask, x, y, darkness, "signature")
        return float(mask.shape[1]), float(mask.shape[0])

    def hand(self, x_height: float | None = None, *, exact: bool = False) -> handwriting.Hand:
        """Somebody with a pen; ``x_height`` for a page of 1664, ``exact`` as `Hand` has it."""
        x_height = x_height or self.rng.uniform(10, 24)
        return handwriting.Hand(self.rng, self.assets, x_height * self.unit, self.unit, exact=exact)

    def write(
        self,
        hand: handwriting.Hand,
        x: float,
        base: float,
        text: str,
        *,
        turn: float = 0.0,
        width: float | None = None,
    ) -> float:
        """Write a line whose ink stands on ``base``, no wider than ``width``; returns its width."""
        mask, darkness = hand.line(self.rng, text)
        if turn:
            mask = ink.warped(mask, self.rng, turn=turn)
        if width is not None and mask.shape[1] > width:
            share = max(0.6, width / mask.shape[1])
            mask = ink.resized(mask, round(mask.shape[1] * share), round(mask.shape[0] * share))
            mask = ink.trim(mask[:, : round(width)])
        self.lay(mask, x, base - mask.shape[0] * 0.85, darkness, "handwriting")
        return float(mask.shape[1])

    def finished(self) -> tuple[NDArray[np.uint8], list[ink.Hand]]:
        """The page with all ink laid, and the ink cut to what fell on the page."""
        page = np.array(self.image)
        laid = []
        for hand in self.hands:
            put = ink.paste(page, hand.mask, hand.x, hand.y, hand.darkness)
            if put is not None:
                laid.append(ink.Hand(put[2], put[0], put[1], hand.darkness, hand.label))
        return page, laid

    def stretched_print(self, mask: ink.Mask, x: float, y: float, darkness: float = 1.0) -> None:
        """Print a mask (a logo, a seal) at once."""
        page = np.array(self.image)
        ink.paste(page, mask, round(x), round(y), darkness)
        self.image = Image.fromarray(page)
        self.draw = ImageDraw.Draw(self.image)
