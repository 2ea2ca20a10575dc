import numpy as np
import pytest
from sklearn.metrics import mutual_info_score, roc_auc_score

from vae_tf.process.errors import UserError
from vae_tf.scores.attributes import attribute_table


def example(count=600, seed=0):
    rng = np.random.default_rng(seed)
    tone = rng.integers(0, 2, count)
    digit = rng.integers(0, 5, count)
    noise = rng.normal(size=(count, 4))
    codes = noise + np.stack([0 * tone, -2 * tone, 2.0 * digit, 0 * tone], axis=1)
    return codes, {"tone": tone, "digit": digit}


def test_areas_are_scikit_learns_whichever_way_a_latent_points():
    codes, attributes = example()
    table = attribute_table(codes, attributes)
    areas = [roc_auc_score(attributes["tone"], column) for column in codes.T]
    np.testing.assert_allclose(table.scores[:, 0], np.maximum(areas, 1 - np.array(areas)))
    assert table.measures == ("AUC", "information") and table.names == ("tone", "digit")


def test_information_is_scikit_learns_of_equal_bins():
    codes, attributes = example()
    table = attribute_table(codes, attributes)
    bins = np.argsort(np.argsort(codes[:, 2])) * 20 // len(codes)
    digit = attributes["digit"]
    expected = mutual_info_score(bins, digit) / mutual_info_score(digit, digit)
    assert table.scores[2, 1] == pytest.approx(expected)


def test_latents_are_named_after_what_they_tell():
    codes, attributes = example()
    names = attribute_table(codes, attributes).latent_names()
    assert list(names) == [1, 2]
    assert names[1].startswith("tone, AUC 0.9") and names[2].startswith(
        "digit 0 to 4, information 0."
    )
    words = {"digit": ["none", "one", "two", "three", "four"]}
    named = attribute_table(-codes, attributes).latent_names(words)
    assert named[2].startswith("digit four to none, information 0.")


def test_nothing_is_named_by_chance():
    """For 40 tables of noise, 32 latents each, about one in a hundred attributes exceeds."""
    exceeding = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        attributes = {"two": rng.integers(0, 2, 80), "five": rng.integers(0, 5, 80)}
        table = attribute_table(rng.normal(size=(80, 32)), attributes, seed=seed)
        exceeding += int((table.scores.max(axis=0) > table.thresholds).sum())
    assert exceeding <= 4  # of 80: at most one of a hundred is expected


def test_images_whose_value_is_not_known_are_left_out():
    codes, attributes = example()
    tone = attributes["tone"].copy()
    tone[::3] = -1
    known = tone >= 0
    some = attribute_table(codes, {"tone": tone})
    np.testing.assert_allclose(
        some.scores, attribute_table(codes[known], {"tone": tone[known]}).scores
    )


def test_an_attribute_that_all_share_has_no_column():
    codes, _ = example()
    table = attribute_table(codes, {"same": np.ones(len(codes), int)})
    assert table.names == () and table.scores.shape == (4, 0) and table.latent_names() == {}
    assert table.ends.shape == (4, 0, 2)


def test_constant_codes_tell_nothing():
    _, attributes = example()
    table = attribute_table(np.zeros((600, 2)), attributes)
    np.testing.assert_allclose(table.scores, [[0.5, 0], [0.5, 0]], atol=1e-12)


def test_other_attributes_are_refused():
    with pytest.raises(UserError, match="'tone'.*600"):
        attribute_table(example()[0], {"tone": np.zeros(3, int)})
