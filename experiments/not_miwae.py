"""not-MIWAE with the data and networks of Ipsen et al. 2021: `python experiments/not_miwae.py`.

    python experiments/not_miwae.py            three seeds of each set, decoder and mechanism
    python experiments/not_miwae.py --causes   one difference from the paper at a time, on concrete

Columns are standardized by all values before some are hidden, and networks have two layers of 128
tanh units and as many latents as columns less one (App. A.1 of the paper). The steps are the same
as in experiments/imputation.py; the paper has 100,000 of 16 rows and 20 samples, and a decoder with
a standard deviation for each value.

Rows go to experiments/not_miwae.csv as they are measured; a setting that is there is not measured
again. experiments/tables.py writes the tables of docs/results/imputation.md. The sets `concrete`
and `red_wine` need two packages, see experiments/imputation.py.
"""

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "experiments")]

import numpy as np  # noqa: E402
from csv_rows import add_rows, read_rows  # noqa: E402
from page_tables import spread  # noqa: E402
from published_numbers import published_texts  # noqa: E402

ROWS = Path(__file__).with_suffix(".csv")
SETTING = ("dataset", "decoder", "missing_model", "change", "steps", "seed")
COLUMNS = (*SETTING, "rmse", "seconds")
SETS = ("breast", "concrete", "red_wine", "banknote")
DECODERS = {"two layers": None, "linear": ()}
MECHANISMS = {"self_masking_high": "known", "self_masking": "unknown"}
# Differences of the imputer in experiments/imputation.py from the paper.
OBSERVED = {"observed": True}
RECTIFIERS = {"activation": "relu", "hidden": 256}
HALF = {"half": True}
CHANGES = {
    "": {},
    "columns standardized by their observed values": OBSERVED,
    "256 rectifiers in place of 128 tanh units": RECTIFIERS,
    "half as many latents as columns": HALF,
    "all three": OBSERVED | RECTIFIERS | HALF,
}
# Set, decoder and mechanism -> mean and standard error of five runs.
PUBLISHED = {tuple(name.split(", ")): text for name, text in published_texts("not_miwae").items()}


def measured(
    dataset: str, decoder: str, missing_model: str, change: str, steps: int, seed: int
) -> dict:
    """Row of a model that is trained here, on the very values that it fills in."""
    from imputation import VAE, missing_values, table

    import vae_tf
    from vae_tf.config import Params

    x = table(dataset)  # standardized by all values, before some are hidden
    hidden = missing_values(x, "self_masking", 0.0, seed)
    given = np.where(hidden, np.nan, x)
    changes = CHANGES[change]
    mean, stddev = 0.0, 1.0
    if "observed" in changes:
        mean, stddev = np.nanmean(given, axis=0), np.nanstd(given, axis=0)
    given = ((given - mean) / stddev).astype("float32")
    hidden_size = changes.get("hidden", 128)
    params = Params(
        dataset="given",
        encoder=((hidden_size,), (hidden_size,)),
        decoder=DECODERS[decoder],
        activation=changes.get("activation", "tanh"),
        output_bias="initializer",
        latent_size=x.shape[1] // 2 if "half" in changes else x.shape[1] - 1,
        model="not_miwae",
        likelihood="gaussian(stddev=learned)",
        hyper={"num_samples": VAE["num_samples"], "missing_model": missing_model},
        batch_size=VAE["batch_size"],
        learning_rate=VAE["learning_rate"],
        steps=steps,
        log_every=1_000,
        sample_every=steps,
        checkpoint_every=steps,
        validate_every=steps,
        seed=seed,
    )
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        run = vae_tf.train(params, Path(folder) / "run", data=(given, given))
        filled = run.impute(given, num_importance=VAE["num_importance"]).mean * stddev + mean
    error = np.sqrt(np.square(filled - x)[hidden].mean())
    setting = (dataset, decoder, missing_model, change, steps, seed)
    values = (*setting, f"{error:.4f}", f"{time.process_time() - start:.0f}")
    return dict(zip(COLUMNS, values, strict=True))


def main():
    """Measures what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--decoders", nargs="+", choices=[*DECODERS], default=[*DECODERS])
    parser.add_argument("--mechanisms", nargs="+", choices=[*MECHANISMS], default=[*MECHANISMS])
    parser.add_argument("--causes", action="store_true", help="one change at a time")
    options = parser.parse_args()
    if options.causes:
        options.changes = [change for change in CHANGES if change]
        options.mechanisms, options.sets = ["self_masking_high"], ["concrete"]
        options.decoders = ["two layers"]
    else:
        options.changes = [""]
    settings = itertools.product(
        range(options.seeds),
        options.mechanisms,
        options.changes,
        options.sets,
        options.decoders,
    )
    for seed, mechanism, change, dataset, decoder in settings:
        setting = (dataset, decoder, mechanism, change, options.steps, seed)
        known = {tuple(row[name] for name in SETTING) for row in read_rows(ROWS)}
        if tuple(map(str, setting)) not in known:
            row = measured(*setting)
            print(*row.values(), flush=True)
            add_rows(ROWS, COLUMNS, [row])


def table() -> str:
    """Errors beside the published ones, as Markdown."""
    lines = [
        "| set | decoder | large values missing | steps | seeds | error | published |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows = read_rows(ROWS)
    for (dataset, decoder, mechanism), published in PUBLISHED.items():
        own = _of(rows, dataset, decoder, mechanism, "")
        for steps in sorted({int(row["steps"]) for row in own}):
            errors = [float(row["rmse"]) for row in own if int(row["steps"]) == steps]
            known = MECHANISMS[mechanism]
            cells = (dataset, decoder, known, f"{steps:,}", len(errors), spread(errors), published)
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def causes() -> str:
    """Errors on concrete after one change at a time, as Markdown."""
    lines = ["| setting | steps | seeds | error |", "| --- | --- | --- | --- |"]
    rows = read_rows(ROWS)
    for change in CHANGES:
        own = _of(rows, "concrete", "two layers", "self_masking_high", change)
        for steps in sorted({int(row["steps"]) for row in own}):
            errors = [float(row["rmse"]) for row in own if int(row["steps"]) == steps]
            words = change or "data and networks of the paper"
            lines.append(f"| {words} | {steps:,} | {len(errors)} | {spread(errors)} |")
    return "\n".join(lines)


def _of(rows: list[dict], *setting: str) -> list[dict]:
    return [row for row in rows if tuple(row[name] for name in SETTING[:4]) == setting]


if __name__ == "__main__":
    main()
