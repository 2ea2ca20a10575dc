import pytest

from vae_tf.config import Params
from vae_tf.process.errors import UserError
from vae_tf.schedules import linear
from vae_tf.studies import Study, read_vary

BASE = Params(dataset="digits", encoder=((8,),))


def test_a_grid_has_every_combination_once_with_its_parameters():
    study = Study(BASE, vary={"kl_weight": (1, 4.0), "latent_size": [5, 10], "seed": range(2)})
    points = study.points()
    assert len(points) == 8 and len({point.name for point in points}) == 8
    combinations = {(p.params.kl_weight(0), p.params.latent_size, p.params.seed) for p in points}
    assert combinations == {(w, n, s) for w in (1.0, 4.0) for n in (5, 10) for s in (0, 1)}
    assert points[0].name == "kl_weight=1,latent_size=5,seed=0"
    assert points[0].values == {"kl_weight": "1", "latent_size": "5", "seed": "0"}
    # All combinations of the first seed come first.
    assert [point.params.seed for point in points] == [0] * 4 + [1] * 4


def test_several_runs_are_named_first():
    study = Study({"one": BASE, "two": BASE}, vary={"seed": (3,)})
    assert [point.name for point in study.points()] == ["one,seed=3", "two,seed=3"]
    assert study.points()[1].values == {"base": "two", "seed": "3"}
    assert [point.name for point in Study({"one": BASE, "two": BASE}).points()] == ["one", "two"]


def test_hyperparameters_and_schedules_vary():
    study = Study(BASE, vary={"hyper.beta": (1, 6), "kl_weight": (linear(0, 4, 10), "none")[:1]})
    point = study.points()[1]
    assert point.name == "hyper.beta=6,kl_weight=linear(0,4,10)"
    assert point.params.hyper == {"beta": 6} and point.params.kl_weight == linear(0, 4, 10)


def test_paths_make_no_folders():
    points = Study(BASE, vary={"dataset": ("folder:/a/b", "folder:/a/c")}).points()
    assert [point.name for point in points] == ["dataset=folder:_a_b", "dataset=folder:_a_c"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Study(BASE), "the grid is empty"),
        (lambda: Study({}), "the grid is empty"),
        (lambda: Study({"one": BASE}), "the grid is empty"),
        (lambda: Study(BASE, vary={"seed": ()}), "`seed` has no values"),
        (lambda: Study(BASE, vary={"sead": (0, 1)}), "Did you mean 'seed'"),
        (lambda: Study(BASE, vary={"seed": (0, -1)}), "Received: seed=-1"),
        (lambda: Study(BASE, vary={"kl_weight": (4, 4.0)}), "called 'kl_weight=4'"),
        (lambda: Study(BASE, vary={"seed": 3}), "a list of values"),
        (lambda: Study(BASE, vary={"dataset": "mnist"}), "a list of values"),
        (lambda: Study(BASE, vary=[1]), "a dict"),
        (lambda: Study("digits-VAE", vary={"seed": (0, 1)}), "`Params`"),
        (lambda: Study(BASE, vary={"encoder": (((8,),) * 60,)}), "at most 200 bytes"),
        (lambda: Study(BASE, vary={"seed": range(10**6)}), "at most 100,000 points"),
        (lambda: read_vary(["seed"]), "form field=value"),
        (lambda: read_vary(["seed=1", "seed=2"]), "varies twice"),
        (lambda: read_vary(["seed=0..999999999"]), "at most 100,000 values"),
    ],
)
def test_bad_grids_are_refused(make, message):
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        make()


def test_values_of_the_command_line():
    vary = read_vary(["encoder=[[8],[4]],[[8]]", "kl_weight=linear(0, 4, 10),2", "seed=3..5,9"])
    assert vary == {
        "encoder": ([[8], [4]], [[8]]),
        "kl_weight": ("linear(0, 4, 10)", 2),
        "seed": (3, 4, 5, 9),
    }
    assert read_vary(["seed= "]) == {"seed": ()}
