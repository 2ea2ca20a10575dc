"""Computes all scores of one representation, one after the other, with protocol and sizes."""

import functools
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np

from vae_tf.process.errors import UserError, unknown
from vae_tf.scores.factor_draws import FactorDraws
from vae_tf.scores.factor_sample import FactorSample
from vae_tf.scores.factor_trees import FactorTrees, fit_trees
from vae_tf.scores.fairness import changed_codes
from vae_tf.scores.probes import LabeledCodes
from vae_tf.scores.registry import SCORES
from vae_tf.scores.representation import Codes, Representation
from vae_tf.scores.score import NEEDS
from vae_tf.scores.validation import check_seed


@dataclass(frozen=True)
class Sizes:
    """Numbers of points, images and samples for the scores; the defaults are from Locatello et al.

    Attributes:
        num_train: Training points, or all points of a score without training.
        num_test: Test points.
        num_variance: Images for FactorVAE's variance over all images.
        num_eval: Test points, or test votes, of scores by intervention.
        batch_size: Pairs of images per point, or images per vote.
        num_bins: Bins per code.
        num_samples: Draws from q(z) for the decomposition; 10,000 in Chen et al.
        num_images: Images in densities, and images that a `FactorSample` encodes; None for all.
        num_codes: Images to encode from a data set without known factors; None for all. The mutual
            information of the decomposition cannot exceed the log of this number.
        num_changed: Images that are changed to every value of each factor, for unfairness; 100 in
            Locatello et al.
        likelihood_images: Images whose likelihood is estimated.
        likelihood_samples: Importance samples per image.
    """

    num_train: int = 10_000
    num_test: int = 5_000
    num_variance: int = 10_000
    num_eval: int = 5_000
    batch_size: int = 64
    num_bins: int = 20
    num_samples: int = 10_000
    num_images: int | None = None
    num_codes: int | None = None
    num_changed: int = 100
    likelihood_images: int = 1_000
    likelihood_samples: int = 1_000


PRESETS = {
    "full": Sizes(),
    "fast": Sizes(
        num_train=1_000,
        num_test=500,
        num_variance=1_000,
        num_eval=500,
        num_samples=1_000,
        num_images=73_728,
        num_codes=10_000,
        likelihood_images=100,
        likelihood_samples=100,
    ),
}


def score_suite(
    codes: Representation | FactorSample | Codes | None,
    *,
    model=None,
    images: np.ndarray | None = None,
    labeled: LabeledCodes | None = None,
    preset: str | Sizes = "full",
    seed: int = 0,
    done: Collection[str] = (),
    progress: bool = True,
) -> Iterator[tuple[str, dict]]:
    """Yields the name and the result of one score after another, cheap ones first.

    All scores on arrays share one draw of training points and one draw of test points. Each score
    depends only on the seed, not on the scores before it. A script may therefore store each result,
    stop anywhere, and continue with `done`, the names it has. A score is computed if all its
    `needs` are given (`SCORES` in `registry.py`). The log-likelihood uses the model's random state.

    Args:
        codes: Codes of the factor grid (`Representation`) or of a part of it (`FactorSample`), or
            `Codes` of images without known factors; None to score only the model.
        model: A model with `log_importance_weights` and `likelihood`, for the log-likelihood, and
            with `reconstruct` and `generate`, for the sharpness; None leaves both out.
        images: `[N, H, W, C]` from 0 to 1, held-out images; given with `model`.
        labeled: Codes of images with their labels, for the probes and the clusterings; None leaves
            them out.
        preset: "full" (the published sizes), "fast" (about a tenth), or a `Sizes`.
        seed: Seed of every draw.
        done: Names to skip, a part of `SCORES`.
        progress: Whether to show progress bars on stderr.

    Yields:
        The name and a dict, ready for JSON: `values` (name -> float), `protocol`, `preset`, `sizes`
        (the sizes used), `seed`, `seconds`, and for some scores `matrix` and `chance_matrix`
        (nested lists, `[L][K]`) for plots. Some scores share trees; the first of these scores has
        the seconds for fitting the trees.

    Raises:
        UserError: If the preset or a name in `done` is unknown, or only one of `model` and `images`
            is given.

    Example:
        >>> factors = np.stack(np.meshgrid(range(3), range(4)), axis=-1).reshape(-1, 2)
        >>> represent = Representation.from_arrays(factors, factors)
        >>> results = dict(score_suite(represent, preset="fast", progress=False))
        >>> round(results["mig"]["values"]["mig"], 2), results["mig"]["sizes"]
        (1.0, {'num_train': 1000, 'num_bins': 20})
    """
    if not isinstance(preset, Sizes) and preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
    for name in done:
        if name not in SCORES:
            raise unknown("score", name, SCORES)
    if (model is None) != (images is None):
        raise UserError(
            "`model` and `images` must be given together. Received: only one of them. "
            "Pass held-out images [N, H, W, C] with the model."
        )
    offers = set() if codes is None else codes.offers
    if model is not None and images is not None:
        offers = offers | _offers_of(model, images)
    if labeled is not None:
        offers = offers | {"labels"}
    sizes = preset if isinstance(preset, Sizes) else PRESETS[preset]
    title = "custom" if isinstance(preset, Sizes) else preset
    draws = Draws(codes, model, images, labeled, sizes, check_seed(seed), progress)
    names = [name for name in suite_names(offers) if name not in done]
    return ((name, _entry(name, draws, title)) for name in names)


def _offers_of(model, images) -> set[str]:
    offers = {"model"} if getattr(model, "has_densities", True) else set()
    if np.ndim(images) == 4 and hasattr(model, "reconstruct") and hasattr(model, "generate"):
        offers.add("pixels")
    return offers


def suite_names(offers: Collection[str]) -> list[str]:
    """Names of the scores that `score_suite` yields, in its order.

    Args:
        offers: Given inputs, a part of `NEEDS` (`score.py`). `Representation`, `FactorSample` and
            `Codes` have an attribute `offers` with these names, except "model", "pixels", "labels"
            and "seeds".

    Returns:
        The names of the scores whose needs are given.

    Raises:
        UserError: If a name is not in `NEEDS`.

    Example:
        >>> names = suite_names({"codes"})
        >>> "active_units" in names, "mig" in names
        (True, False)
    """
    for offer in offers:
        if offer not in NEEDS:
            raise unknown("offer", offer, NEEDS)
    return [name for name, score in SCORES.items() if set(score.needs) <= set(offers)]


class Draws:
    """Draws that the scores of one suite share, made on first use.

    Attributes:
        codes: The `Representation`, `FactorSample` or `Codes`.
        model: The model for the log-likelihood and the sharpness, or None.
        images: `[N, H, W, C]`, held-out images for these scores, or None.
        labeled: Codes of images with labels, or None.
        sizes: The `Sizes`.
        seed: Seed of every draw.
        progress: Whether to show progress bars.
    """

    def __init__(self, codes, model, images, labeled, sizes: Sizes, seed: int, progress: bool):
        self.codes, self.model, self.images, self.labeled = codes, model, images, labeled
        self.sizes, self.seed, self.progress = sizes, seed, progress

    @functools.cached_property
    def train(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Codes `[N, L]` and factors `[N, K]` to learn from; no factors for `Codes`."""
        return self.codes.sample(self.sizes.num_train, np.random.default_rng([self.seed, 0]))

    @functools.cached_property
    def test(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Codes and factors to test on."""
        rng, n = np.random.default_rng([self.seed, 1]), self.sizes.num_test
        if isinstance(self.codes, FactorSample):
            return self.codes.sample(n, rng, held_out=True)
        return self.codes.sample(n, rng)

    @functools.cached_property
    def trees(self) -> FactorTrees:
        """Trees that predict each factor, for the test points and then the changed images."""
        (codes, factors), points = self.train, [self.test[0]]
        if "interventions" in self.codes.offers:
            sizes = np.array(self.codes.factor_sizes)
            draws = self.represent()
            points += changed_codes(draws, sizes, num_points=self.sizes.num_changed, seed=self.seed)
        return fit_trees(
            codes,
            np.asarray(factors),  # not None: scores that need no factors do not ask for trees
            np.concatenate(points),
            seed=self.seed,
            progress=self.progress,
        )

    @functools.cached_property
    def densities(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Mean, log_stddev and factors of the images that enter densities."""
        grid, most = self.codes, self.size("num_images")
        if most == len(grid.mean):
            return grid.mean, grid.log_stddev, grid.factors
        rng = np.random.default_rng([self.seed, 2])
        rows = np.sort(rng.choice(len(grid.mean), size=most, replace=False))
        factors = grid.factors if grid.factors is None else grid.factors[rows]
        return grid.mean[rows], grid.log_stddev[rows], factors

    def represent(self) -> Callable[[np.ndarray], np.ndarray] | FactorDraws:
        """Returns a function factors -> codes; sampled codes depend only on the seed."""
        if isinstance(self.codes, FactorSample):
            return self.codes
        rng = np.random.default_rng([self.seed, 3])
        return lambda factors: self.codes.codes_of(factors, rng)

    def size(self, name: str) -> int:
        """The number that was actually used for a field of `Sizes`.

        Args:
            name: The field; or "num_encoded" (images), "num_votes" (points by intervention),
                "num_labeled" and "num_labeled_test" (images with labels).
        """
        if name == "likelihood_images":
            return len(self.images)
        if name in ("num_labeled", "num_labeled_test"):
            return len(self.labeled[0 if name == "num_labeled" else 2])
        if name == "num_encoded":
            return len(self.codes.mean)
        if name == "num_images":
            return min(self.sizes.num_images or len(self.codes.mean), len(self.codes.mean))
        if name == "num_votes":
            return self.sizes.num_train
        if name in ("num_train", "num_test"):
            return len((self.train if name == "num_train" else self.test)[0])
        return getattr(self.sizes, name)


def _entry(name, draws, preset):
    """Computes a score; returns its entry in metrics.json."""
    score = SCORES[name]
    start = time.perf_counter()
    values = dict(score.compute(draws))
    arrays = {key: value.tolist() for key, value in values.items() if np.ndim(value)}
    values = {key: value for key, value in values.items() if key not in arrays}
    # Sizes in a tuple are stored under their own names.
    stored = score.sizes if isinstance(score.sizes, dict) else {size: size for size in score.sizes}
    return {
        "values": values,
        "protocol": score.protocol,
        "preset": preset,
        "sizes": {name: draws.size(size) for name, size in stored.items()},
        "seed": draws.seed,
        "seconds": round(time.perf_counter() - start, 3),
        **arrays,
    }
