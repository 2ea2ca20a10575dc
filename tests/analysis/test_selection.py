import pytest

from vae_tf.analysis import chosen_products, find_runs
from vae_tf.process.errors import UserError


def test_names_are_checked(runs, tmp_path):
    assert chosen_products(None) is None
    assert chosen_products("report, kl_per_latent.png") == ["report.html", "kl_per_latent.png"]
    for call, message in (
        (lambda: chosen_products("traversal,reprot"), "Did you mean 'report.html'"),
        (lambda: chosen_products(","), "names separated"),
        (lambda: find_runs(runs, ["digit"]), "Did you mean 'digits'"),
        (lambda: find_runs(tmp_path), "contains no run"),
        (lambda: find_runs(tmp_path / "nowhere"), "does not exist"),
    ):
        with pytest.raises(UserError, match=message):
            call()
    assert find_runs(runs, ["sprites", "sprites"]) == [runs / "sprites"]


def test_a_study_and_its_points_are_found_by_name(tmp_path):
    predictions = tmp_path / "predictions"
    points = [predictions / "seeds" / f"seed={seed}" for seed in range(2)]
    for point in points:
        point.mkdir(parents=True)
        (point / "params.json").touch()
    (predictions / "seeds" / "study.csv").touch()
    assert find_runs(predictions, ["seeds"]) == points
    for name in ("seeds/seed=1", str(points[1])):
        assert find_runs(predictions, [name]) == points[1:]
    with pytest.raises(UserError, match="'seeds/seed=1'"):
        find_runs(predictions, ["seeds/seed=2"])
