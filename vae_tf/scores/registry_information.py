"""Rows of `SCORES` for scores of information on factors: by bins, by neighbors, by densities."""

import numpy as np

from vae_tf.scores.chance import chance_level, chance_level_of_codes
from vae_tf.scores.density_information import density_information_matrix
from vae_tf.scores.infomec import infomec_scores
from vae_tf.scores.information import (
    dcimig_score,
    factor_entropies,
    mean_gap,
    mig_sup_score,
    mutual_information_matrix,
)
from vae_tf.scores.joint_entropy import quantized_joints, rmig_jemmig_from_joints
from vae_tf.scores.modularity import modularity_score
from vae_tf.scores.score import Column, Score
from vae_tf.scores.unsupervised import unsupervised_scores

# Codes that all take at most so many values in the draw are discrete, as those of QLAE.
_MOST_VALUES = 64
_CHANCE = "; by chance: mean over 10 permutations"


def _mig(draws):
    codes, factors = draws.train
    entropies, bins = factor_entropies(factors), draws.sizes.num_bins

    def matrix_of(codes, factors):
        return mutual_information_matrix(codes, factors, num_bins=bins)

    def score(codes, factors):
        return mean_gap(matrix_of(codes, factors), entropies)

    matrix = matrix_of(codes, factors)
    return {
        "mig": mean_gap(matrix, entropies),
        "mig_chance": chance_level(score, codes, factors, seed=draws.seed),
        "matrix": matrix,
        "chance_matrix": chance_level(matrix_of, codes, factors, seed=draws.seed),
    }


def _binned(name, score, **options):
    """A score of codes and factors by bins, and its level of chance."""

    def compute(draws):
        def of(codes, factors):
            return score(codes, factors, num_bins=draws.sizes.num_bins, **options)

        level = chance_level(of, *draws.train, seed=draws.seed)
        return {name: of(*draws.train), f"{name}_chance": level}

    return compute


def _unsupervised(draws):
    def information(codes):
        return unsupervised_scores(codes, num_bins=draws.sizes.num_bins)["mutual_information"]

    codes = draws.train[0]
    return {
        **unsupervised_scores(codes, num_bins=draws.sizes.num_bins),
        "mutual_information_chance": chance_level_of_codes(information, codes, seed=draws.seed),
    }


def _infomec(draws):
    codes, factors = draws.train
    values = max(len(np.unique(code)) for code in codes.T)
    discrete = values <= min(_MOST_VALUES, len(codes) // 10)
    options = {"discrete_codes": discrete, "seed": draws.seed}
    scores = infomec_scores(codes, factors, progress=draws.progress, **options)
    if discrete:
        for name in ("modularity", "compactness"):
            scores[f"{name}_chance"] = chance_level(
                lambda codes, factors, name=name: infomec_scores(codes, factors, **options)[name],
                codes,
                factors,
                num_permutations=3,
                seed=draws.seed,
            )
    scores["discrete_codes"] = float(discrete)
    return {f"infomec_{name}": value for name, value in scores.items()}


def _mig_density(draws):
    *posterior, factors = draws.densities
    matrix = density_information_matrix(*posterior, factors, progress=draws.progress)
    return {"mig_density": mean_gap(matrix, factor_entropies(factors)), "matrix": matrix}


def _rmig_jemmig(draws):
    mean, log_stddev, factors = draws.densities
    permuted = factors[np.random.default_rng([draws.seed, 6]).permutation(len(factors))]
    joints = quantized_joints(
        mean, log_stddev, np.hstack([factors, permuted]), progress=draws.progress
    )
    known = factors.shape[1]
    chance = rmig_jemmig_from_joints(joints[known:])
    return {
        **rmig_jemmig_from_joints(joints[:known]),
        **{f"{name}_chance": value for name, value in chance.items()},
    }


_POINTS = ("num_train", "num_bins")
# Cheap ones.
BY_BINS = {
    "mig": Score(
        _mig,
        "Chen et al. 2018 with bins as in Locatello et al. 2019" + _CHANCE,
        needs=("factors",),
        sizes=_POINTS,
        columns={
            "mig": Column("information", "MIG", level="mig_chance"),
            "mig_chance": Column("information", "MIG by chance", None),
        },
        note={"num_train": "points to learn from"},
    ),
    "mig_sup": Score(
        _binned("mig_sup", mig_sup_score, min_variance=0.01),
        "Li et al. 2020 with bins; codes of variance above 0.01" + _CHANCE,
        needs=("factors",),
        sizes=_POINTS,
    ),
    "dcimig": Score(
        _binned("dcimig", dcimig_score),
        "Sepliarskaia et al. 2019 with bins" + _CHANCE,
        needs=("factors",),
        sizes=_POINTS,
    ),
    "modularity": Score(
        _binned("modularity", modularity_score),
        "Ridgeway & Mozer 2018 as in Locatello et al. 2019" + _CHANCE,
        needs=("factors",),
        sizes=_POINTS,
        columns={
            "modularity": Column("information", "modularity", level="modularity_chance"),
            "modularity_chance": Column("information", "modularity by chance", None),
        },
    ),
    "unsupervised": Score(
        _unsupervised,
        "Locatello et al. 2019" + _CHANCE + " of each code",
        needs=("codes",),
        sizes=_POINTS,
    ),
}
# Slower ones.
BY_ESTIMATES = {
    "infomec": Score(
        _infomec,
        "Hsu et al. 2023; 10 neighbors; counts where every code takes at most "
        f"{_MOST_VALUES} values (discrete_codes 1), by chance: mean over 3 permutations",
        needs=("factors",),
        sizes=("num_train",),
        columns={
            "infomec_modularity": Column("InfoMEC", "M"),
            "infomec_compactness": Column("InfoMEC", "C"),
            "infomec_explicitness": Column("InfoMEC", "E"),
        },
    ),
    "rmig_jemmig": Score(
        _rmig_jemmig,
        "Do & Tran 2020; 100 bins from -4 to 4; JEMMIG in nats, and over its greatest value; by "
        "chance: one permutation",
        needs=("factors", "densities"),
        sizes=("num_images",),
        columns={
            "rmig": Column("information", "RMIG"),
            "jemmig_normalized": Column("information", "JEMMIG, normalized", min),
        },
    ),
    "mig_density": Score(
        _mig_density,
        "Chen et al. 2018, densities integrated by quadrature, all factors",
        needs=("factors", "densities"),
        sizes=("num_images",),
        columns={"mig_density": Column("information", "MIG, density")},
    ),
}
