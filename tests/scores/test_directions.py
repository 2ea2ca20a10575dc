import numpy as np
import pytest

from vae_tf.process.errors import UserError
from vae_tf.scores.directions import direction, edit_scores, path_codes


def confounded(count=4_000, seed=0):
    """Smiles move latent 0 by 1, hats latent 1 by 3; four of five who smile wear a hat."""
    rng = np.random.default_rng(seed)
    smile = rng.integers(0, 2, count)
    hat = np.where(rng.random(count) < 0.8, smile, 1 - smile)
    codes = rng.normal(size=(count, 3)) * [0.3, 0.3, 2.0]
    codes[:, 0] += smile
    codes[:, 1] += 3 * hat
    return codes, smile, hat


def test_the_mean_difference_is_that():
    codes, smile, _ = confounded()
    expected = codes[smile == 1].mean(axis=0) - codes[smile == 0].mean(axis=0)
    np.testing.assert_allclose(direction(codes, smile), expected)


@pytest.mark.parametrize("method", ["mean", "linear"])
def test_balance_takes_out_what_goes_along(method):
    codes, smile, hat = confounded()
    assert direction(codes, smile)[1] > 1.5  # a hat comes with the smile
    balanced = direction(codes, smile, method, balance=hat)
    np.testing.assert_allclose(balanced, [1, 0, 0], atol=0.25)
    assert abs(balanced[1]) < 0.1


def test_the_normal_of_two_gaussians_is_fishers():
    """For equal covariance S the optimal normal is S^-1 (m1 - m0)."""
    rng = np.random.default_rng(0)
    mixing = np.array([[1.0, 0.0], [0.8, 0.5]])
    values = np.repeat([0, 1], 20_000)
    codes = rng.normal(size=(40_000, 2)) @ mixing.T + values[:, None] * [1.0, 0.0]
    found = direction(codes, values, "linear")
    fisher = np.linalg.solve(mixing @ mixing.T, [1.0, 0.0])
    cosine = found @ fisher / np.linalg.norm(found) / np.linalg.norm(fisher)
    assert cosine > 0.999
    # One step goes as far along it as the means are apart.
    unit = found / np.linalg.norm(found)
    assert np.linalg.norm(found) == pytest.approx(unit @ [1.0, 0.0], rel=0.03)


def test_the_linear_direction_does_not_hang_on_the_size_of_the_groups():
    codes, smile, _ = confounded()
    rng = np.random.default_rng(1)
    some = (smile == 1) | (rng.random(len(smile)) < 0.1)
    one, other = direction(codes, smile, "linear"), direction(codes[some], smile[some], "linear")
    assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.99


def test_unknown_values_are_left_out():
    codes, smile, _ = confounded()
    some = smile.copy()
    some[::2] = -1
    np.testing.assert_allclose(
        direction(codes, some), direction(codes[1::2], smile[1::2]), rtol=1e-9
    )


def test_impossible_directions_are_refused():
    codes, smile, _ = confounded(50)
    with pytest.raises(UserError, match="Received: 50 with and 0 without"):
        direction(codes, np.ones(50, int))
    with pytest.raises(UserError, match="Balance fewer"):
        direction(codes, smile, balance=smile)
    with pytest.raises(UserError, match=r"a row for each code. Received: shape \(2, "):
        direction(codes, smile, balance=np.stack([smile, smile]))  # and not [N, 2]
    with pytest.raises(UserError, match="pass values == one of them"):
        direction(codes, np.arange(50))
    with pytest.raises(UserError, match="'means'"):
        direction(codes, smile, "means")


@pytest.mark.parametrize("way", ["straight", "spherical", "in_turn"])
def test_every_way_goes_from_end_to_end(way):
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 5))
    codes = path_codes(start, end, 11, way)
    np.testing.assert_allclose(codes[[0, -1]], [start, end], atol=1e-12)
    steps = np.abs(np.diff(codes, axis=0))
    if way == "in_turn":
        assert ((steps > 1e-9).sum(axis=1) <= 1).all()
        first = np.flatnonzero(steps[0] > 1e-9)
        assert first == np.abs(end - start).argmax()
        np.testing.assert_allclose(path_codes(start, end, 6, way, np.arange(5))[1, 0], end[0])


def test_the_arc_keeps_the_length():
    codes = path_codes(np.array([3.0, 0, 0]), np.array([0, 0, 3.0]), 7, "spherical")
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 3)
    angles = np.arccos(np.sum(codes[1:] * codes[:-1], axis=1) / 9)
    np.testing.assert_allclose(angles, np.pi / 12)
    straight = path_codes(np.zeros(2), np.ones(2), 3, "spherical")
    np.testing.assert_allclose(straight[1], [0.5, 0.5])


def test_an_edit_is_scored_by_what_it_wants_and_what_it_does_besides():
    before = {"smile": np.array([0.1, 0.3]), "hat": np.array([0.5, 0.5])}
    after = {"smile": np.array([0.9, 0.7]), "hat": np.array([0.6, 0.2])}
    scores = edit_scores(before, after, "smile")
    assert scores.wanted == pytest.approx(0.6) and scores.others == {"hat": pytest.approx(0.2)}
    assert scores.selectivity == pytest.approx(0.4)
    with pytest.raises(UserError, match="Unknown attribute"):
        edit_scores(before, after, "beard")
