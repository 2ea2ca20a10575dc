"""Write the tables of docs/ and RESULTS.md from committed numbers: `python experiments/tables.py`.

    python experiments/tables.py --check    compares, as CI does, and writes nothing

A table is between the comments `<!-- table: NAME -->` and `<!-- end of table -->` of its page.
README's numbers of models, scores and runs are also written.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments"), str(ROOT / "benchmarks")]

import anomaly_tables  # noqa: E402
import bit_swap  # noqa: E402
import bits_back  # noqa: E402
import bits_back_recipe  # noqa: E402
import csv_rows  # noqa: E402
import discrete_codes  # noqa: E402
import emoji_clipped  # noqa: E402
import emoji_split  # noqa: E402
import few_labels  # noqa: E402
import few_labels_seeds  # noqa: E402
import flow_matching  # noqa: E402
import forecast_calibration  # noqa: E402
import hierarchies  # noqa: E402
import imputation_tables  # noqa: E402
import inference_gap  # noqa: E402
import label_curve  # noqa: E402
import labels_and_discrete_codes  # noqa: E402
import likelihood_causes  # noqa: E402
import likelihood_curves  # noqa: E402
import lines  # noqa: E402
import mixture_logistics  # noqa: E402
import near_duplicates  # noqa: E402
import not_miwae  # noqa: E402
import number_table  # noqa: E402
import optimizers  # noqa: E402
import page_tables  # noqa: E402
import paired_variants  # noqa: E402
import pixel_cnn_tables  # noqa: E402
import posterior_collapse  # noqa: E402
import published  # noqa: E402
import published_table  # noqa: E402
import recipe  # noqa: E402
import registry_tables  # noqa: E402
import rings  # noqa: E402
import sample_quality  # noqa: E402
import samplers  # noqa: E402
import sharpening  # noqa: E402
import sharpness  # noqa: E402
import short_likelihoods  # noqa: E402
import skin_tone  # noqa: E402
import sprites_mig  # noqa: E402
import sprites_steps  # noqa: E402
import table_quality_tables  # noqa: E402
import time_to_quality  # noqa: E402
import total_correlation  # noqa: E402
import training_error  # noqa: E402
import training_speed  # noqa: E402

README = ROOT / "README.md"
RESULTS = ROOT / "RESULTS.md"
PAGES = ROOT / "docs"


def _records(name: str) -> dict:
    return json.loads((ROOT / "experiments" / f"{name}.json").read_text(encoding="utf-8"))


def _numbers(file: str, question: str, heading: str, names: dict, digits: int = 2) -> str:
    table = number_table.Table(ROOT / "experiments" / f"{file}.csv")
    if not table.settings(question):
        return f"Not measured yet. `python experiments/{file}.py` resumes."
    return table.markdown(question, heading, names, digits)


def _rows(name: str) -> list[dict]:
    return csv_rows.read_rows(ROOT / "experiments" / f"{name}.csv")


_EMOJI = ["VAE", *(f"{beta}-Beta-VAE" for beta in (10, 100, 1000, 10000))]
_EMOJI += ["KLD_Anneal_2000_steps-10-Beta-VAE", "KLD_Decrease_2000_steps-100to1-Beta-VAE"]
_EMOJI += ["KLD_Decrease_5000_steps-10000to1-Beta-VAE"]
_MNIST = ("AE", "VAE", "VAE-averaged-losses", "KLD-Anneal", "VAE-dense")
_BOUND = {"reconstruction": "reconstruction", "kl": "KL", "elbo": "ELBO"}

# Name of a table in its page -> the table as Markdown.
TABLES: dict[str, Callable[[], str]] = {
    "anomalies left out": lambda: anomaly_tables.digits_table("left_out", "mnist"),
    "anomalies left out long": lambda: anomaly_tables.digits_table("left_out_long", "mnist"),
    "anomalies one class": lambda: anomaly_tables.digits_table("one_class", "mnist"),
    "anomalies left out fashion": lambda: anomaly_tables.digits_table("left_out", "fashion_mnist"),
    "anomalies one class fashion": lambda: anomaly_tables.digits_table(
        "one_class", "fashion_mnist"
    ),
    "anomalies paradox": lambda: anomaly_tables.paradox_table("emoji"),
    "anomalies paradox fashion": lambda: anomaly_tables.paradox_table("fashion_mnist"),
    "bit swap": bit_swap.table,
    "campaign": page_tables.campaign,
    "betas": page_tables.betas,
    "bits back": lambda: bits_back.table(_rows("bits_back")),
    "bits back recipe": bits_back_recipe.table,
    "collapse": page_tables.collapse,
    "digits variants": page_tables.digits_variants,
    "emoji clipped": emoji_clipped.table,
    "epochs": page_tables.epochs,
    "gallery": page_tables.gallery_before_and_after,
    "gallery of emoji": lambda: page_tables.gallery([f"emoji-{name}" for name in _EMOJI]),
    "gallery of MNIST": lambda: page_tables.gallery([f"MNIST-{name}" for name in _MNIST]),
    "inference gap": lambda: inference_gap.table(_rows("inference_gap")),
    "likelihood causes": lambda: likelihood_causes.table(_rows("likelihood_causes")),
    "hierarchies causes": lambda: likelihood_causes.table_of_layers(_rows("likelihood_causes")),
    "likelihoods": lambda: page_tables.likelihoods(10_000),
    "likelihoods, 2,000 images": lambda: page_tables.likelihoods(2_000),
    "new label": page_tables.new_label,
    "nuisance": page_tables.nuisance,
    "sprites of the paper": page_tables.sprites_table,
    "sprites MIG": sprites_mig.table,
    "recipe": lambda: recipe.table(csv_rows.read_rows(recipe.CURVES)),
    "recipe lengths": lambda: recipe.lengths_table(csv_rows.read_rows(recipe.CURVES)),
    "starts": page_tables.starts,
    "step profile": page_tables.step_profile,
    "flow matching": flow_matching.table,
    "discrete codes": lambda: discrete_codes.table(csv_rows.read_rows(discrete_codes.ROWS)),
    "between codes": lambda: _numbers(
        "between_codes",
        "beta",
        "beta",
        {
            "convexity_straight": "midpoint, straight",
            "convexity_spherical": "spherical",
            "convexity_flow": "through the flow",
            "convexity_reconstructions": "reconstructions",
            "detour_straight": "detour",
            "largest_step_straight": "largest step",
            "jacobian": "Jacobian",
            "jacobian_scaled": "Jacobian, scaled",
        },
    ),
    "hues": lambda: _numbers(
        "between_codes",
        "hue",
        "model",
        {
            "opposite": "midpoints of opposite hues",
            "near": "midpoints of hues a sixteenth of a turn apart",
            "turns": "turns of the codes",
        },
    ),
    "lines": lines.table,
    "latent sizes": lambda: _numbers(
        "small_questions", "map", "setting", {**_BOUND, "active": "active latents"}
    ),
    "samples": lambda: _numbers(
        "small_questions",
        "samples",
        "samples",
        {**_BOUND, "spread_of_loss": "spread of the loss", "cpu_seconds": "CPU seconds"},
    ),
    "alignment": lambda: _numbers(
        "small_questions",
        "diagonal",
        "posterior",
        {"elbo": "ELBO", "mig": "MIG", "mig_rotated": "MIG, codes rotated"},
    ),
    "networks": lambda: _numbers("small_questions", "networks", "network", _BOUND),
    "generated": lambda: _numbers(
        "small_questions", "distance", "distance of the code from 0", {"to_data": "ratio"}
    ),
    "sparsity": lambda: _numbers(
        "small_questions",
        "sparsity",
        "model",
        {"active": "active latents", "hoyer": "sparsity (Hoyer)", "kurtosis": "kurtosis"},
    ),
    "robustness": lambda: _numbers(
        "small_questions",
        "robustness",
        "beta",
        {
            name: name
            for name in ("clean", "noise 0.1", "noise 0.3", "shift 1 pixel", "half contrast")
        },
        1,
    ),
    "classes": lambda: _numbers("small_questions", "gumbel", "latents", _BOUND),
    "maps": lambda: _numbers(
        "small_questions", "projection", "map", {"accuracy": "accuracy, %"}, 1
    ),
    "emoji split": emoji_split.table,
    "few_labels": lambda: few_labels.table(_records("few_labels")),
    "few_labels seeds": few_labels_seeds.table,
    "few_labels recipe": lambda: few_labels.table_of_recipe(_records("few_labels")),
    "forecast calibration": forecast_calibration.table,
    "hierarchies": lambda: hierarchies.table(_records("hierarchies")),
    "hierarchies long": lambda: hierarchies.table(_records("hierarchies_long")),
    "hierarchies prior": hierarchies.table_of_priors,
    "hierarchies before": lambda: hierarchies.table(_records("hierarchies_before")),
    "imputation at random": imputation_tables.at_random_table,
    "imputation self masking": imputation_tables.self_masking_table,
    "not-MIWAE as published": not_miwae.table,
    "not-MIWAE, causes": not_miwae.causes,
    "label_curve": lambda: label_curve.table(_records("label_curve")["MNIST-VAE-dense"]),
    "pixel_cnn": pixel_cnn_tables.table,
    "pixel_cnn likelihood": pixel_cnn_tables.likelihood_table,
    "pixel_cnn steps": pixel_cnn_tables.steps_table,
    "labels and discrete codes": labels_and_discrete_codes.table,
    "likelihood curves": likelihood_curves.table,
    "plateaus": page_tables.plateaus,
    "mixture of logistics": mixture_logistics.table,
    "models": registry_tables.models_table,
    "near duplicates": near_duplicates.table,
    "near duplicates of runs": near_duplicates.table_of_runs,
    "paired variants": paired_variants.table,
    "posterior collapse": lambda: posterior_collapse.table(posterior_collapse.COLLAPSE),
    "posterior collapse, digits": lambda: posterior_collapse.table(posterior_collapse.DIGITS),
    "optimizers": optimizers.table,
    "published lengths": published.table,
    "published lengths by recipe": published.table_by_recipe,
    "published numbers": published_table.table,
    "published lengths by part": published.table_of_parts,
    "rings": rings.table,
    "sample quality": sample_quality.table,
    "samplers": lambda: samplers.table("mnist"),
    "samplers fashion": lambda: samplers.table("fashion_mnist"),
    "score functions": page_tables.score_functions,
    "scores": registry_tables.scores_table,
    "sharpness": sharpening.table,
    "sharpness weights": sharpness.weights_table,
    "sharpness normalization": sharpness.normalization_table,
    "table_quality": table_quality_tables.table,
    "short likelihoods bound": lambda: short_likelihoods.table("bound"),
    "short likelihoods prior": lambda: short_likelihoods.table("prior"),
    "skin tone": skin_tone.table,
    "time to quality": time_to_quality.table,
    "total correlation": total_correlation.table,
    "training error": training_error.table,
    "training speed": training_speed.summary,
    "training speed, prototypes": training_speed.table_of_prototypes,
    "training speed, small": lambda: training_speed.table("MNIST-VAE"),
    "training speed, large": lambda: training_speed.table("CelebA-VAE"),
    "sprites_steps": lambda: sprites_steps.table(_records("sprites_steps")),
}
_MARKED = re.compile(r"<!-- table: ([^<>]+) -->\n.*?<!-- end of table -->", re.DOTALL)


def with_tables(page: str) -> str:
    """Return the text of a page with its marked tables made again.

    Args:
        page: Markdown.

    Raises:
        ValueError: If a marked table is unknown.
    """

    def made(match: re.Match) -> str:
        name = match[1]
        if name not in TABLES:
            raise ValueError(f"Expected a table of {', '.join(TABLES)}. Received: {name}")
        return f"<!-- table: {name} -->\n\n{TABLES[name]()}\n\n<!-- end of table -->"

    return _MARKED.sub(made, page)


def main():
    """Write the tables, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one differs")
    options = parser.parse_args()
    different = []
    for path in (README, RESULTS, *sorted(PAGES.rglob("*.md"))):
        page = path.read_text(encoding="utf-8")
        made = registry_tables.with_counts(page) if path == README else with_tables(page)
        if made != page:
            different.append(path.relative_to(ROOT).as_posix())
            if not options.check:
                path.write_text(made, encoding="utf-8")
    if options.check and different:
        sys.exit(f"Tables differ: {', '.join(different)}. Run: python experiments/tables.py")
    print(f"Written: {', '.join(different)}" if different else "All tables are up to date.")


if __name__ == "__main__":
    main()
