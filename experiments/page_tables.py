"""Tables of results whose numbers are committed by other experiments and by the gallery."""

import json
import statistics
from pathlib import Path

from csv_rows import read_rows
from published_numbers import published_rows

ROOT = Path(__file__).parents[1]
EXPERIMENTS = ROOT / "experiments"
SUMMARY = ROOT / "images" / "gallery" / "summary.csv"
_EPOCHS = (1, 2, 5, 8, 10, 15, 20, 50, 100, 200, 300, 400)
# Name in plateau.json -> its title.
_PLATEAUS = {
    "ours": "ours: log of the standard deviation, Keras' Adam",
    "PyTorch, both": "PyTorch with these settings",
    "PyTorch": "PyTorch: log-variance, PyTorch's Adam",
    "ours, both": "ours with these settings",
    "ours, log-variance": "ours, log-variance",
    "ours, Adam as in PyTorch": "ours, PyTorch's Adam",
}
_PLATEAU_STEPS = 1_500  # at which a training gave up
# Model in sprites_baselines.csv or sprites_scores.csv -> its title.
_CODES_OF_SPRITES = {
    **{name: name for name in ("ground truth", "raw pixels", "PCA", "ICA", "VAE untrained")},
    "VAE": "`sprites-VAE`",
    "beta-VAE": "`sprites-beta-VAE` (beta 4)",
    "beta-TCVAE": "`sprites-beta-TCVAE`",
    "FactorVAE": "`sprites-FactorVAE`",
}


def read_json(name: str) -> dict:
    """Content of a committed JSON of experiments/."""
    return json.loads((EXPERIMENTS / f"{name}.json").read_text(encoding="utf-8"))


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    """A table as Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def spread(values: list[float], digits: int = 2) -> str:
    """Mean ± standard deviation, empty without values."""
    if not values:
        return ""
    mean = f"{statistics.mean(values):,.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


# --- the gallery ---


def gallery(names: list[str]) -> str:
    """Runs of predictions/: terms of all validation images, active latents and errors of 1,000."""
    rows = {row["run"]: row for row in read_rows(SUMMARY)}
    heads = ["run", "steps", "KL weight", "reconstruction", "KL", "active latents", "MSE per pixel"]
    return markdown(heads, [_gallery_row(rows[name]) for name in names])


def _gallery_row(row: dict[str, str]) -> list[str]:
    return [
        f"`{row['run']}`",
        f"{int(row['steps']):,}",
        f"`{row['kl_weight']}`",
        _two(row["val_reconstruction"]),
        _two(row["val_kl"]),
        f"{row['active']} of {row['latent_size']}",
        f"{float(row['mse']):.4f}",
    ]


def _two(number: str) -> str:
    return f"{float(number):.2f}"


def gallery_before_and_after() -> str:
    """The gallery by the older recipe, and by the recipe of the presets."""
    before = {row["run"]: row for row in read_rows(EXPERIMENTS / "gallery_before.csv")}
    lines = []
    for row in read_rows(SUMMARY):
        old = before.get(row["run"])
        terms = [
            "" if each is None else f"{_two(each['val_reconstruction'])} + {_two(each['val_kl'])}"
            for each in (old, row)
        ]
        lines.append([f"`{row['run']}`", f"{int(row['steps']):,}", *terms])
    heads = ["run", "steps", "older: Glorot's weights, biases 0, constant rate", "today's recipe"]
    return markdown(heads, lines)


# --- experiments ---


def collapse() -> str:
    """Remedies against collapse, mean ± standard deviation over seeds; the KL from both starts."""
    older = by_remedy("collapse_glorot")
    columns = {
        "KL": 2,
        "information": 2,
        "active units": 1,
        "MSE": 4,
        "ELBO": 1,
        "log-likelihood": 1,
        "effective samples": 1,
    }
    rows = [
        [f"`{name}`", str(len(seeds)), spread([each["KL"] for each in older[name]], 2)]
        + [spread([each[c] for each in seeds if c in each], n) for c, n in columns.items()]
        for name, seeds in by_remedy("collapse").items()
    ]
    return markdown(["remedy", "seeds", "KL from Glorot's weights", *columns], rows)


def by_remedy(file: str) -> dict[str, list[dict]]:
    """Numbers of each seed of each remedy, from a JSON file of experiments/."""
    groups: dict[str, list[dict]] = {}
    for name, values in read_json(file).items():
        groups.setdefault(name.split(",")[0].removeprefix("base="), []).append(values)
    return groups


def betas() -> str:
    """The study beta-on-sprites: means of seeds ± half of a 95 % confidence interval."""
    found = {
        (row["kl_weight"], row["number"]): f"{float(row['mean']):.{_digits(row['number'])}f} ± "
        f"{float(row['confidence_95']):.{_digits(row['number'])}f}"
        for row in read_rows(ROOT / "images" / "gallery" / "beta-on-sprites" / "means.csv")
    }
    columns = {
        "reconstruction": "val_reconstruction",
        "KL": "val_kl",
        "ELBO": "val_elbo",
        "active units": "active_units",
        "MIG": "mig",
        "DCI disentanglement": "dci_disentanglement",
        "beta-VAE score": "beta_vae_eval",
        "FactorVAE score": "factor_vae_eval",
        "UDR": "udr",
    }
    weights = list(dict.fromkeys(weight for weight, _ in found))
    rows = [[weight, *(found[weight, name] for name in columns.values())] for weight in weights]
    return markdown(["KL weight", *columns], rows)


def _digits(name: str) -> int:
    return 1 if name.startswith("val_") or name == "active_units" else 2


def epochs() -> str:
    """Curves of disentangling-vae's settings, reconstruction + KL by epoch."""
    folder = EXPERIMENTS / "published"
    names = {"VAE": "VAE", "VAE-He": "VAE, He's weights", "beta-VAE": "beta-VAE 4"}
    names |= {"capacity": "capacity 25", "FactorVAE": "FactorVAE", "sprites-VAE": "VAE on shapes"}
    curves = {
        name: {
            int(row["epoch"]): f"{float(row['reconstruction']):.1f} + {float(row['kl']):.1f}"
            for row in read_rows(folder / f"disentangling-vae-{name}.csv")
        }
        for name in names
    }
    rows = [[str(n), *(curve.get(n, "") for curve in curves.values())] for n in _EPOCHS]
    return markdown(["epoch", *names.values()], rows)


def digits_variants() -> str:
    """Variants on digits with one thing changed, mean ± standard deviation over seeds."""
    groups: dict[str, list[dict]] = {}
    for name, values in read_json("digits_variants").items():
        groups.setdefault(name.rpartition(", seed ")[0], []).append(values)
    rows = []
    for name, seeds in groups.items():
        terms = [
            spread([each[key] for each in seeds if each[key] is not None], digits)
            for key, digits in (("reconstruction", 2), ("kl", 2), ("stddev_mean", 4))
        ]
        active = [sum((kl or 0) >= 0.1 for kl in each["kl_per_latent"]) for each in seeds]
        known = seeds[0]["kl"] is not None
        rows.append([name, *terms, ", ".join(map(str, active)) if known else ""])
    heads = ["model", "reconstruction", "KL", "average stddev", "active latents by seed"]
    return markdown(heads, rows)


def nuisance() -> str:
    """Part of the entropy of factors and of the nuisance that codes contain."""
    found = read_json("nuisance")
    weights = list(next(iter(found.values())))
    rows = []
    for name, by_weight in found.items():
        cells = [
            f"{each['factors']:.2f}, " + ("-" if name == "none" else f"{each['nuisance']:.2f}")
            for each in by_weight.values()
        ]
        rows.append([name, *cells])
    return markdown(["nuisance", *(f"weight {weight}" for weight in weights)], rows)


def starts() -> str:
    """Steps on the plateau, by seed, and -ELBO after 1,000 steps by initial weights and bias."""
    found: dict[tuple, dict[str, list[dict]]] = {}
    for row in read_rows(EXPERIMENTS / "starts.csv"):
        key = row["initializer"], row["output_bias"].replace("initializer", "0, or random")
        found.setdefault(key, {}).setdefault(row["preset"], []).append(row)
    presets = list(dict.fromkeys(name for each in found.values() for name in each))

    def cell(rows: list[dict]) -> str:
        plateaus = ", ".join(row["plateau"] or "over 1,000" for row in rows)
        return f"{plateaus}: {spread([float(row['loss']) for row in rows], 1)}"

    rows = [[*key, *(cell(each.get(name, [])) for name in presets)] for key, each in found.items()]
    return markdown(["initial weights", "output bias", *(f"`{name}`" for name in presets)], rows)


def new_label() -> str:
    """Movement of the codes of old digits, with a new digit and without it."""
    found = read_json("new_label")
    places = {
        "first epoch with the new digit": ("new", 1),
        "first epoch of the control": ("same", 1),
        "last epoch with the new digit": ("new", -1),
        "last epoch of the control": ("same", -1),
    }
    digits = list(found["new"])
    rows = [
        [place, *(f"{found[name][digit][epoch]:.2f}" for digit in digits)]
        for place, (name, epoch) in places.items()
    ]
    return markdown(["movement", *(f"digit {digit}" for digit in digits)], rows)


def step_profile() -> str:
    """Parts of a training step, as benchmarks/step_profile.csv has them."""
    rows = [list(row.values()) for row in read_rows(ROOT / "benchmarks" / "step_profile.csv")]
    return markdown(["", "MNIST-VAE, 28x28x1", "CelebA-VAE, 64x64x3"], rows)


def score_functions() -> str:
    """CPU seconds of scores and of their references, as benchmarks/scores.csv has them."""
    rows = [list(row.values()) for row in read_rows(ROOT / "benchmarks" / "scores.csv")]
    return markdown(["score", "ours", "reference", "times as fast", "values"], rows)


def campaign() -> str:
    """Trials of the campaign, as tests/campaigns/trials.csv has them."""
    rows = [list(row.values()) for row in read_rows(ROOT / "tests" / "campaigns" / "trials.csv")]
    return markdown(["part", "trials", "continued with, or result", "took"], rows)


def plateaus() -> str:
    """First step below 200 nats, by noise."""
    found = read_json("plateau")
    noises = list(found["ours"])
    rows = []
    for name, title in _PLATEAUS.items():
        cells = []
        for noise in noises:
            run = found[name].get(noise)
            cells.append("" if run is None else f"{run['steps'] or _PLATEAU_STEPS:,}")
            if run and run["steps"] is None:
                cells[-1] = f">{cells[-1]}"
        rows.append([title, *cells])
    return markdown(["settings", *(f"noise {noise}" for noise in noises)], rows)


def likelihoods(num_images: int) -> str:
    """Log-likelihoods of binary MNIST on so many test images, worst first."""
    import mnist_likelihood

    folder = EXPERIMENTS / "mnist_likelihood"
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob(f"*-{num_images}-images-*.json")
    ]
    records.sort(key=lambda record: -record["negative_log_likelihood"])
    return mnist_likelihood.table(records)


def sprites_table() -> str:
    """Scores of codes of sprites: codes without training, then presets, with published scores."""
    rows = [
        row
        for name in ("baselines", "scores")
        for row in read_rows(EXPERIMENTS / f"sprites_{name}.csv")
    ]
    groups = {name: [row for row in rows if row["model"] == name] for name in _CODES_OF_SPRITES}
    published = {
        row["row"]: row["value"]
        for experiment in ("sprites_baselines", "sprites_scores")
        for row in published_rows(experiment)
        if row["quantity"] == "beta-VAE score, %"
    }
    # Title of a column -> its name in the files, scale and digits.
    columns = {
        "beta-VAE score, %": ("beta-VAE score", 100, 1),
        "FactorVAE score": ("FactorVAE", 1, 3),
        "MIG": ("MIG", 1, 3),
        "active units": ("active units", 1, 1),
        "reconstruction": ("reconstruction", 1, 1),
        "KL": ("KL", 1, 1),
    }
    lines = [
        [_CODES_OF_SPRITES[name], str(len(seeds)), published.get(name, "")]
        + [
            spread([scale * float(row[key]) for row in seeds if row.get(key)], digits)
            for key, scale, digits in columns.values()
        ]
        for name, seeds in groups.items()
        if seeds
    ]
    return markdown(["codes", "seeds", "published beta-VAE score, %", *columns], lines)
