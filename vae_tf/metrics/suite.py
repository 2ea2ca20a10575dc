"""Every score on one representation, one after the other, with its protocol and sizes."""

import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass

import numpy as np

from vae_tf.errors import unknown
from vae_tf.metrics.dci import dci_from_fit, fit_importance
from vae_tf.metrics.decomposition import elbo_decomposition, kl_per_code
from vae_tf.metrics.density_information import density_information_matrix
from vae_tf.metrics.explicitness import explicitness_score
from vae_tf.metrics.infomec import infomec_scores
from vae_tf.metrics.information import (
    dcimig_score,
    factor_entropies,
    mean_gap,
    mig_sup_score,
    modularity_score,
    mutual_information_matrix,
)
from vae_tf.metrics.interventions import beta_vae_score, factor_vae_score
from vae_tf.metrics.irs import irs_score
from vae_tf.metrics.representation import Codes, Representation
from vae_tf.metrics.sap import sap_score
from vae_tf.metrics.unsupervised import active_units, unsupervised_scores


@dataclass(frozen=True)
class Sizes:
    """How much is drawn for each score; the defaults are those of Locatello et al.

    Attributes:
        num_train: Points that scores on arrays use, or learn from.
        num_test: Points they are scored on.
        num_variance: Draws for FactorVAE's global variance.
        num_eval: Points or votes scored by intervention.
        batch_size: Pairs a point, images a vote.
        num_bins: Bins a code.
        num_samples: Draws from q(z) for the decomposition; 10,000 in Chen et al.
        num_images: Images, drawn from the grid, that enter densities; None takes all.
    """

    num_train: int = 10_000
    num_test: int = 5_000
    num_variance: int = 10_000
    num_eval: int = 5_000
    batch_size: int = 64
    num_bins: int = 20
    num_samples: int = 10_000
    num_images: int | None = None


PRESETS = {
    "full": Sizes(),
    "fast": Sizes(
        num_train=1_000,
        num_test=500,
        num_variance=1_000,
        num_eval=500,
        num_samples=1_000,
        num_images=73_728,
    ),
}


def score_suite(
    representation: Representation | Codes,
    *,
    preset: str | Sizes = "full",
    seed: int = 0,
    done: Collection[str] = (),
    progress: bool = True,
) -> Iterator[tuple[str, dict]]:
    """Yields the name and the result of one score after another, cheap ones first.

    All scores on arrays share one draw of training and one of test points. Each score depends on
    the seed alone, not on those before it, so that a script may store each as it comes, stop
    anywhere, and go on with `done` = the names it has. Scores that need densities are left out for
    an encoder without them, scores that need factors for `Codes` without them.

    Args:
        representation: Codes of the factor grid, or `Codes` of images without known factors.
        preset: "full" (the published sizes), "fast" (about a tenth) or own `Sizes`.
        seed: Of every draw.
        done: Names to skip, a subset of `suite_names(representation)`.
        progress: Whether to show progress bars on stderr.

    Yields:
        The name and a dict, ready for JSON: `values` (name -> float), `protocol` (one sentence),
        `preset`, `sizes` (those that entered), `seed`, `seconds`, and for some `matrix` (nested
        lists, `[L][K]`) for plots.

    Raises:
        UserError: If the preset or a name in `done` is unknown.

    Example:
        >>> factors = np.stack(np.meshgrid(range(3), range(4)), axis=-1).reshape(-1, 2)
        >>> represent = Representation.from_arrays(factors, factors)
        >>> results = dict(score_suite(represent, preset="fast", progress=False))
        >>> round(results["mig"]["values"]["mig"], 2), results["mig"]["sizes"]
        (1.0, {'num_train': 1000, 'num_bins': 20})
    """
    if isinstance(preset, Sizes):
        name, sizes = "custom", preset
    elif preset in PRESETS:
        name, sizes = preset, PRESETS[preset]
    else:
        raise unknown("preset", preset, PRESETS)
    names = suite_names(representation)
    for known in done:
        if known not in _SCORES:
            raise unknown("score", known, _SCORES)
    run = _Run(representation, sizes, seed, progress)

    def results():
        for score in names:
            if score not in done:
                function, protocol, used = _SCORES[score]
                start = time.perf_counter()
                values, matrix = function(run)
                entry = {
                    "values": values,
                    "protocol": protocol,
                    "preset": name,
                    "sizes": {key: asdict(sizes)[key] for key in used},
                    "seed": seed,
                    "seconds": round(time.perf_counter() - start, 3),
                }
                if matrix is not None:
                    entry["matrix"] = np.asarray(matrix, np.float64).tolist()
                yield score, entry

    return results()


def suite_names(representation: Representation | Codes) -> list[str]:
    """Names of the scores that `score_suite` yields, in its order.

    Args:
        representation: As for `score_suite`.

    Returns:
        The names of those scores that its codes allow.

    Example:
        >>> represent = Representation.from_arrays(np.arange(2.0)[:, None], np.arange(2)[:, None])
        >>> suite_names(represent)[:3]
        ['mig', 'mig_sup', 'dcimig']
    """
    missing = set() if representation.log_stddev is not None else set(_NEED_DENSITY)
    if not representation.factor_sizes:
        missing |= set(_SCORES) - set(_NEED_NO_FACTORS)
    return [name for name in _SCORES if name not in missing]


class _Run:
    """What the scores of one suite share: the draws, made on first use."""

    def __init__(self, representation, sizes, seed, progress):
        self.representation = representation
        self.sizes, self.seed, self.progress = sizes, seed, progress
        self._draws = {}

    def draw(self, name):
        if name not in self._draws:
            number, size = {
                "train": (0, self.sizes.num_train),
                "test": (1, self.sizes.num_test),
            }[name]
            rng = np.random.default_rng([self.seed, number])
            self._draws[name] = self.representation.sample(size, rng)
        return self._draws[name]

    def represent(self):
        """Factors -> codes; codes that are sampled depend on the seed alone."""
        rng = np.random.default_rng([self.seed, 3])
        return lambda factors: self.representation.codes_of(factors, rng)

    @property
    def train_test(self):
        return *self.draw("train"), *self.draw("test")

    def densities(self):
        """Mean, log_stddev and factors of the images that enter densities."""
        grid, most = self.representation, self.sizes.num_images
        if most is None or most >= len(grid.mean):
            return grid.mean, grid.log_stddev, grid.factors
        rng = np.random.default_rng([self.seed, 2])
        rows = np.sort(rng.choice(len(grid.mean), size=most, replace=False))
        factors = grid.factors if grid.factors is None else grid.factors[rows]
        return grid.mean[rows], grid.log_stddev[rows], factors


def _mig(run):
    codes, factors = run.draw("train")
    matrix = mutual_information_matrix(codes, factors, num_bins=run.sizes.num_bins)
    return {"mig": mean_gap(matrix, factor_entropies(factors))}, matrix


def _mig_sup(run):
    score = mig_sup_score(*run.draw("train"), num_bins=run.sizes.num_bins, min_variance=0.01)
    return {"mig_sup": score}, None


def _dcimig(run):
    return {"dcimig": dcimig_score(*run.draw("train"), num_bins=run.sizes.num_bins)}, None


def _modularity(run):
    return {"modularity": modularity_score(*run.draw("train"), num_bins=run.sizes.num_bins)}, None


def _irs(run):
    return {"irs": irs_score(*run.draw("train"))}, None


def _unsupervised(run):
    return unsupervised_scores(run.draw("train")[0], num_bins=run.sizes.num_bins), None


def _active_units(run):
    return {"active_units": active_units(run.representation.mean)}, None


def _explicitness(run):
    return {"explicitness": explicitness_score(*run.train_test)}, None


def _sap(run):
    points = run.train_test
    scores = {
        "sap": sap_score(*points, progress=run.progress),
        "sap_continuous": sap_score(*points, continuous=True),
    }
    return scores, None


def _infomec(run):
    scores = infomec_scores(*run.draw("train"), seed=run.seed, progress=run.progress)
    return {f"infomec_{name}": score for name, score in scores.items()}, None


def _beta_vae(run):
    sizes = run.sizes
    scores = beta_vae_score(
        run.represent(),
        run.representation.factor_sizes,
        num_train=sizes.num_train,
        num_eval=sizes.num_eval,
        batch_size=sizes.batch_size,
        seed=run.seed,
        progress=run.progress,
    )
    return {f"beta_vae_{name}": score for name, score in scores.items()}, None


def _factor_vae(run):
    sizes = run.sizes
    scores = factor_vae_score(
        run.represent(),
        run.representation.factor_sizes,
        num_train=sizes.num_train,
        num_eval=sizes.num_eval,
        num_variance=sizes.num_variance,
        batch_size=sizes.batch_size,
        seed=run.seed,
        progress=run.progress,
    )
    return {f"factor_vae_{name}": score for name, score in scores.items()}, None


def _dci(run):
    fit = fit_importance(*run.train_test, seed=run.seed, progress=run.progress)
    scores = dci_from_fit(fit, run.draw("train")[1])
    return {f"dci_{name}": score for name, score in scores.items()}, fit.matrix


def _mig_density(run):
    *posterior, factors = run.densities()
    matrix = density_information_matrix(*posterior, factors, progress=run.progress)
    return {"mig_density": mean_gap(matrix, factor_entropies(factors))}, matrix


def _kl(run):
    kl = kl_per_code(run.representation.mean, run.representation.log_stddev)
    return {f"kl_{code}": float(value) for code, value in enumerate(kl)}, None


def _decomposition(run):
    posterior = run.densities()[:2]
    scores = elbo_decomposition(
        *posterior, num_samples=run.sizes.num_samples, seed=run.seed, progress=run.progress
    )
    return scores, None


_POINTS = ("num_train", "num_bins")
_TRAIN_TEST = ("num_train", "num_test")
_SCORES = {
    "mig": (_mig, "Chen et al. 2018 with bins as in Locatello et al. 2019", _POINTS),
    "mig_sup": (_mig_sup, "Li et al. 2020 with bins; codes of variance above 0.01", _POINTS),
    "dcimig": (_dcimig, "Sepliarskaia et al. 2019 with bins", _POINTS),
    "modularity": (_modularity, "Ridgeway & Mozer 2018 as in Locatello et al. 2019", _POINTS),
    "irs": (_irs, "Suter et al. 2019 as in Locatello et al. 2019; quantile 0.99", ("num_train",)),
    "unsupervised": (_unsupervised, "Locatello et al. 2019", _POINTS),
    "active_units": (_active_units, "Burda et al. 2016 on all images; variance above 0.01", ()),
    "kl_per_code": (_kl, "KL of q(z_l|x) to N(0, 1), mean over all images, nats", ()),
    "explicitness": (
        _explicitness,
        "Ridgeway & Mozer 2018 as in Locatello et al. 2019; area under the ROC curve, test points",
        _TRAIN_TEST,
    ),
    "factor_vae": (
        _factor_vae,
        "Kim & Mnih 2018 as in Locatello et al. 2019; codes of standard deviation 0.05 or more",
        ("num_train", "num_eval", "num_variance", "batch_size"),
    ),
    "beta_vae": (
        _beta_vae,
        "Higgins et al. 2017 as in Locatello et al. 2019; logistic regression",
        ("num_train", "num_eval", "batch_size"),
    ),
    "infomec": (_infomec, "Hsu et al. 2023; 10 neighbours", ("num_train",)),
    "sap": (
        _sap,
        "Kumar et al. 2018; linear SVM, C = 0.01, balanced; squared correlation if continuous",
        _TRAIN_TEST,
    ),
    "mig_density": (
        _mig_density,
        "Chen et al. 2018, densities summed on a grid, all factors",
        ("num_images",),
    ),
    "dci": (
        _dci,
        "Eastwood & Williams 2018 as in Locatello et al. 2019; gradient_boosting",
        _TRAIN_TEST,
    ),
    "elbo_decomposition": (
        _decomposition,
        "Chen et al. 2018; standard errors over samples, nats",
        ("num_samples", "num_images"),
    ),
}
_NEED_DENSITY = ("kl_per_code", "mig_density", "elbo_decomposition")
_NEED_NO_FACTORS = ("unsupervised", "active_units", "kl_per_code", "elbo_decomposition")
