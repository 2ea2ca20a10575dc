import pytest

from vae_tf.analysis import chosen_products, find_runs
from vae_tf.errors import UserError


def test_names_are_checked(runs, tmp_path):
    assert chosen_products(None) is None
    assert chosen_products("report, kl_per_latent.png") == ["report.html", "kl_per_latent.png"]
    for call, message in (
        (lambda: chosen_products("traversal,reprot"), "Did you mean 'report.html'"),
        (lambda: chosen_products(","), "names products"),
        (lambda: find_runs(runs, ["digit"]), "Did you mean 'digits'"),
        (lambda: find_runs(tmp_path), "holds no run"),
        (lambda: find_runs(tmp_path / "nowhere"), "does not exist"),
    ):
        with pytest.raises(UserError, match=message):
            call()
    assert find_runs(runs, ["sprites", "sprites"]) == [runs / "sprites"]
