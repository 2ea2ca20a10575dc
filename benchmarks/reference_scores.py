"""Seconds of our scores beside the functions of their references on the same codes.

The references are repositories that you fetch yourself, each under its "owner+name", into a folder
outside this project (`python benchmarks/scores.py --reference FOLDER`):

    google-research+disentanglement_lib   https://github.com/google-research/disentanglement_lib
    kylehkhsu+latent_quantization         https://github.com/kylehkhsu/latent_quantization

Their files are imported as they are; what only configures them or logs (gin, absl, six, ipdb) is
replaced by stand-ins, arguments that scikit-learn no longer takes are dropped. Codes are mixtures
of the sprites' factors with noise, on 10,000 points to learn from and 5,000 to test on; scores by
intervention look codes up on both sides. Both sides have the same cores; CPU seconds are next to
the seconds, as they say the same on a machine that has other work.
"""

import functools
import importlib
import importlib.util
import sys
import time
import types
from pathlib import Path

import numpy as np

from vae_tf import metrics

SIZES = np.array([3, 6, 40, 32, 32])
NUM_TRAIN, NUM_TEST, NUM_CODES = 10_000, 5_000, 10
LIBRARY = "google-research+disentanglement_lib"
INFOMEC = "kylehkhsu+latent_quantization/disentangle/metrics/infomec.py"


class Sprites:
    """The ground truth of the reference's interface; its images are the factors themselves."""

    num_factors, factors_num_values = len(SIZES), SIZES.tolist()

    def sample_factors(self, n, random_state):
        return random_state.randint(0, SIZES, size=(n, len(SIZES)))

    def sample_observations_from_factors(self, factors, random_state):
        return factors

    def sample(self, n, random_state):
        return (factors := self.sample_factors(n, random_state)), factors

    def sample_observations(self, n, random_state):
        return self.sample_factors(n, random_state)


class Codes:
    """A table of codes of the grid, from smooth mixtures of factors."""

    def __init__(self, rng):
        grid = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
        mixed = np.sin(2 * grid / SIZES) @ rng.normal(size=(len(SIZES), NUM_CODES))
        self.table = (mixed + 0.05 * rng.standard_normal(mixed.shape)).astype(np.float32)

    def __call__(self, factors):
        return self.table[np.ravel_multi_index(np.asarray(factors).T, SIZES)]


def stand_ins():
    """Modules that configure and log."""
    gin, absl, six = (types.ModuleType(name) for name in ("gin", "absl", "six"))
    gin.tf, gin.REQUIRED = types.ModuleType("gin.tf"), None
    gin.tf.REQUIRED = None
    gin.configurable = lambda *args, **options: lambda function: function
    absl.logging = types.SimpleNamespace(info=lambda *args: None)
    six.moves = types.ModuleType("six.moves")
    six.moves.range = range
    found = {"gin": gin, "gin.tf": gin.tf, "absl": absl, "six": six, "six.moves": six.moves}
    found["ipdb"] = types.ModuleType("ipdb")
    return {name: module for name, module in found.items() if name not in sys.modules}


def load_references(folder: Path, fraction: float):
    """The modules of the library by name, and InfoMEC's."""
    sys.modules.update(stand_ins())
    sys.path.insert(0, str(folder / LIBRARY))
    names = "mig sap_score modularity_explicitness beta_vae factor_vae irs dci utils".split()
    found = {
        name: importlib.import_module(f"disentanglement_lib.evaluation.metrics.{name}")
        for name in names
    }
    histogram = found["utils"]._histogram_discretize
    found["utils"].make_discretizer = functools.partial(histogram, num_bins=20)
    boosting = found["dci"].ensemble.GradientBoostingClassifier
    rounds = max(1, round(100 * fraction))
    found["dci"].ensemble = types.SimpleNamespace(
        GradientBoostingClassifier=functools.partial(boosting, n_estimators=rounds)
    )
    spec = importlib.util.spec_from_file_location("reference_infomec", folder / INFOMEC)
    found["infomec"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found["infomec"])
    information = found["infomec"].feature_selection.mutual_info_classif
    # Today's NumPy does not take an array of one number for a number.
    found["infomec"].feature_selection = types.SimpleNamespace(
        mutual_info_classif=lambda *args, **options: information(*args, **options)[0]
    )
    regression = found["infomec"].linear_model.LogisticRegression

    def without_old_arguments(multi_class=None, n_jobs=None, penalty=None, **options):
        return regression(**options, C=np.inf)

    found["infomec"].linear_model = types.SimpleNamespace(LogisticRegression=without_old_arguments)
    return found


def pairs(reference, codes, points):
    """Name of a score -> our function and theirs, both without arguments."""
    x_train, y_train, x_test, y_test = points
    turned = [part.T for part in points]
    state, sizes, sprites = np.random.RandomState(0), SIZES.tolist(), Sprites()
    votes = {"batch_size": 64, "num_train": NUM_TRAIN, "num_eval": NUM_TEST}

    def explicitness():
        normalize = reference["utils"].normalize_data
        train, mean, stddev = normalize(turned[0])
        test = normalize(turned[2], mean, stddev)[0]
        areas = [
            reference["modularity_explicitness"].explicitness_per_factor(
                train, y_train[:, k], test, y_test[:, k]
            )[1]
            for k in range(len(SIZES))
        ]
        return np.mean(areas)

    def irs():
        binned = reference["utils"].make_discretizer(turned[1])
        score = reference["irs"].scalable_disentanglement_score(binned.T, x_train, 0.99)
        return score["avg_score"]

    def sap(continuous):
        return reference["sap_score"]._compute_sap(*turned, continuous)["SAP_score"]

    def infomec():
        scores = reference["infomec"].compute_infomec(y_train, x_train, False)
        return [scores[name] for name in ("infom", "infoc", "infoe")]

    def beta_vae():
        scores = reference["beta_vae"].compute_beta_vae_sklearn(
            sprites, codes, state, artifact_dir=None, **votes
        )
        return scores["eval_accuracy"]

    def factor_vae():
        scores = reference["factor_vae"].compute_factor_vae(
            sprites, codes, state, artifact_dir=None, num_variance_estimate=NUM_TRAIN, **votes
        )
        return scores["eval_accuracy"]

    def dci():
        scores = reference["dci"]._compute_dci(*turned)
        return [scores["disentanglement"], scores["completeness"]]

    def our_dci():
        scores = metrics.dci_scores(*points, seed=0)
        return [scores["disentanglement"], scores["completeness"]]

    def continuous_sap():
        return metrics.sap_score(*points, continuous=True)

    return {
        "MIG": (
            lambda: metrics.mig_score(x_train, y_train),
            lambda: reference["mig"]._compute_mig(*turned[:2])["discrete_mig"],
        ),
        "IRS": (lambda: metrics.irs_score(x_train, y_train), irs),
        "SAP, continuous": (continuous_sap, lambda: sap(True)),
        "SAP": (lambda: metrics.sap_score(*points), lambda: sap(False)),
        "explicitness": (lambda: metrics.explicitness_score(*points), explicitness),
        "InfoMEC": (lambda: list(metrics.infomec_scores(x_train, y_train).values()), infomec),
        "beta-VAE": (lambda: metrics.beta_vae_score(codes, sizes)["eval"], beta_vae),
        "FactorVAE": (lambda: metrics.factor_vae_score(codes, sizes)["eval"], factor_vae),
        "DCI": (our_dci, dci),
    }


def timed(function):
    """Seconds, CPU seconds and the value."""
    wall, cpu = time.perf_counter(), time.process_time()
    value = function()
    return time.perf_counter() - wall, time.process_time() - cpu, value


def compare_functions(folder: Path | None, fraction: float, only: list[str] | None):
    """Prints the table, or why there is none."""
    missing = [path for path in (LIBRARY, INFOMEC) if not folder or not (folder / path).exists()]
    if missing:
        print(f"no references: {', '.join(missing)} not in --reference {folder}")
        return
    rng = np.random.default_rng(0)
    codes = Codes(rng)
    draws = [rng.integers(0, SIZES, size=(n, len(SIZES))) for n in (NUM_TRAIN, NUM_TEST)]
    points = [part for factors in draws for part in (codes(factors), factors)]
    print("| score | ours, s (CPU) | reference, s (CPU) | times as fast | ours | reference |")
    print("| --- | ---: | ---: | ---: | --- | --- |", flush=True)
    for name, (ours, theirs) in pairs(load_references(folder, fraction), codes, points).items():
        if only and name not in only:
            continue
        # Ours twice, and the faster of them: the first call imports.
        first = min((timed(ours) for _ in range(2)), key=lambda found: found[0])
        other = timed(theirs)
        scale = 1 / fraction if name == "DCI" else 1
        wall, cpu = scale * other[0], scale * other[1]
        shown = [np.round(np.atleast_1d(value), 4).tolist() for value in (first[2], other[2])]
        print(
            f"| {name} | {first[0]:.2f} ({first[1]:.2f}) | {wall:.2f} ({cpu:.2f}) | "
            f"{wall / first[0]:.1f} ({cpu / first[1]:.1f}) | {shown[0]} | {shown[1]} |",
            flush=True,
        )
    if fraction < 1:
        print(f"\nreference's DCI: {fraction:g} of its rounds of boosting, its seconds scaled")
