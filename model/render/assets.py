"""What pages are drawn with: the fonts of this machine, and the real crops and pages of a training folder.

Rendering uses what it finds of Debian's fonts: for print ``fonts-noto-core fonts-noto-cjk fonts-dejavu
fonts-liberation fonts-urw-base35 fonts-freefont-ttf fonts-gnutypewriter fonts-courier-prime fonts-ocr-a
fonts-ocr-b``; for Arabic as books have it ``fonts-hosny-amiri fonts-hosny-thabit fonts-kacst fonts-kacst-one
fonts-arabeyes fonts-farsiweb fonts-paktype fonts-nafees fonts-sil-scheherazade fonts-sil-lateef
fonts-sil-harmattan``; for script-like print ``fonts-dancingscript fonts-kaushanscript fonts-havana
fonts-leckerli-one fonts-levien-typoscript fonts-lobster fonts-joscelyn fonts-gfs-gazis fonts-navilu
fonts-blankenburg``; for handwriting ``fonts-dkg-handwriting fonts-breip fonts-bwht fonts-ecolier-court
fonts-femkeklaver fonts-kristi fonts-rufscript fonts-humor-sans fonts-klee fonts-arphic-ukai
fonts-aoyagi-soseki``; for the stroke model's letters ``hershey-fonts-data``.
More hands are in the npm packages ``@fontsource/`` ``allison annie-use-your-telescope architects-daughter
babylonica bad-script beth-ellen bilbo caramel caveat cedarville-cursive comforter coming-soon
covered-by-your-grace dawning-of-a-new-day edu-sa-beginner edu-vic-wa-nt-beginner estonia fuggles gaegu
gamja-flower give-you-glory gloria-hallelujah gochi-hand grey-qo handlee herr-von-muellerhoff hi-melody
homemade-apple hurricane indie-flower inspiration island-moments just-another-hand just-me-again-down-here
kalam kolker-brush la-belle-aurore licorice liu-jian-mao-cao long-cang loved-by-the-king mansalva marck-script
meddon mr-dafoe mr-de-haviland mrs-saint-delafield ms-madi my-soul mynerve nanum-brush-script nanum-pen-script
neucha nothing-you-could-do over-the-rainbow passions-conflict patrick-hand playwrite-cz playwrite-de-grund
playwrite-es playwrite-fr-moderne playwrite-fr-trad playwrite-it-moderna playwrite-pl playwrite-us-trad
puppies-play qwigley qwitcher-grypen reenie-beanie rock-salt ruthie sacramento sassy-frass schoolbell
sedgwick-ave send-flowers shadows-into-light smooch square-peg stalemate sue-ellen-francisco sunshiney
swanky-and-moo-moo the-girl-next-door the-nautigal vibur vujahday-script waiting-for-the-sunrise water-brush
waterfall whisper zeyada zhi-mang-xing``: their ``*-latin-*-normal.woff`` of weight 400, or of their only
weight, belong below ``/usr/local/share/fonts``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFont

from model.labels import labelled_crops, labelled_pages
from model.render.ink import Mask, extracted, resized, without_print
from model.render.words import SCRIPTS, Script

FONT_SUFFIXES = {".ttf", ".otf", ".ttc", ".woff"}
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))

_EITHER_HANDS = (
    "Kristi", "breipfont", "Rufscript", "Ecolier", "cedarville-cursive", "homemade-apple", "reenie-beanie",
    "bad-script", "marck-script", "sue-ellen-francisco", "licorice", "caveat-", "beth-ellen",
    "dawning-of-a-new-day", "hi-melody", "indie-flower", "la-belle-aurore", "liu-jian-mao-cao", "long-cang",
    "loved-by-the-king", "meddon", "nanum-pen-script", "nothing-you-could-do", "over-the-rainbow",
    "playwrite-cz", "playwrite-fr-trad", "playwrite-us-trad", "square-peg", "swanky-and-moo-moo",
    "waiting-for-the-sunrise", "zeyada", "zhi-mang-xing",
)  # fmt: skip
"""Beginnings of the file names of hands that write names and notes alike."""

_ROLES: dict[str, tuple[str, ...]] = {
    "serif": (
        "LiberationSerif-", "NimbusRoman-", "C059-", "P052-", "URWBookman-", "DejaVuSerif",
        "NotoSerif-", "FreeSerif", "EBGaramond", "GoudyBookletter",
    ),
    "sans": (
        "LiberationSans-", "NimbusSans-", "NimbusSansNarrow", "DejaVuSans", "NotoSans-", "FreeSans",
        "URWGothic",
    ),
    "typewriter": (
        "NimbusMonoPS-", "LiberationMono-", "FreeMono", "GNUTypewriter", "Courier Prime", "OCRB.",
        "DejaVuSansMono",
    ),
    "receipt": (
        "DejaVuSansMono", "LiberationMono-", "OCRA.", "OCRB.", "NotoSansMono-", "LiberationSansNarrow",
    ),
    "script": (
        "Z003", "TypoScript", "DancingScript", "lobster", "KaushanScript", "LeckerliOne", "Havana",
        "Joscelyn", "GFSGazis", "Blankenburg",
    ),
    "hand": (
        *_EITHER_HANDS,
        "dkg", "Breip", "femkeklaver", "BecauseWe", "Humor", "covered-by-your-grace", "kalam",
        "shadows-into-light", "annie-use-your-telescope", "architects-daughter", "coming-soon",
        "edu-sa-beginner", "edu-vic-wa-nt-beginner", "gaegu", "gamja-flower", "give-you-glory",
        "gloria-hallelujah", "gochi-hand", "handlee", "just-another-hand", "just-me-again-down-here",
        "mansalva", "mynerve", "nanum-brush-script", "neucha", "patrick-hand", "playwrite-de-grund",
        "playwrite-es", "playwrite-fr-moderne", "playwrite-it-moderna", "playwrite-pl", "rock-salt",
        "schoolbell", "sedgwick-ave", "sunshiney", "the-girl-next-door", "vibur",
    ),
    "signed_hand": (
        *_EITHER_HANDS,
        "dkgIt", "mr-de-haviland", "herr-von-muellerhoff", "sacramento", "allison", "babylonica", "bilbo",
        "caramel", "comforter", "estonia", "fuggles", "grey-qo", "hurricane", "inspiration",
        "island-moments", "kolker-brush", "mr-dafoe", "mrs-saint-delafield", "ms-madi", "my-soul",
        "passions-conflict", "puppies-play", "qwigley", "qwitcher-grypen", "ruthie", "sassy-frass",
        "send-flowers", "smooch", "stalemate", "the-nautigal", "vujahday-script", "water-brush",
        "waterfall", "whisper",
    ),
    "han_hand": (
        "ukai", "KleeOne", "aoyagi",
    ),
}  # fmt: skip
"""Beginnings of the file names of each role's fonts."""

_NOT_TEXT = ("Math", "Symbol", "D050000L", "FreeSansOblique-", "Display")


OTHER_SCRIPTS = 0.22
"""Share of pages whose print is in another script than Latin, unless more is asked for."""


@dataclass(frozen=True)
class RealPage:
    """A page of the training folder: grey image and signature boxes in its pixels, float32 (n, 4)."""

    image: NDArray[np.uint8]
    signatures: NDArray[np.float32]
    source: str


@dataclass(frozen=True)
class RealCrop:
    """A crop of the training folder: grey image and where it is from."""

    image: NDArray[np.uint8]
    source: str


@dataclass(frozen=True)
class Assets:
    """Fonts by role and script; ink of real signatures, handwriting and print; papers; pages; noise."""

    fonts: dict[str, tuple[str, ...]]
    scripts: tuple[Script, ...]
    crops: dict[str, tuple[RealCrop, ...]] = field(default_factory=dict)
    signatures: tuple[Mask, ...] = ()
    signature_weights: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    handwriting: dict[str, tuple[Mask, ...]] = field(default_factory=dict)
    prints: tuple[Mask, ...] = ()
    papers: tuple[NDArray[np.uint8], ...] = ()
    pages: tuple[RealPage, ...] = ()
    noise: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    other_scripts: float = OTHER_SCRIPTS
    """Share of pages whose print is in another script than Latin."""

    @classmethod
    def load(cls, train_dir: Path | None = None) -> Assets:
        """Find the fonts and read the training folder.

        Args:
            train_dir: the folder ``train`` of the data, beside which lie ``crops.csv`` and ``pages.json``;
                None draws with pen strokes and fonts alone.
        """
        fonts = find_fonts()
        scripts = tuple(script for script in SCRIPTS if script.name in fonts)
        noise = np.random.default_rng(1).standard_normal((2048, 2048), dtype=np.float32)
        if train_dir is None:
            return cls(fonts, scripts, noise=noise)
        crops = _read_crops(train_dir)
        pages = _read_pages(train_dir)
        masks, weights = _signature_inks(crops.get("signature", ()), pages)
        handwriting: dict[str, list[Mask]] = {}
        for crop in crops.get("handwriting", ()):
            mask = extracted(crop.image)
            if mask is not None and mask.shape[1] > 14:
                # At a line's height of 64, so that words of one writer fit together.
                unit = 64 / crop.image.shape[0]
                size = round(mask.shape[1] * unit), round(mask.shape[0] * unit)
                handwriting.setdefault(crop.source, []).append(resized(mask, *size))
        inks = {source: tuple(masks) for source, masks in handwriting.items()}
        prints = tuple(mask for crop in crops.get("text", ()) if (mask := extracted(crop.image)) is not None)
        papers = tuple(_paper(crop.image) for found in crops.values() for crop in found[::7])
        return cls(fonts, scripts, crops, masks, weights, inks, prints, papers, pages, noise)

    def font(self, rng: np.random.Generator, role: str, size: float) -> ImageFont.FreeTypeFont:
        """A font of a role or script at a size in pixels."""
        names = self.fonts.get(role) or self.fonts.get("sans") or ()
        if not names:
            return _default_font(max(6, round(size)))
        return font(names[int(rng.integers(len(names)))], max(6, round(size)))

    def signature(self, rng: np.random.Generator) -> Mask:
        """Ink of one real signature, sources weighted so that no hand rules."""
        return self.signatures[int(rng.choice(len(self.signatures), p=self.signature_weights))]


@lru_cache(maxsize=600)
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """An opened font; ``PATH#INDEX`` picks a face of a collection."""
    name, _, index = path.partition("#")
    return ImageFont.truetype(name, size, index=int(index or 0))


@lru_cache(maxsize=100)
def _default_font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font, for machines without any."""
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size))


@lru_cache(maxsize=20000)
def covers(path: str, letter: str) -> bool:
    """Whether a font has a glyph of its own for a letter, and not the box that stands for a missing one."""
    face = font(path, 24)
    mask, missing = face.getmask(letter), face.getmask("\uffff")
    return mask.size != missing.size or bytes(mask) != bytes(missing)


def find_fonts() -> dict[str, tuple[str, ...]]:
    """Paths of the installed fonts by role (``serif``, ``typewriter``, ...) and by script name, sorted."""
    found = sorted(
        path
        for folder in FONT_FOLDERS
        if folder.exists()
        for path in folder.rglob("*")
        if path.suffix in FONT_SUFFIXES and not any(part in path.stem for part in _NOT_TEXT)
    )
    letters = {script.name: script.letters[:: len(script.letters) // 4 or 1] for script in SCRIPTS}
    wanted = {**_ROLES, **{script.name: script.fonts for script in SCRIPTS}}
    fonts: dict[str, tuple[str, ...]] = {}
    for role, starts in wanted.items():
        paths = [str(path) for path in found if path.name.startswith(starts) and _plain(path, role)]
        able = [path for path in paths if all(covers(path, letter) for letter in letters.get(role, ""))]
        if able:
            fonts[role] = tuple(able)
    return fonts


def _plain(path: Path, role: str) -> bool:
    # Noto comes in nine weights and four widths: a few stand for all.
    weight = path.stem.rpartition("-")[2]
    if not path.stem.startswith("Noto"):
        return role not in {"cyrillic", "greek"} or "Bold" not in weight
    return weight in {"Regular", "Bold", "Italic", "Condensed", "SemiCondensed", "Medium"}


def _read_crops(train_dir: Path) -> dict[str, tuple[RealCrop, ...]]:
    crops: dict[str, list[RealCrop]] = {}
    for crop in labelled_crops(train_dir.parent, "train"):
        image = _limited(_read_grey(crop.path), 480)
        crops.setdefault(crop.label, []).append(RealCrop(image, crop.source))
    return {label: tuple(found) for label, found in crops.items()}


def _read_pages(train_dir: Path) -> tuple[RealPage, ...]:
    pages = []
    for page in labelled_pages(train_dir.parent, "train"):
        image = _read_grey(page.path)
        scaled = _limited(image, 1664)
        boxes = (page.signatures * (scaled.shape[0] / image.shape[0])).astype(np.float32)
        pages.append(RealPage(scaled, boxes, page.source))
    return tuple(pages)


def _read_grey(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.array(image.convert("L"))


def _limited(image: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    scale = long_side / max(image.shape)
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _paper(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The paper of a crop without its ink."""
    side = max(9, min(image.shape) // 3) | 1
    closed = cv2.morphologyEx(image, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), 1.5), np.uint8)


def _signature_inks(
    crops: tuple[RealCrop, ...], pages: tuple[RealPage, ...]
) -> tuple[tuple[Mask, ...], NDArray[np.float64]]:
    """Ink of the signature crops and of the boxes on real pages, with the chance of each being drawn."""
    share = {"crossmedia_cn": 0.1, "lectaurep_paraphs": 0.06, "rf100_web": 0.42, "letters_small": 0.42}
    masks: list[Mask] = []
    sources: list[str] = []
    cut = [(crop.image, crop.source) for crop in crops]
    for page in pages:
        if page.source == "letters_small":
            cut += [(_boxed(page.image, box, 3), page.source) for box in page.signatures]
    for image, source in cut:
        mask = extracted(image)
        if mask is not None and source in {"rf100_web", "letters_small"}:
            mask = without_print(mask)
        if mask is not None:
            masks.append(mask)
            sources.append(source)
    weights = np.array([share.get(source, 0.1) / sources.count(source) for source in sources])
    return tuple(masks), weights / weights.sum() if len(weights) else weights


def _boxed(image: NDArray[np.uint8], box: NDArray[np.float32], margin: int) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = (int(value) for value in box)
    part = image[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin]
    return np.asarray(cv2.resize(part, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
