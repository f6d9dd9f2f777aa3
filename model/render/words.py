"""Words to print and to write: the project's own short lists for letters, made-up words for every script."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np


@cache
def listed(name: str) -> tuple[str, ...]:
    """Lines of ``words/NAME.txt``."""
    text = (files("model.render") / "words" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def pick(rng: np.random.Generator, name: str) -> str:
    """One entry of a list."""
    entries = listed(name)
    return entries[int(rng.integers(len(entries)))]


@dataclass(frozen=True)
class Script:
    """A writing system: the fonts that carry it, its letters, the marks that may follow one, word lengths.

    A letter that is written more often stands more often in ``letters``. ``voiced`` is the share of words
    that carry marks at all.
    """

    name: str
    fonts: tuple[str, ...]
    letters: str
    marks: str = ""
    lengths: tuple[int, int] = (2, 9)
    spaces: bool = True
    voiced: float = 1.0


def _span(first: int, last: int, skip: str = "") -> str:
    return "".join(chr(code) for code in range(first, last + 1) if chr(code) not in skip)


_ARABIC_FONTS = (
    "NotoNaskhArabic", "NotoKufiArabic", "NotoSansArabic", "NotoNastaliqUrdu", "AwamiNastaliq", "Amiri-",
    "Scheherazade", "Lateef", "Harmattan", "KacstBook", "KacstNaskh", "KacstOffice", "KacstQurn",
    "KacstLetter", "KacstTitle", "KacstScreen", "KacstFarsi", "KacstOne", "ae_AlArabiya", "ae_AlHor",
    "ae_AlManzomah", "ae_Arab", "ae_Cortoba", "ae_Furat", "ae_Hani", "ae_Haramain", "ae_Khalid", "ae_Mashq",
    "ae_Nada", "ae_Petra", "ae_Salem", "ae_Tholoth", "Thabit", "PakType Naskh", "NafeesWeb", "nazli", "homa",
    "titr", "DejaVuSans-", "FreeSerif.",
)  # fmt: skip
_ARABIC_LETTERS = _span(0x627, 0x63A) + _span(0x641, 0x64A) + "ااااالللللييييمممموننوووورررتتبببعععهههدد"
_ARABIC_VOWELS = "\u064b\u064c\u064d\u064e\u064e\u064f\u0650\u0650\u0651\u0652"

SCRIPTS: tuple[Script, ...] = (
    Script(
        "cyrillic", ("NotoSans-", "NotoSerif-", "DejaVuSerif", "FreeSerif", "FreeMono"), _span(0x430, 0x44F)
    ),
    Script("greek", ("NotoSans-", "NotoSerif-", "DejaVuSans", "FreeSerif", "GFSGazis"), _span(0x3B1, 0x3C9)),
    Script("armenian", ("NotoSansArmenian", "NotoSerifArmenian"), _span(0x561, 0x586)),
    Script("georgian", ("NotoSansGeorgian", "NotoSerifGeorgian"), _span(0x10D0, 0x10F0)),
    Script("hebrew", ("NotoSansHebrew", "NotoSerifHebrew", "NotoRashiHebrew"), _span(0x5D0, 0x5EA)),
    Script("arabic", _ARABIC_FONTS, _ARABIC_LETTERS, _ARABIC_VOWELS, lengths=(2, 8), voiced=0.25),
    Script("devanagari", ("NotoSansDevanagari", "NotoSerifDevanagari"), _span(0x915, 0x939), "ािीुूेैोौं्"),
    Script(
        "bengali",
        ("NotoSansBengali", "NotoSerifBengali"),
        _span(0x995, 0x9A8) + _span(0x9AA, 0x9B0),
        "ািীুূেৈোৌ",
    ),
    Script("gurmukhi", ("NotoSansGurmukhi", "NotoSerifGurmukhi"), _span(0xA15, 0xA28), "ਾਿੀੁੂੇੈੋ"),
    Script("gujarati", ("NotoSansGujarati", "NotoSerifGujarati"), _span(0xA95, 0xAA8), "ાિીુૂેૈો"),
    Script("tamil", ("NotoSansTamil", "NotoSerifTamil"), "கஙசஞடணதநபமயரலவழளறன", "ாிீுூெேைொோ்"),
    Script("telugu", ("NotoSansTelugu", "NotoSerifTelugu"), _span(0xC15, 0xC28), "ాిీుూెేైొో"),
    Script("kannada", ("NotoSansKannada", "NotoSerifKannada", "Navilu"), _span(0xC95, 0xCA8), "ಾಿೀುೂೆೇೈೊೋ"),
    Script("malayalam", ("NotoSansMalayalam", "NotoSerifMalayalam"), _span(0xD15, 0xD28), "ാിീുൂെേൈൊോ"),
    Script("sinhala", ("NotoSansSinhala", "NotoSerifSinhala"), "කඛගඝඞචජඤටඩණතදනපබමයරලවසහ", "ාැිීුූෙේො"),
    Script("thai", ("NotoSansThai", "NotoSerifThai", "NotoLoopedThai"), _span(0xE01, 0xE2E), "ะาิีึืุู่้", (4, 14)),
    Script(
        "lao", ("NotoSansLao", "NotoSerifLao", "NotoLoopedLao"), "ກຂຄງຈສຊຍດຕຖທນບປຜຝພຟມຢຣລວຫອຮ", "ະາິີຶືຸູ", (4, 14)
    ),
    Script("khmer", ("NotoSansKhmer", "NotoSerifKhmer"), _span(0x1780, 0x17A2), "ាិីឹុូេែៃោ", (3, 10)),
    Script("myanmar", ("NotoSansMyanmar", "NotoSerifMyanmar"), _span(0x1000, 0x1020), "ာိီုူေဲ", (3, 10)),
    Script(
        "ethiopic",
        ("NotoSansEthiopic", "NotoSerifEthiopic"),
        _span(0x1200, 0x1206) + _span(0x1260, 0x1266) + _span(0x1290, 0x1296),
    ),
    Script(
        "han",
        ("NotoSansCJK", "NotoSerifCJK", "ukai"),
        _span(0x4E00, 0x4E8F) + _span(0x5B50, 0x5BAF) + _span(0x660E, 0x66AF),
        lengths=(4, 22),
        spaces=False,
    ),
    Script(
        "japanese",
        ("NotoSansCJK", "NotoSerifCJK", "KleeOne"),
        _span(0x3042, 0x3093) + _span(0x30A2, 0x30F3) + _span(0x65E5, 0x66AF),
        lengths=(4, 22),
        spaces=False,
    ),
    Script("hangul", ("NotoSansCJK", "NotoSerifCJK"), _span(0xAC00, 0xD7A3)[::97], lengths=(2, 5)),
    Script("tibetan", ("NotoSerifTibetan",), _span(0xF40, 0xF47) + _span(0xF49, 0xF60), "ིེོུ", (2, 6)),
    Script("cherokee", ("NotoSansCherokee",), _span(0x13A0, 0x13F4)),
    Script("canadian", ("NotoSansCanadianAboriginal",), _span(0x1401, 0x1466)),
)
"""Scripts besides Latin; the fonts are Debian's ``fonts-noto-core`` and ``fonts-noto-cjk``."""


def word(rng: np.random.Generator, script: Script | None) -> str:
    """A word: from the letter list where ``script`` is None (Latin), else of random letters and marks."""
    if script is None:
        return pick(rng, "letter")
    out = []
    marked = bool(script.marks) and rng.random() < script.voiced
    for _ in range(int(rng.integers(*script.lengths))):
        out.append(script.letters[int(rng.integers(len(script.letters)))])
        if marked and rng.random() < 0.45:
            out.append(script.marks[int(rng.integers(len(script.marks)))])
    return "".join(out)


def sentence(rng: np.random.Generator, count: int, script: Script | None = None) -> list[str]:
    """``count`` words, now and then a number, capital or full stop as print has them."""
    words = [word(rng, script) for _ in range(count)]
    for index in range(count):
        chance = rng.random()
        if chance < 0.06:
            words[index] = number(rng)
        elif chance < 0.18:
            words[index] += rng.choice([".", ",", ";", ":"], p=[0.45, 0.45, 0.05, 0.05])
        elif chance < 0.24 and script is None:
            words[index] = words[index].capitalize()
        elif chance < 0.26 and script is None:
            words[index] = words[index].upper()
    return words


def number(rng: np.random.Generator) -> str:
    """A printed number: a count, an amount, a percentage or a year."""
    kind = rng.integers(0, 5)
    if kind == 0:
        return str(rng.integers(1, 500))
    if kind == 1:
        return f"${rng.integers(1, 90000):,}.{rng.integers(0, 100):02d}"
    if kind == 2:
        return f"{rng.uniform(0, 100):.1f}%"
    if kind == 3:
        return f"{rng.integers(1950, 2026)}"
    return f"{rng.integers(1, 999)}-{rng.integers(10, 9999)}"


def date(rng: np.random.Generator) -> str:
    """A date in one of the ways people write it."""
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1955, 2026))
    names = calendar.month_name
    kind = rng.integers(0, 7)
    if kind == 0:
        return f"{names[month]} {day}, {year}"
    if kind == 1:
        return f"{day} {names[month]} {year}"
    if kind in {2, 5}:
        return f"{month}/{day}/{year % 100:02d}"
    if kind == 6:
        return f"{calendar.month_abbr[month]} {day}, {year}"
    if kind == 3:
        return f"{day:02d}.{month:02d}.{year}"
    return f"{day}-{month}-{year % 100:02d}"


def jotted_date(rng: np.random.Generator) -> str:
    """A date as people jot it by hand beside what they sign: mostly figures and slashes."""
    if rng.random() < 0.4:
        return date(rng)
    day, month, year = rng.integers(1, 32), rng.integers(1, 13), rng.integers(0, 100)
    first, second = (month, day) if rng.random() < 0.6 else (day, month)
    between = str(rng.choice(["/", "-", ".", " / "], p=[0.68, 0.17, 0.1, 0.05]))
    return between.join((str(first), str(second), f"{year:02d}"))


def person(rng: np.random.Generator) -> str:
    """A name as typed under a signature."""
    given, family = pick(rng, "given"), pick(rng, "family")
    kind = rng.random()
    if kind < 0.5:
        return f"{given} {chr(65 + int(rng.integers(24)))}. {family}"
    if kind < 0.7:
        return f"{given[0]}. {chr(65 + int(rng.integers(24)))}. {family}"
    return f"{given} {family}"


def company(rng: np.random.Generator) -> str:
    """A made-up firm or institution."""
    first = pick(rng, "companies")
    if rng.random() < 0.25:
        first += f" {pick(rng, 'companies')}"
    return f"{first} {pick(rng, 'company_kinds')}"
