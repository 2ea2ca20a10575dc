import functools
import hashlib
import logging
import shutil

import numpy as np
import pytest
from PIL import Image

import vae_tf
from vae_tf.config import replace
from vae_tf.data import ArrayImages
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.runs import checkpoints
from vae_tf.training import train


def content(folder):
    """Hash of every file of a folder but the lock."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rewrite(folder, change):
    """Writes each checkpoint of a run anew, after a function changed its arrays and details."""
    for path in checkpoints.found(folder / "checkpoints"):
        arrays, details = checkpoints.load(path)
        arrays = {name: array.copy() for name, array in arrays.items()}
        change(arrays, details)
        checkpoints.save(path.parent, details["step"], arrays, details)


def test_images_outside_the_unit_interval_are_refused(tiny, tmp_path, blobs):
    images = ArrayImages("blobs", blobs)
    images.images = lambda indices: 2 * blobs[indices]
    with pytest.raises(UserError, match=r"\[0, 1\].*0 to 2"):
        train(tiny, tmp_path / "run", data=(images, images))
    assert not (tmp_path / "run").exists()


def test_one_training_image_is_too_few(tiny, tmp_path, blobs):
    said = []
    with pytest.raises(UserError, match="at least 2 images.*Received: 1 training image and 3 val"):
        train(tiny, tmp_path / "run", data=(blobs[:1], blobs[:3]), say=said.append)
    with pytest.raises(UserError, match="at least 2 images"):
        train(tiny, tmp_path / "run", data=(blobs[:1], blobs[:3]))
    assert not said and not (tmp_path / "run").exists()
    train(replace(tiny, steps=2), tmp_path / "run", data=(blobs[:2], blobs[:1]), say=said.append)
    assert not any("covariance" in line for line in said)


# --- damage to the folder of a run of 12 steps ---


def of_the_log(change):
    """Damage to the lines of the log."""

    def damage(run):
        path = run / "log.csv"
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return damage


def of_details(**changes):
    """Damage to the details of each checkpoint."""
    return lambda run: rewrite(run, lambda _, details: details.update(changes))


def of_params(**changes):
    """Damage to the parameters that each checkpoint names."""
    return lambda run: rewrite(run, lambda _, details: details["params"].update(changes))


def of_arrays(change):
    """Damage to the arrays of each checkpoint."""
    return lambda run: rewrite(run, lambda arrays, _: change(arrays))


def without_log(run):
    (run / "log.csv").unlink()


def without_checkpoints(run):
    shutil.rmtree(run / "checkpoints")


def older_without_log(run):
    rewrite(run, lambda _, details: details.pop("log"))
    without_log(run)


def spoil(arrays):
    name = next(name for name in arrays if name.endswith("kernel"))
    arrays[name].flat[3] = np.nan


def retype(arrays):
    name = next(iter(arrays))
    arrays[name] = arrays[name].astype(complex).real


NOT_ITS_LOG = r"log\.csv'.*step 12.*--overwrite"

# name -> the damage, and what the error of who resumes must say
DAMAGES = {
    "log deleted": (without_log, NOT_ITS_LOG),
    "log emptied": (of_the_log(lambda lines: []), NOT_ITS_LOG),
    "log of a header": (of_the_log(lambda lines: lines[:1]), NOT_ITS_LOG),
    "log without a row": (of_the_log(lambda lines: lines[:1] + lines[2:]), NOT_ITS_LOG),
    "log of another digit": (
        of_the_log(lambda lines: [lines[0], lines[1].replace(b".", b".1", 1), *lines[2:]]),
        NOT_ITS_LOG,
    ),
    "log of bytes": (of_the_log(lambda lines: [bytes(range(256)) * 10]), NOT_ITS_LOG),
    "older, log deleted": (older_without_log, "is not the log"),
    "checkpoints deleted": (without_checkpoints, "step 12.*checkpoints are gone"),
    "log and checkpoints deleted": (
        lambda run: (without_checkpoints(run), without_log(run)),
        "pictures.*checkpoints are gone",
    ),
    "array of another type": (of_arrays(retype), "does not fit the model"),
}

# The same, which who loads the model meets, too
DAMAGED_CHECKPOINTS = {
    "weight that is no number": (of_arrays(spoil), "Every checkpoint .* is damaged"),
    "another seed": (of_params(seed=1), "other parameters .*seed: 1 there, 0 in"),
    "another likelihood": (of_params(likelihood="laplace"), "other parameters.*'laplace'"),
    "parameters as a list": (of_details(params=[]), "'params' must be dict"),
    "parameters of text": (of_details(params={"seed": "x"}), "other parameters"),
    "shape of text": (of_details(image_shape="8x8"), "'image_shape' must be list"),
    "shape of two": (of_details(image_shape=[8, 8]), "No shape of images"),
    "shape too large": (of_details(image_shape=[10**6, 10**6, 1]), "No shape of images"),
    "shape of anything": (of_details(image_shape=[8, True, [1]]), "No shape of images|must"),
    "images below 0": (of_details(dataset_size=-1), "Not a count"),
    "images too many": (of_details(dataset_size=10**30), "Not a count"),
    "best of text": (of_details(best="x"), "'best' must be"),
    "waited for nothing": (of_details(waited=None), "'waited' must be int"),
    "own data a number": (of_details(own_data=1), "'own_data' must be bool"),
    "data of numbers": (of_details(data={"train": 3}), "'train' must be str"),
    "log without its hash": (of_details(log={"bytes": 3}), "'sha256' is missing"),
    "no number of weights": (of_details(num_weights=None), "'num_weights' must be int"),
}


@pytest.mark.parametrize("name", DAMAGES | DAMAGED_CHECKPOINTS)
def test_a_damaged_run_is_not_resumed_and_stays_as_it_is(tiny, run_folder, name):
    damage, message = (DAMAGES | DAMAGED_CHECKPOINTS)[name]
    damage(run_folder)
    before = content(run_folder)
    with pytest.raises(UserError, match=message):
        train(replace(tiny, steps=20), run_folder, resume=True)
    assert content(run_folder) == before
    if name in DAMAGED_CHECKPOINTS:
        with pytest.raises(UserError, match=message if name != "another seed" else "other param"):
            vae_tf.load_run(run_folder).model  # noqa: B018


def test_the_history_is_that_of_the_checkpoint(run_folder):
    path = run_folder / "log.csv"
    path.write_text(path.read_text().replace("4,", "5,", 1))
    with pytest.raises(UserError, match="is not the log"):
        vae_tf.load_run(run_folder).history  # noqa: B018


def test_other_images_of_the_same_number_are_refused(tiny, tmp_path, blobs):
    images = ArrayImages("blobs", blobs)
    train(tiny, tmp_path / "run", data=(images, images))
    longer = replace(tiny, steps=20)
    changed = ArrayImages("blobs", blobs[::-1])
    for data in ((changed, images), (images, changed)):
        with pytest.raises(UserError, match="number is the same, but their content differs"):
            train(longer, tmp_path / "run", resume=True, data=data)
    with pytest.raises(UserError, match="was trained on images given to train"):
        train(longer, tmp_path / "run", resume=True)


def test_given_images_in_place_of_the_named_ones_are_refused(tiny, run_folder):
    before = content(run_folder)
    given = ArrayImages("noise", np.random.default_rng(0).random((1707, 8, 8, 1), np.float32))
    with pytest.raises(UserError, match="The data of .* changed"):
        train(replace(tiny, steps=20), run_folder, resume=True, data=(given, given))
    assert content(run_folder) == before


def on_a_folder(tiny, home):
    """A run on 40 images of noise, in `home`: its parameters, and the pixels of the last image."""
    folder = home / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(40):
        pixels = rng.integers(0, 256, (8, 8), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    params = replace(tiny, dataset=f"folder:{folder}", validation=8)
    train(params, home / "run")
    return params, pixels


def test_a_folder_of_images_that_changed_is_refused(tiny, tmp_path, caplog):
    params, pixels = on_a_folder(tiny, tmp_path)
    folder = tmp_path / "images"
    Image.fromarray(pixels[::-1]).save(folder / "39.png")
    Image.fromarray(pixels).save(folder / "0.png")
    with pytest.raises(UserError, match="their content differs"):
        train(replace(params, steps=20), tmp_path / "run", resume=True)
    with caplog.at_level(logging.WARNING):
        assert len(vae_tf.load_run(tmp_path / "run").data) == 32
    assert "are not those that" in caplog.text


@pytest.fixture(scope="module")
def folder_run(tiny, tmp_path_factory):
    """A run on a folder of images, and its parameters."""
    home = tmp_path_factory.mktemp("of-a-folder")
    return home, on_a_folder(tiny, home)[0]


@pytest.fixture
def moved_run(folder_run, tmp_path):
    """A copy of the run and of its folder elsewhere, under another name; its new parameters."""
    home, params = folder_run
    run = shutil.copytree(home / "run", tmp_path / "run")
    folder = shutil.copytree(home / "images", tmp_path / "copy", copy_function=shutil.copyfile)
    return run, folder, replace(params, dataset=f"folder:{folder}", steps=20)


def test_a_folder_that_moved_is_gone_on_with(folder_run, moved_run, tmp_path):
    home, params = folder_run
    run, folder, elsewhere = moved_run
    stayed = shutil.copytree(home / "run", tmp_path / "stayed")
    there = train(replace(params, steps=20), stayed, resume=True)
    resumed = train(elsewhere, run, resume=True)
    assert resumed.log_path.read_bytes() == there.log_path.read_bytes()
    for one, other in zip(resumed.model.weights, there.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert vae_tf.load_run(run).params.dataset == f"folder:{folder}"
    assert len(vae_tf.load_run(run).data) == 32
    train(replace(params, steps=24), run, resume=True)  # and back


def test_a_folder_elsewhere_of_other_images_is_refused(moved_run):
    run, folder, elsewhere = moved_run
    (folder / "0.png").write_bytes((folder / "1.png").read_bytes())
    before = content(run)
    with pytest.raises(UserError, match="their content differs"):
        train(elsewhere, run, resume=True)
    (folder / "0.png").unlink()
    with pytest.raises(UserError, match="dataset_size was 32"):
        train(elsewhere, run, resume=True)
    with pytest.raises(UserError, match="'folder"):
        train(replace(elsewhere, dataset="digits"), run, resume=True)
    assert content(run) == before


def test_a_folder_elsewhere_that_cannot_be_compared_is_refused(moved_run):
    def forget(_, details):
        for name in ("params", "data", "log"):
            del details[name]

    run, _, elsewhere = moved_run
    rewrite(run, forget)
    before = content(run)
    with pytest.raises(UserError, match="by a version that saved no fingerprints"):
        train(elsewhere, run, resume=True)
    assert content(run) == before


def test_validation_labels_are_classes_of_training(tiny, tmp_path, blobs):
    data = ArrayImages("a", blobs, np.arange(64) % 3), ArrayImages("b", blobs, np.arange(64) % 4)
    with pytest.raises(UserError, match="among the 3 classes .* labels up to 3"):
        train(replace(tiny, model="conditional_vae"), tmp_path / "run", data=data)
    assert not (tmp_path / "run").exists()


def test_more_classes_than_the_machine_holds(tiny, tmp_path, blobs):
    labels = np.where(np.arange(64) % 2, 65_535, 0)
    params = replace(tiny, model="conditional_vae", batch_size=2**20)
    with pytest.raises(UserError, match="The model would take about .* of memory"):
        train(params, tmp_path / "run", data=ArrayImages("a", blobs, labels))


def test_what_older_versions_wrote_is_said_to_be_unverified(tiny, run_folder, caplog):
    def forget(_, details):
        for name in ("params", "data", "log"):
            del details[name]

    rewrite(run_folder, forget)
    with caplog.at_level(logging.WARNING):
        vae_tf.load_run(run_folder).model  # noqa: B018
        assert "unverified" in caplog.text
        caplog.clear()
        train(replace(tiny, steps=14), run_folder, resume=True)
    assert "unverified" in caplog.text
    # From here on it is bound.
    assert set(vae_tf.load_run(run_folder).details["data"]) == {"train", "validation"}


def test_fields_of_other_versions_are_not_compared(tiny, run_folder):
    def change(_, details):
        del details["params"]["patience"]
        details["params"]["color"] = "blue"

    rewrite(run_folder, change)
    assert train(replace(tiny, steps=13), run_folder, resume=True).details["step"] == 13


def test_the_labels_count_where_a_model_learns_from_them(tiny, tmp_path, blobs):
    labels = np.arange(64) % 2
    params = replace(tiny, model="conditional_vae")
    make = functools.partial(ArrayImages, "blobs", blobs)
    if "label" not in build_model(params, (8, 8, 1), 64, 2).batch_keys:
        pytest.skip("the model takes no labels")
    run = train(params, tmp_path / "run", data=(make(labels), make(labels)))
    assert run.model.num_classes == 2
    data = (make(1 - labels), make(labels))
    with pytest.raises(UserError, match=r"\(labels\)"):
        train(replace(params, steps=20), tmp_path / "run", resume=True, data=data)


@pytest.mark.parametrize(
    ("changes", "data", "message"),
    [
        ({"model": "dc_ign", "dataset": "sprites"}, None, "dc_ign.*augment=mirror"),
        ({"encoder": ((8,),), "likelihood": "gaussian"}, np.eye(20, 4), "Vectors.*augment=mirror"),
    ],
)
def test_what_cannot_be_mirrored_is_refused(tiny, tmp_path, changes, data, message):
    with pytest.raises(UserError, match=message):
        train(replace(tiny, augment="mirror", **changes), tmp_path / "run", data=data)
    assert not (tmp_path / "run").exists()
