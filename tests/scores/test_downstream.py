import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores import dci_scores, downstream_scores


def noisy(rng, draw):
    x_train, y_train, x_test, y_test = draw(sizes=(3, 4), num_train=300, num_test=200)
    mixing = rng.normal(size=(2, 3))
    return (
        x_train @ mixing + 0.5 * rng.normal(size=(300, 3)), y_train,
        x_test @ mixing + 0.5 * rng.normal(size=(200, 3)), y_test,
    )  # fmt: skip


@pytest.mark.parametrize("classifier", ["gradient_boosting", "logistic_regression"])
def test_accuracies_against_scikit_learn(rng, draw, classifier):
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    x_train, y_train, x_test, y_test = noisy(rng, draw)
    points = x_train, y_train, x_test, y_test
    scores = downstream_scores(*points, sizes=(30, 300), classifier=classifier, seed=0)
    for size in (30, 300):
        accuracies = []
        for k in range(2):
            if classifier == "gradient_boosting":
                model = GradientBoostingClassifier(random_state=0)
            else:
                model = LogisticRegression(C=1e4, max_iter=1000)  # hardly penalized
            model.fit(x_train[:size], y_train[:size, k])
            accuracies.append(model.score(x_test, y_test[:, k]))
        tolerance = 0.03 if classifier == "gradient_boosting" else 0.06
        assert scores[f"accuracy_{size}"] == pytest.approx(np.mean(accuracies), abs=tolerance)
    assert scores["efficiency_30"] == scores["accuracy_30"] / scores["accuracy_300"]
    assert 0.4 < scores["accuracy_30"] <= scores["accuracy_300"] < 0.99


def test_at_all_points_it_is_the_informativeness_of_dci(rng, draw):
    points = noisy(rng, draw)
    accuracy = downstream_scores(*points, sizes=(300,), seed=3)["accuracy_300"]
    assert accuracy == dci_scores(*points, seed=3)["informativeness_test"]


@pytest.mark.parametrize("classifier", ["gradient_boosting", "logistic_regression"])
def test_useless_codes_are_at_chance(draw, classifier):
    _, y_train, _, y_test = draw(sizes=(2, 4))
    x_train, x_test = np.ones((600, 1)), np.ones((300, 1))
    scores = downstream_scores(
        x_train, y_train, x_test, y_test, sizes=(1, 10, 600), classifier=classifier
    )
    assert scores["accuracy_600"] == pytest.approx((1 / 2 + 1 / 4) / 2, abs=0.05)
    assert 0.5 < scores["efficiency_10"] < 1.5


def test_constant_factors_are_left_out(draw):
    x_train, y_train, x_test, y_test = draw(num_train=200, num_test=100)
    y_train[:, 0] = y_test[:, 0] = 1
    expected = downstream_scores(x_train, y_train[:, 1:], x_test, y_test[:, 1:], sizes=(50, 200))
    scores = downstream_scores(x_train, y_train, x_test, y_test, sizes=(50, 200))
    assert scores == pytest.approx(expected, abs=0.02)
    nothing = downstream_scores(x_train, y_train * 0, x_test, y_test * 0, sizes=(50, 200))
    assert nothing == {"accuracy_50": 0.0, "accuracy_200": 0.0, "efficiency_50": 0.0}


def test_sizes(draw):
    points = draw(num_train=60, num_test=30)
    assert list(downstream_scores(*points, seed=0)) == ["accuracy_10"]  # 100 and more are not there
    with pytest.raises(UserError, match="`sizes`.*60 points"):
        downstream_scores(*points, sizes=(61,))
    with pytest.raises(UserError, match="`sizes`"):
        downstream_scores(*points, sizes=(20, 10))
    with pytest.raises(UserError, match="'logistic_regression'"):
        downstream_scores(*points, classifier="logistic")
