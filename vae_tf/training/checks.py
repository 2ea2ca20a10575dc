"""Checks of the inputs of a training, before anything is written."""

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

_NUM_LOOKED_AT = 256  # images whose values are checked, evenly spaced over the set


def check_options(*, resume: bool, overwrite: bool, tensorboard: bool):
    """Checks options of `train`; see there.

    Raises:
        UserError: If options contradict each other, or need a package that is not installed.
    """
    if resume and overwrite:
        raise UserError("Expected one of resume and overwrite, received both. Drop one.")
    if tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "Event files need the package tensorboard, which is not installed. Install it with "
            "pip install tensorboard, or train without it: log.csv has the same numbers."
        )


def check_count_of_images(images: ImageSet, validation: ImageSet):
    """Checks that there are at least 2 training images.

    Args:
        images: The training images.
        validation: The validation images, whose number is in the message.

    Raises:
        UserError: If there are fewer than 2 training images.
    """
    if len(images) < 2:
        raise UserError(
            f"Training needs at least 2 images, better hundreds, and also validation images. "
            f"Received: {len(images)} training image and {len(validation)} validation images of "
            f"'{images.name}'. Add images, or lower `validation` if it holds out too many images."
        )


def check_images(images: ImageSet, validation: ImageSet, *, unit: bool = True):
    """Checks the shape and the values of 256 images of each set.

    Args:
        images: The training images.
        validation: The validation images.
        unit: Whether the likelihood needs values in [0, 1].

    Raises:
        UserError: If training and validation images differ in shape, or values are not finite or
            not in the needed range.
    """
    if images.image_shape != validation.image_shape:
        raise UserError(
            f"Training and validation images must have the same shape. Received: "
            f"{images.image_shape} and {validation.image_shape}."
        )
    for each in (images, validation):
        check_values(_some(each), f"Images of '{each.name}'", unit=unit)


def _some(images: ImageSet) -> np.ndarray:
    return images.images(images.evenly_spaced(_NUM_LOOKED_AT))


def check_batches(model: GenerativeModel, params: Params, images: ImageSet, validation: ImageSet):
    """Checks that the model can be trained on batches of these images. Runs it on one if needed.

    Args:
        model: The model, built.
        params: The parameters of the run.
        images: The training images.
        validation: The validation images.

    Raises:
        UserError: If the model cannot use the images or a parameter, or early stopping has no
            meaning for it.
    """
    for count, what in ((params.batch_size, "batch_size"), (len(validation), "validation images")):
        if count < model.smallest_batch:
            raise UserError(
                f"Model '{params.model}' compares images of a batch with each other and needs at "
                f"least {model.smallest_batch} of them. Received: {count} ({what}). Use more."
            )
    if params.patience is not None and not model.comparable_losses:
        raise UserError(
            f"Model '{params.model}' is trained against an opponent that also learns. Its losses "
            f"at different steps cannot be compared, so early stopping has no criterion. "
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
        # An error of the model or of its batches appears here, before the folder is made.
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
            f"images of the other classes, or leave these classes out."
        )


def _check_augmentation(model: GenerativeModel, params: Params, images: ImageSet):
    if params.augment is None:
        return
    why = None
    if len(images.image_shape) < 3:
        why = "Vectors cannot be mirrored."
    elif not set(model.batch_keys) <= {*CHANGED, "label", "mask"}:
        why = f"Model '{params.model}' learns from factors, which differ for mirrored images."
    if why:
        raise UserError(f"{why} Received: augment={params.augment}. Set augment=none.")


def _check_feedback(model: GenerativeModel, params: Params):
    weight = model.kl_weight.schedule
    if params.patience is not None and weight.settled_at is None:
        raise UserError(
            f"Early stopping waits until the KL weight is constant. `kl_weight={weight}` never is. "
            f"Received: patience={params.patience}. Set patience=none."
        )
    if isinstance(weight, controlled) and not model.has_densities:
        raise UserError(
            f"`kl_weight={weight}` keeps the KL near a value. The KL of model '{params.model}' is "
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
        own_data: Whether the images were given to `train`, not loaded by name.

    Raises:
        UserError: If the checkpoint is of another run, or was made with other images.
    """
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
    # Checkpoints of older versions have no classes, and some data sets have got labels since.
    changed = {
        name
        for name, value in expected.items()
        if details.get(name, value) != value and details[name] is not None
    }
    if changed:
        raise UserError(
            f"The data of '{run.path}' changed since it was started: "
            f"{', '.join(f'{name} was {details[name]}' for name in sorted(changed))}, "
            f"received {expected}. Restore the same data, or start again with --overwrite."
        )
    then = details.get("data", {})
    # params.json has the old name until the run has resumed.
    name = details.get("params", {}).get("dataset") or Run(run.path).params.dataset
    elsewhere = not own_data and name != run.params.dataset
    if elsewhere and not then:
        raise UserError(
            f"'{run.path}' was started with {shown(name)} by a version that saved no fingerprints. "
            f"So it is not known whether {shown(run.params.dataset)} has the same images. Move "
            f"the folder back to its old place, or start again with --overwrite."
        )
    _check_same_images(run, then, data, elsewhere or own_data != details["own_data"])


def _check_same_images(run: Run, then: dict, now: dict, other_kind: bool):
    for name in then.keys() & now.keys():
        same = same_images(then[name], now[name])
        if same is False or (same is None and other_kind):
            raise UserError(
                f"The data of '{run.path}' changed since it was started: their number is the same, "
                f"but their content differs ({name}). Restore the same data, or start again with "
                f"--overwrite."
            )
        if same is None:
            logging.warning(
                "It is not known whether the images of '%s' are the same (%s): their fingerprint "
                "is of another version.",
                run.path,
                name,
            )


def check_columns(run_dir: Path, images: ImageSet):
    """Checks that a resumed training has the same columns as the started run.

    Args:
        run_dir: The run folder.
        images: The training images, or rows of a table.

    Raises:
        UserError: If the columns differ.
    """
    then, now = read_columns(run_dir), columns_of(images)
    if (then and then.digest) != (now and now.digest):
        raise UserError(
            f"The table of '{run_dir}' changed since it was started: its columns are {now}, and "
            f"{COLUMNS} has {then}, or other categories or means. Restore the same table, or "
            f"start again with --overwrite."
        )


def check_networks(run: Run, details: dict, digest: str | None):
    """Checks that a resumed training has the same networks as the started run.

    Args:
        run: The run.
        details: The details of its checkpoint.
        digest: Digest of the user's own networks; None for networks of the parameters.

    Raises:
        UserError: If the networks differ.
    """
    if details.get("networks") != digest:
        raise UserError(
            f"'{run.path}' was started with other networks. A resumed run uses its networks in "
            f"{NETWORKS}: leave out `encoder` and `decoder`, or start again with overwrite=True."
        )


def check_no_progress(run: Run):
    """Checks that a run without a checkpoint never had a checkpoint.

    The first checkpoint is written before the first row and the first picture.

    Raises:
        UserError: If there are rows or pictures.
    """
    rows = read_log(run.log_path)[1]
    pictures = any(run.samples.glob("step_*.png"))
    if rows or pictures:
        trained = f"was trained to step {rows[-1][0]}" if rows else "has pictures of its training"
        raise UserError(
            f"'{run.path}' {trained}, and its checkpoints are gone: there is nothing to resume "
            f"from. Restore them in '{run.checkpoints}', or train again with --overwrite."
        )
