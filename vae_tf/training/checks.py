"""Checks of what a training is given, made before anything is written."""

import importlib.util
import logging
from pathlib import Path

import numpy as np

from vae_tf.config import Params
from vae_tf.data.augmentation import CHANGED
from vae_tf.data.batches import batch_at
from vae_tf.data.image_set import ImageSet
from vae_tf.data.pixel_values import check_values
from vae_tf.data.tables.table import columns_of
from vae_tf.models import MODELS
from vae_tf.models.template.generative_model import GenerativeModel
from vae_tf.models.template.missing import models_that_take_missing, takes_missing
from vae_tf.process.errors import UserError, shown
from vae_tf.runs import COLUMNS, NETWORKS, Run, read_columns, read_log
from vae_tf.runs.details import check_params, same_images
from vae_tf.schedules import controlled
from vae_tf.training.evaluation import as_tensors, state_kept

_NUM_LOOKED_AT = 256  # images whose range is checked, evenly spaced over the set


def check_options(*, resume: bool, overwrite: bool, tensorboard: bool):
    """Checks the options of `train`, which describes them.

    Raises:
        UserError: If they contradict each other or need a package that is not installed.
    """
    if resume and overwrite:
        raise UserError("Expected one of resume and overwrite, received both. Drop one.")
    if tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "Event files need the package tensorboard, which is not installed. Install it with "
            "pip install tensorboard, or train without it: log.csv has the same numbers."
        )


def check_count_of_images(images: ImageSet, validation: ImageSet):
    """Checks that there are images that a model can learn to distinguish.

    Args:
        images: The training images.
        validation: The validation images.

    Raises:
        UserError: If there is only one to train on.
    """
    if len(images) < 2:
        raise UserError(
            f"Training needs at least 2 images, better hundreds, and validation images. "
            f"Received: {len(images)} training image and {len(validation)} validation images of "
            f"'{images.name}'. Add images, or lower `validation` if it holds out too many images."
        )


def check_images(images: ImageSet, validation: ImageSet, *, unit: bool = True):
    """Checks that images have one shape and finite values, in [0, 1] where they have to be.

    Args:
        images: The training images.
        validation: The validation images.
        unit: Whether the likelihood describes values in [0, 1] alone.

    Raises:
        UserError: If they do not.
    """
    if images.image_shape != validation.image_shape:
        raise UserError(
            f"Training and validation images must have one shape. Received: {images.image_shape} "
            f"and {validation.image_shape}."
        )
    for each in (images, validation):
        check_values(_some(each), f"Images of '{each.name}'", unit=unit)


def _some(images: ImageSet) -> np.ndarray:
    return images.images(images.evenly_spaced(_NUM_LOOKED_AT))


def check_batches(model: GenerativeModel, params: Params, images: ImageSet, validation: ImageSet):
    """Checks that the model can be trained on such batches, by running it on one.

    Args:
        model: The model, built.
        params: The parameters of the run.
        images: The training images.
        validation: The validation images.

    Raises:
        UserError: If the model refuses them, or early stopping where it makes no sense.
    """
    for count, what in ((params.batch_size, "batch_size"), (len(validation), "validation images")):
        if count < model.smallest_batch:
            raise UserError(
                f"Model '{params.model}' compares images of a batch with each other and needs at "
                f"least {model.smallest_batch} of them. Received: {count} ({what}). Raise it."
            )
    if params.patience is not None and not model.comparable_losses:
        raise UserError(
            f"Model '{params.model}' has a loss against an opponent that learns: its values at "
            f"different steps cannot be compared, and early stopping has nothing to go by. "
            f"Received: patience={params.patience}. Set patience=none."
        )
    if params.labels is not None and "labeled_image" not in model.batch_keys:
        classifiers = [name for name in MODELS if MODELS[name].classifies]
        raise UserError(
            f"Model '{params.model}' does not learn from few labels. Received: labels="
            f"{params.labels}. Set labels=none, or choose {' or '.join(classifiers)}."
        )
    _check_missing(model, params, images, validation)
    _check_labels(model, images, validation)
    _check_augmentation(model, params, images)
    _check_feedback(model, params)
    model.check_pixels(_some(images))
    if model.batch_keys != ("image",) or model.smallest_batch > 1:
        # The model or its batches may refuse what does not fit them: better now than after the
        # folder is made.
        batch = batch_at(images, params.batch_size, params.seed, 0, model.batch_keys)
        with state_kept(model):
            model.compute_terms(as_tensors(batch), training=False)


def _check_missing(model: GenerativeModel, params: Params, images: ImageSet, validation: ImageSet):
    if takes_missing(model) or not (images.has_missing or validation.has_missing):
        return
    given, remedy = "data with NaN", "Drop these images, fill them in"
    if params.missing is not None:
        given, remedy = f"missing={params.missing}", "Set missing=none"
    raise UserError(
        f"Model '{params.model}' works on complete images. Received: {given}. {remedy}, or choose "
        f"a model that takes NaN as a missing value: {models_that_take_missing()}."
    )


def _check_labels(model: GenerativeModel, images: ImageSet, validation: ImageSet):
    learned = {"label", "labeled_image"} & set(model.batch_keys)
    if not learned or images.num_classes is None or validation.labels is None:
        return
    if validation.labels.max() >= images.num_classes:
        raise UserError(
            f"The labels of validation images must be among the {images.num_classes} classes of "
            f"training images. Received: labels up to {validation.labels.max()}. Add training "
            f"images of the others, or leave them out."
        )


def _check_augmentation(model: GenerativeModel, params: Params, images: ImageSet):
    if params.augment is None:
        return
    why = None
    if len(images.image_shape) < 3:
        why = "Vectors cannot be mirrored."
    elif not set(model.batch_keys) <= {*CHANGED, "label", "mask"}:
        why = (
            f"Model '{params.model}' learns from factors of its images; mirrored ones have others."
        )
    if why:
        raise UserError(f"{why} Received: augment={params.augment}. Set augment=none.")


def _check_feedback(model: GenerativeModel, params: Params):
    weight = model.kl_weight.schedule
    if params.patience is not None and weight.settled_at is None:
        raise UserError(
            f"Early stopping waits until the KL weight has settled, and `kl_weight={weight}` never "
            f"does. Received: patience={params.patience}. Set patience=none."
        )
    if isinstance(weight, controlled) and not model.has_densities:
        raise UserError(
            f"`kl_weight={weight}` holds the KL at a value. The KL of model '{params.model}' is "
            f"infinite: its codes have no density. Choose a model with a posterior, such as vae, "
            f"or another weight."
        )


def check_checkpoint(run: Run, details: dict, images: ImageSet, data: dict, *, own_data: bool):
    """Checks that training can resume from a checkpoint with these images.

    Args:
        run: The run.
        details: The details of its checkpoint.
        images: The training images.
        data: Result of `describe_data` for all images.
        own_data: Whether they are not the data set that the parameters name.

    Raises:
        UserError: If the checkpoint is for publishing only, of another run, or was made with other
            images.
    """
    if details.get("slim"):
        raise UserError(
            f"'{run.path}' was published without optimizer state and cannot resume. Train it again "
            f"under another --name, or with --overwrite."
        )
    check_params(run.path, details, run.params)
    if details["own_data"] and not own_data:
        raise UserError(
            f"'{run.path}' was trained on images given to train(data=...), not on "
            f"'{run.params.dataset}'. Give the same images to resume."
        )
    expected = {
        "image_shape": list(images.image_shape),
        "dataset_size": len(images),
        "num_classes": images.num_classes,
    }
    # Checkpoints of older versions know no classes, and some sets were given labels since.
    changed = {
        name
        for name, value in expected.items()
        if details.get(name, value) != value and details[name] is not None
    }
    if changed:
        raise UserError(
            f"The data of '{run.path}' changed since it was started: "
            f"{', '.join(f'{name} was {details[name]}' for name in sorted(changed))}, "
            f"received {expected}. Put the same data back, or start anew."
        )
    then = details.get("data", {})
    # In params.json it is the name of before until the run has resumed.
    name = details.get("params", {}).get("dataset") or Run(run.path).params.dataset
    elsewhere = not own_data and name != run.params.dataset
    if elsewhere and not then:
        raise UserError(
            f"'{run.path}' was started with {shown(name)} by a version that kept no fingerprints. "
            f"So nobody can check whether {shown(run.params.dataset)} has the same images. Move "
            f"the folder back to its old place, or start anew."
        )
    _check_same_images(run, then, data, elsewhere or own_data != details["own_data"])


def _check_same_images(run: Run, then: dict, now: dict, other_kind: bool):
    for name in then.keys() & now.keys():
        same = same_images(then[name], now[name])
        if same is False or (same is None and other_kind):
            raise UserError(
                f"The data of '{run.path}' changed since it was started: their number is the same, "
                f"but their content differs ({name}). Put the same data back, or start anew."
            )
        if same is None:
            logging.warning(
                "Whether the images of '%s' are the same (%s) is unverified: their fingerprint is "
                "of another version.",
                run.path,
                name,
            )


def check_columns(run_dir: Path, images: ImageSet):
    """Checks that a resumed training has the columns that the run was started with.

    Args:
        run_dir: The run folder.
        images: The training images, or rows of a table.

    Raises:
        UserError: If they are others.
    """
    then, now = read_columns(run_dir), columns_of(images)
    if (then and then.digest) != (now and now.digest):
        raise UserError(
            f"The table of '{run_dir}' changed since it was started: its columns are {now}, and "
            f"{COLUMNS} has {then}, or other categories or means. Put the same table back, or "
            f"start anew."
        )


def check_networks(run: Run, details: dict, digest: str | None):
    """Checks that training continues with the networks that the run was started with.

    Args:
        run: The run.
        details: The details of its checkpoint.
        digest: Digest of the user's own networks; None for networks of the parameters.

    Raises:
        UserError: If they are others.
    """
    if details.get("networks") != digest:
        raise UserError(
            f"'{run.path}' was started with other networks. A run continues with its own, which "
            f"{NETWORKS} holds: leave `encoder` and `decoder` out, or start anew."
        )


def check_no_progress(run: Run):
    """Checks that a run without a checkpoint never had one.

    The first is written before the first row and the first picture.

    Raises:
        UserError: If there are rows or pictures.
    """
    rows = read_log(run.log_path)[1]
    pictures = any(run.samples.glob("step_*.png"))
    if rows or pictures:
        trained = f"was trained to step {rows[-1][0]}" if rows else "has pictures of its training"
        raise UserError(
            f"'{run.path}' {trained}, and its checkpoints are gone: there is nothing to resume "
            f"from. Put them back into '{run.checkpoints}', or train anew with --overwrite."
        )
