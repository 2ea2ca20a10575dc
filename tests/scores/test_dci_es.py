import numpy as np
import pytest
from sklearn import ensemble

from vae_tf.process.errors import UserError
from vae_tf.scores import dci_es, dci_es_scores
from vae_tf.scores.dci_es import explicitness_of_curve


@pytest.mark.parametrize(
    ("capacities", "losses", "baseline", "expected"),
    [
        ([1, 2, 4], [0.3, 0.3, 0.3], 0.5, 1),
        ([1, 2, 4], [0.75, 0.5, 0.0], 0.75, 1 - 2 * (0.625 + 0.5) / (3 * 0.75)),
        ([0, 1, 2], [0.5, 0.8, 0.2], 1.0, 1 - 2 * (0.3 + 0.15) / 2),  # a worse probe is not used
        ([0, 10], [1, 0], 1.0, 0),
        ([0, 9.9, 10], [1, 1, 0], 1.0, 1 - 2 * (9.9 + 0.05) / 10),  # the least there is: -1
    ],
)
def test_area_by_hand(capacities, losses, baseline, expected):
    assert explicitness_of_curve(capacities, losses, baseline) == pytest.approx(expected)


@pytest.fixture
def points(rng):
    factors = rng.integers(0, [3, 5], size=(400, 2))
    codes = factors @ rng.normal(size=(2, 3)) + 0.4 * rng.normal(size=(400, 3))
    return codes[:250], factors[:250], codes[250:], factors[250:]


@pytest.mark.parametrize("num_codes", [1, 3])
@pytest.mark.parametrize("is_number", [False, True])
def test_a_forest_cut_at_a_depth_is_one_grown_to_it(points, is_number, num_codes, monkeypatch):
    """With one code nothing in a tree is drawn but its points; with more, equal splits are."""
    name = "RandomForestRegressor" if is_number else "RandomForestClassifier"
    grown = getattr(ensemble, name)

    def of_all_codes(*args, **options):
        return grown(*args, **options, max_features=None)

    monkeypatch.setattr(ensemble, name, of_all_codes)
    x_train, y_train, x_test, y_test = (part.astype(np.float32) for part in points)
    train, test = (x_train[:, :num_codes], y_train[:, 1]), (x_test[:, :num_codes], y_test[:, 1])
    probes = dci_es._probe(*train, *test, is_number, [1, 3, 9], 10, 0)
    tolerance = 1e-6 if num_codes == 1 else 0.03
    for index, depth in enumerate([1, 3, 9]):
        forest = of_all_codes(10, max_depth=depth, random_state=0).fit(*train)
        assert probes.scores[index] == pytest.approx(forest.score(*test), abs=tolerance)
        np.testing.assert_allclose(
            probes.importances[index], forest.feature_importances_, atol=tolerance
        )


def test_linear_codes_are_more_explicit_than_folded_ones(rng):
    factors = rng.integers(0, 4, size=(600, 1))
    plain = factors + 0.1 * rng.normal(size=(600, 1))
    folded = (factors * 5) % 8 + rng.integers(0, 6, size=(600, 1)) * 8 + 0.0  # mixed with noise
    scores = [
        dci_es_scores(x[:400], factors[:400], x[400:], factors[400:], num_trees=20, seed=0)
        for x in (plain, folded)
    ]
    assert scores[0]["explicitness"] > scores[1]["explicitness"] + 0.1
    assert scores[0]["informativeness"] > 0.99 and scores[1]["informativeness"] > 0.95


def test_identity_and_size(draw):
    x_train, y_train, x_test, y_test = draw(sizes=(2, 3), num_train=300, num_test=150)
    wide = [np.hstack([x, np.zeros((len(x), 2))]) for x in (x_train, x_test)]
    scores = dci_es_scores(wide[0], y_train, wide[1], y_test, num_trees=30, seed=0)
    assert scores["size"] == 0.5
    assert scores["informativeness"] == 1
    assert scores["disentanglement"] > 0.8 and scores["completeness"] > 0.8
    again = dci_es_scores(wide[0], y_train, wide[1], y_test, num_trees=30, seed=0)
    assert again == scores


def test_numbers(points):
    mixed = dci_es_scores(*points, continuous=[False, True], num_trees=20, seed=0)
    assert 0.3 < mixed["informativeness"] < 1
    assert mixed != dci_es_scores(*points, continuous=True, num_trees=20, seed=0)


def test_degenerate_and_errors(points):
    x_train, y_train, x_test, y_test = points
    nothing = dci_es_scores(x_train, y_train * 0, x_test, y_test * 0)
    assert nothing.pop("size") == pytest.approx(2 / 3) and set(nothing.values()) == {0.0}
    useless = dci_es_scores(x_train * 0, y_train, x_test * 0, y_test, num_trees=5, seed=0)
    assert useless["explicitness"] == 1 and useless["disentanglement"] == 0
    constant = np.hstack([y_train, y_train[:, :1] * 0]), np.hstack([y_test, y_test[:, :1] * 0])
    left_out = dci_es_scores(x_train, constant[0], x_test, constant[1], num_trees=5, seed=0)
    assert left_out["informativeness"] < 1
    with pytest.raises(UserError, match="`depths`"):
        dci_es_scores(*points, depths=[3, 2])
    with pytest.raises(UserError, match="one of them for each of 2 factors"):
        dci_es_scores(*points, continuous=[True])
