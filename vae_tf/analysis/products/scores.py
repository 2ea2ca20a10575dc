"""Pictures of scores, drawn from metrics.json alone."""

import numpy as np
from matplotlib.figure import Figure

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.plots.heat_maps import plot_heat_maps
from vae_tf.plots.kl_decomposition import plot_decomposition
from vae_tf.process.errors import UserError
from vae_tf.process.limits import USED_NATS
from vae_tf.process.texts.command_names import command_line
from vae_tf.scores.decomposition import AT_LIMIT


def information_matrix(analyzed: AnalyzedRun) -> Figure:
    """Draws the mutual information of latents and factors: from bins, by chance, from densities."""
    found = _record(analyzed)["scores"]
    headings = {
        "mig": "{num_bins} bins, {num_train:,} points",
        "mig_density": "densities, {num_images:,} images",
    }
    matrices = {}
    for name, heading in headings.items():
        if not (entry := found.get(name)):
            continue
        title = f"{heading.format(**entry['sizes'])}: MIG {entry['values'][name]:.2f}"
        matrices[title] = entry["matrix"]
        if "chance_matrix" in entry:  # missing in files of older versions
            title = f"the same bins by chance: MIG {entry['values']['mig_chance']:.2f}"
            matrices[title] = entry["chance_matrix"]
    return _scored_heat_maps(
        analyzed,
        matrices,
        "mutual information, nats",
        "A column with one dark cell is a factor that one latent contains",
        "MIG is the gap between the two largest values of a column, divided by the factor's "
        "entropy; the largest value is framed",
    )


def importance_matrix(analyzed: AnalyzedRun) -> Figure:
    """Draws the importance of latents for predicting factors."""
    entry = _record(analyzed)["scores"]["dci"]
    values = entry["values"]
    return _scored_heat_maps(
        analyzed,
        {"": entry["matrix"]},
        "importance",
        "A row with one dark cell is a disentangled latent",
        f"disentanglement, by rows: {values['dci_disentanglement']:.2f}; completeness, by columns: "
        f"{values['dci_completeness']:.2f}; accuracy: {values['dci_informativeness_test']:.2f}",
        darkest=1.0,  # a column sums to 1
    )


def _scored_heat_maps(analyzed, matrices, unit, title, note, darkest=None):
    record = _record(analyzed)
    matrices = {heading: np.array(matrix) for heading, matrix in matrices.items()}
    order, sorting = np.arange(len(next(iter(matrices.values())))), ""
    if "kl_per_code" in record["scores"]:
        kl = np.array(list(record["scores"]["kl_per_code"]["values"].values()))
        order, sorting = np.argsort(-kl, kind="stable"), "; latents sorted by KL"
    return plot_heat_maps(
        {heading: matrix[order] for heading, matrix in matrices.items()},
        order,
        record["factors"],
        unit,
        title,
        (_scored(record) + sorting, note),
        darkest=darkest,
    )


def _record(analyzed: AnalyzedRun) -> dict:
    """Returns the content of metrics.json.

    Raises:
        UserError: If the run has no scores.
    """
    if analyzed.record is None:
        command = command_line(
            "analyze.py",
            analyzed.run.name,
            metrics="full",
            predictions=analyzed.run.predictions,
            images=analyzed.results,
        )
        raise UserError(
            f"It needs the scores of '{analyzed.run.name}', which has none. Compute them: {command}"
        )
    return analyzed.record


def _scored(record) -> str:
    return f"{record['run']}, step {record['step']:,}, scored with preset {record['preset']}"


def decomposition(analyzed: AnalyzedRun) -> Figure:
    """Draws the KL to the prior in three parts."""
    record = _record(analyzed)
    entry = record["scores"]["elbo_decomposition"]
    values, sizes = entry["values"], entry["sizes"]
    information, kl = values["index_code_mutual_information"], values["kl"]
    limit = np.log(sizes["num_images"])
    reached = information > AT_LIMIT * limit
    title = "Collapsed: the codes have no information about the image"
    if kl >= USED_NATS:
        least = "at least " if reached else ""
        title = f"{kl:.1f} nats of KL, {least}{information:.1f} of them distinguish images"
    return plot_decomposition(
        values,
        title,
        (
            _scored(record),
            f"{sizes['num_samples']:,} samples, ± standard error; from {sizes['num_images']:,} "
            f"images, so that information is at most ln {sizes['num_images']:,} = {limit:.1f} nats"
            + (" (almost reached)" if reached else ""),
            "dashed line: this limit; dashed frame: lower bound of the dependence between latents, "
            "from codes of unseen images",
        ),
    )
