import numpy as np
import pytest

from vae_tf.data import ArrayImages
from vae_tf.data.factor_batches import clamped, pairs
from vae_tf.data.factors import FactorGrid
from vae_tf.data.ground_truth_images import GroundTruthImages
from vae_tf.data.row_file import ArrayRows
from vae_tf.data.sprites import load_sprites
from vae_tf.process.errors import UserError

SIZES = (3, 4, 5, 6)
GRID = FactorGrid(("shape", "toy", "x", "y"), SIZES)
STORE = ArrayRows(np.arange(len(GRID), dtype=np.uint16).reshape(-1, 1, 1, 1), 1000)


def grid(hidden=None, rows=None, intrinsic=()):
    """Images of one pixel that encodes their row, and so their factors."""
    options = {"grid": GRID, "hidden": hidden, "intrinsic": intrinsic}
    return GroundTruthImages("grid", "train", STORE, rows, **options)


def factors_of(images):
    return GRID.factors(np.round(images.ravel() * 1000).astype(int))


def test_pairs_share_as_many_factors_as_the_paper_says():
    count = 60_000
    indices = np.arange(count) % len(GRID)
    batch = pairs(grid(), indices, np.random.default_rng(0))
    one, other = factors_of(batch["image"]), factors_of(batch["partner"])
    np.testing.assert_array_equal(one, GRID.factors(indices))
    differing = one != other
    # For 4 factors 1, 2 or 3 are drawn anew, equally often: each one with probability 1/2, and it
    # then differs with probability 1 - 1 / size.
    for k, size in enumerate(SIZES):
        expected = 0.5 * (1 - 1 / size)
        error = np.sqrt(expected * (1 - expected) / count)
        assert differing[:, k].mean() == pytest.approx(expected, abs=4.5 * error)
    assert differing.sum(1).max() == 3  # one at least is shared
    # All three that are drawn anew differ: 1/3 times the mean of their product.
    apart = 1 - 1 / np.array(SIZES)
    three = np.mean([np.prod(np.delete(apart, k)) for k in range(4)]) / 3
    error = np.sqrt(three * (1 - three) / count)
    assert (differing.sum(1) == 3).mean() == pytest.approx(three, abs=4.5 * error)
    # None differs: those drawn anew came out the same.
    same = 1 / np.array(SIZES)
    subsets = {1: [(k,) for k in range(4)], 2: [], 3: []}
    subsets[2] = [(i, j) for i in range(4) for j in range(i)]
    subsets[3] = [tuple(np.delete(np.arange(4), k)) for k in range(4)]
    none = np.mean([np.mean([np.prod(same[list(s)]) for s in subsets[n]]) for n in (1, 2, 3)])
    error = np.sqrt(none * (1 - none) / count)
    assert (differing.sum(1) == 0).mean() == pytest.approx(none, abs=4.5 * error)


def test_pairs_of_sprites_share_the_factors_that_were_kept(monkeypatch):
    images = load_sprites(None, None).select("train")
    asked = []
    original = images.images_of
    monkeypatch.setattr(images, "images_of", lambda f: asked.append(f) or original(f))
    indices = np.random.default_rng(1).integers(len(images), size=20)
    batch = pairs(images, indices, np.random.default_rng(2))
    assert batch["image"].shape == batch["partner"].shape == (20, 64, 64, 1)
    np.testing.assert_array_equal(batch["image"], images.images(indices))
    (partners,) = asked
    shared = partners == images.factors(indices)
    assert np.all(shared.sum(1) >= 1)
    # It is visible: a sprite whose x is shared is over the same columns if its shape,
    # scale and orientation are, too.
    unmoved = shared[:, [0, 1, 2, 3]].all(1)
    columns = batch["image"].max(axis=(1, 3)) == batch["partner"].max(axis=(1, 3))
    np.testing.assert_array_equal(columns.all(1)[unmoved], True)


def test_in_a_clamped_group_one_factor_varies():
    drawn = set()
    for seed in range(40):
        indices = np.random.default_rng((seed, 1)).integers(len(GRID), size=12)
        batch = clamped(grid(), indices, np.random.default_rng(seed))
        factors = factors_of(batch["image"])
        varying = batch["varying"]
        assert varying.shape == (12, 5) and varying.dtype == np.float32
        assert np.all(varying == varying[0]) and varying[0].sum() == 1
        (k,) = np.flatnonzero(varying[0])
        expected = np.tile(GRID.factors(indices[:1]), (12, 1))
        expected[:, k] = GRID.factors(indices)[:, k]
        np.testing.assert_array_equal(factors, expected)
        drawn.add(k)
    assert drawn == {0, 1, 2, 3}  # of 40 draws one misses a factor with probability 4e-5


def test_what_is_shown_varies_together_and_apart_from_how():
    images, kinds = grid(intrinsic=("shape", "toy")), set()
    for seed in range(40):
        indices = np.random.default_rng((seed, 1)).integers(len(GRID), size=12)
        batch = clamped(images, indices, np.random.default_rng(seed))
        factors, drawn = factors_of(batch["image"]), GRID.factors(indices)
        assert batch["varying"].shape == (12, 3)  # x, y, what is shown
        (kind,) = np.flatnonzero(batch["varying"][0])
        free = ([2], [3], [0, 1])[kind]
        expected = np.tile(drawn[:1], (12, 1))
        expected[:, free] = drawn[:, free]
        np.testing.assert_array_equal(factors, expected)
        kinds.add(kind)
    assert kinds == {0, 1, 2}


def test_the_shape_is_what_sprites_show():
    images = load_sprites(None, None).select("train")
    assert dict(zip(images.factor_names, images.intrinsic, strict=True)) == {
        "shape": True, "scale": False, "orientation": False, "x": False, "y": False,
    }  # fmt: skip


@pytest.mark.parametrize("kind", [pairs, clamped])
def test_a_pure_function_of_the_generator(kind):
    indices = np.arange(30)
    one, other, *more = (
        kind(grid(), indices, np.random.default_rng(seed)) for seed in (0, 0, *range(1, 20))
    )
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
    second = list(one)[1]
    assert any(not np.array_equal(one[second], batch[second]) for batch in more)


def test_a_hidden_factor_is_not_one_of_those_shared():
    """Like the instance of smallnorb: it is drawn anew for each image that is asked for."""
    images, indices = grid(hidden="toy"), np.arange(len(GRID))
    batch = pairs(images, indices, np.random.default_rng(0))
    one, other = factors_of(batch["image"]), factors_of(batch["partner"])
    differing = (one != other)[:, [0, 2, 3]]
    assert differing.sum(1).max() == 2
    assert (one[:, 1] != other[:, 1]).mean() == pytest.approx(3 / 4, abs=0.1)
    group = clamped(images, indices[:40], np.random.default_rng(0))
    assert group["varying"].shape == (40, 4)
    factors = factors_of(group["image"])
    kept = np.flatnonzero(group["varying"][0, :3] == 0)
    assert np.all(factors[:, [0, 2, 3]][:, kept] == factors[0, [0, 2, 3]][kept])
    assert len(set(factors[:, 1])) > 1


def test_partners_come_from_the_whole_grid():
    batch = pairs(grid(rows=np.arange(3)), np.zeros(500, int), np.random.default_rng(0))
    assert np.all(factors_of(batch["image"]) == 0)
    assert len(np.unique(batch["partner"])) > 50


@pytest.mark.parametrize("kind", [pairs, clamped])
def test_images_without_factors_are_refused(kind):
    images = ArrayImages("photos", np.zeros((4, 2, 2, 1), np.uint8))
    with pytest.raises(UserError, match="known factors. Received: <photos.*Choose sprites"):
        kind(images, np.arange(2), np.random.default_rng(0))


def test_one_factor_cannot_be_shared_in_part():
    single = FactorGrid(("x",), (4,))
    store = ArrayRows(np.zeros((4, 1, 1, 1), np.uint8), 255)
    images = GroundTruthImages("line", "train", store, grid=single)
    with pytest.raises(UserError, match="at least 2 factors. Received.*with 1"):
        pairs(images, np.arange(2), np.random.default_rng(0))
