"""Pages, crops and data sets drawn from a seed."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from model.render import degrade, ink, marks
from model.render.assets import Assets
from model.render.canvas import Canvas
from model.render.countersigned import Written, countersign
from model.render.crops import Label, render_crop
from model.render.dataset import page_rng, read_shard, render_dataset
from model.render.handwriting import Hand
from model.render.names import full_name, plain_name
from model.render.pages import LAYOUTS, render_page, seen_boxes
from model.render.prose import cut_words
from model.render.samples import SAMPLES, render_samples

ROOT = Path(__file__).parents[2]
TRAIN = ROOT.parent / "shared" / "data" / "train"


@pytest.fixture(scope="module")
def real_assets() -> Assets:
    if not TRAIN.exists():
        pytest.skip(f"the real images are not at {TRAIN}")
    return Assets.load(TRAIN)


def assert_boxes_on_page(boxes: np.ndarray, image: np.ndarray) -> None:
    assert boxes.dtype == np.float32
    assert boxes.shape[1:] == (4,)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert (boxes[:, 2:] <= np.array(image.shape[::-1])).all()


@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.parametrize("signed", [False, True])
def test_every_kind_renders_signed_and_unsigned(assets: Assets, kind: str, signed: bool) -> None:
    found = 0
    for index in range(2):
        page = render_page(page_rng(11, index), assets, long_side=640, kind=kind, signed=signed, way="clean")
        assert page.image.dtype == np.uint8
        assert max(page.image.shape) == 640
        assert page.kind == kind
        assert_boxes_on_page(page.signatures, page.image)
        assert_boxes_on_page(page.handwriting, page.image)
        found += len(page.signatures)
    assert (found > 0) == (signed and kind != "print")


@pytest.mark.parametrize("way", degrade.WAYS)
def test_boxes_are_tight_on_the_ink_whatever_happens_to_the_page(assets: Assets, way: str) -> None:
    checked = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        canvas = Canvas(rng, assets, 900, 700)
        canvas.sign(300, 400, 320, 120)
        page, hands = canvas.finished()
        full = np.full_like(page, 255)
        ink.paste(full, hands[0].mask, hands[0].x, hands[0].y, 1.0)
        moved, matrix = degrade.degraded(page, rng, assets.noise, way=way)
        boxes = seen_boxes(hands, matrix, moved)
        if not len(boxes):
            continue
        x0, y0, x1, y1 = boxes[0].round().astype(int)
        laid = cv2.warpPerspective(255 - full, matrix, page.shape[::-1], flags=cv2.INTER_LINEAR) > 64
        rows, columns = np.flatnonzero(laid.any(axis=1)), np.flatnonzero(laid.any(axis=0))
        checked += 1
        # Thin ends may fade below the paper's tone; nothing may lie outside of the box.
        assert x0 >= columns[0] - 2
        assert y0 >= rows[0] - 2
        assert x1 <= columns[-1] + 3
        assert y1 <= rows[-1] + 3
        assert (x1 - x0) * (y1 - y0) >= 0.45 * (columns[-1] - columns[0]) * (rows[-1] - rows[0])
    assert checked >= 4


def test_places_to_sign_are_filled_where_the_boxes_say(assets: Assets) -> None:
    """On an empty page all ink outside the boxes is print: rules and labels."""
    blank = np.full((1600, 1200), 255, np.uint8)
    signed, noted, small = 0, 0, 0
    for seed in range(30):
        page = blank.copy()
        written = countersign(page, assets, np.random.default_rng(seed), 1.0)
        assert (page < 200).any(), "an empty page has room"
        for left, top, right, bottom in (*written.signatures, *written.handwriting):
            assert 0 <= left < right <= 1200
            assert 0 <= top < bottom <= 1600
            assert (page[int(top) : int(bottom), int(left) : int(right)] < 200).any()
        signed, noted = signed + len(written.signatures), noted + len(written.handwriting)
        small += sum(bottom - top < 50 for _, top, _, bottom in written.signatures)
    assert signed > 30
    assert noted > 15
    assert 5 < small < signed - 5, "people sign in large and in small"


def test_a_full_page_has_no_room_to_sign(assets: Assets) -> None:
    page = np.random.default_rng(0).choice(np.array([0, 255, 255], np.uint8), (1600, 1200))
    assert countersign(page, assets, np.random.default_rng(1), 1.0) == Written()


def test_faded_ink_leaves_no_box(assets: Assets) -> None:
    canvas = Canvas(np.random.default_rng(1), assets, 900, 700)
    canvas.sign(300, 400, 320, 120)
    page, hands = canvas.finished()
    assert len(seen_boxes(hands, np.eye(3), page)) == 1
    assert len(seen_boxes(hands, np.eye(3), np.full_like(page, 255))) == 0


def test_the_same_seed_draws_the_same_page(assets: Assets) -> None:
    for index in range(3):
        first, second = (render_page(page_rng(5, index), assets, long_side=640) for _ in range(2))
        assert first.kind == second.kind
        assert np.array_equal(first.image, second.image)
        assert np.array_equal(first.signatures, second.signatures)


def test_about_two_pages_in_five_are_unsigned(assets: Assets) -> None:
    pages = [render_page(page_rng(6, index), assets, long_side=320) for index in range(60)]
    unsigned = sum(not len(page.signatures) for page in pages) / len(pages)
    assert 0.25 < unsigned < 0.65
    assert len({page.kind for page in pages}) >= 8


@pytest.mark.parametrize("label", ["signature", "text", "handwriting"])
def test_crops_of_every_label(assets: Assets, label: Label) -> None:
    for index in range(10):
        crop = render_crop(page_rng(7, index), assets, label)
        assert crop.dtype == np.uint8
        assert min(crop.shape) >= 8
        assert np.array_equal(crop, render_crop(page_rng(7, index), assets, label))


def test_plain_names_fill_the_size_they_are_given(assets: Assets) -> None:
    for index in range(20):
        mask, darkness = plain_name(page_rng(3, index), assets, 300, 100, 1.0)
        assert mask.max() > ink.INK_SEEN
        assert mask.shape[1] > 100 or mask.shape[0] > 60
        assert 0 < darkness <= 1


def test_names_are_of_many_people() -> None:
    names = {full_name(page_rng(4, index)) for index in range(200)}
    assert len(names) > 150
    assert all(name.isascii() and name[0].isupper() for name in names), "stroke alphabets know only ASCII"


def test_an_ornament_is_printed_lower_than_people_sign(assets: Assets) -> None:
    for seed in range(12):
        canvas = Canvas(np.random.default_rng(seed), assets, 850, 1100)
        marks.ornament(canvas)
        (printed,) = canvas.hands
        height, width = printed.mask.shape
        assert printed.label == "mark"
        assert height < 0.05 * canvas.height
        assert printed.x >= 0
        assert printed.x + width <= canvas.width + 1
        assert 3 * height < width


def test_words_are_cut_out_of_running_handwriting(assets: Assets) -> None:
    widths = []
    for index in range(20):
        rng = page_rng(5, index)
        mask, _ = cut_words(rng, Hand(rng, assets, 20, 1.0))
        assert mask.max() > ink.INK_SEEN
        widths.append(mask.shape[1])
    assert max(widths) > 2 * min(widths), "one word at times, several at others"


def test_print_comes_in_at_least_fifteen_scripts(assets: Assets) -> None:
    if "devanagari" not in assets.fonts:
        pytest.skip("the Noto fonts are not installed (Debian: fonts-noto-core)")
    assert len(assets.scripts) >= 15


def test_rendering_goes_on_without_fonts() -> None:
    bare = Assets(fonts={}, scripts=(), noise=np.zeros((2048, 2048), np.float32))
    for kind in ("letter", "receipt", "certificate"):
        assert render_page(page_rng(1, 0), bare, long_side=640, kind=kind).image.std() > 0


def test_a_data_set_follows_from_its_seed_however_many_processes(tmp_path: Path) -> None:
    one, two = (
        render_dataset(tmp_path / str(processes), 5, 3, processes, long_side=320) for processes in (1, 2)
    )
    assert [path.name for path in one] == ["pages-00000.npz"]
    pages = list(read_shard(one[0]))
    assert len(pages) == 5
    for first, second in zip(pages, read_shard(two[0]), strict=True):
        assert max(first.image.shape) == 320
        assert np.array_equal(first.image, second.image)
        assert np.array_equal(first.signatures, second.signatures)
        assert np.array_equal(first.handwriting, second.handwriting)
    before = one[0].stat().st_mtime_ns
    render_dataset(tmp_path / "1", 5, 3, 1, long_side=320)
    assert one[0].stat().st_mtime_ns == before, "a shard that is there is kept"


def test_real_pages_and_ink_are_those_of_the_train_split(real_assets: Assets) -> None:
    assert len(real_assets.signatures) > 300
    assert {page.source for page in real_assets.pages} == {
        "letters_small",
        "rf100_web",
        "tapuscorpus",
        "tesseract_test",
    }
    assert sum(page.source == "letters_small" for page in real_assets.pages) == 43
    assert {crop.source for crop in real_assets.crops["signature"]} == {
        "crossmedia_cn",
        "rf100_web",
        "lectaurep_paraphs",
    }
    for index in range(12):
        page = render_page(page_rng(8, index), real_assets, long_side=832, kind="real")
        assert_boxes_on_page(page.signatures, page.image)


def test_samples_are_readable_and_small(assets: Assets, tmp_path: Path) -> None:
    paths = render_samples(tmp_path, assets)
    assert len(paths) == len(SAMPLES) + 1
    assert sum(path.stat().st_size for path in paths) < 3_000_000
    assert {path.name for path in paths} == {path.name for path in (ROOT / "samples").iterdir()}
    with Image.open(tmp_path / "fax-signed.tif") as fax:
        assert getattr(fax, "n_frames", 1) == 2
        assert fax.mode == "1"
    again = render_samples(tmp_path / "again", assets)
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
