"""Params: what a run is. One flat, frozen, checked record with an exact JSON round trip."""

import contextlib
import dataclasses
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping

from vae_tf import schedules
from vae_tf.config import former
from vae_tf.config.optimizers import read_optimizer
from vae_tf.config.tables import check_columns, check_table
from vae_tf.data.augmentation import AUGMENTATIONS
from vae_tf.data.missing import read_missing
from vae_tf.networks import specs
from vae_tf.priors.texts import read_prior
from vae_tf.probability.likelihoods.logits_shape import logits_shape
from vae_tf.probability.likelihoods.texts import read_likelihood
from vae_tf.process.errors import UserError, shown, unknown
from vae_tf.process.files.reading import parse_json
from vae_tf.process.limits import LARGEST_COUNT, LARGEST_SIDE
from vae_tf.process.model_names import MODELS, former_name
from vae_tf.process.numbers import is_number, is_whole
from vae_tf.process.texts.command_names import command_line

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
OUTPUT_BIASES = ("mean", "initializer")
# Field whose default another field decides -> that field, and the default of its value.
_DECIDED: dict[str, tuple[str, Callable]] = {
    "initializer": ("activation", specs.initializer_for),
    "kl_weight": ("model", lambda model: schedules.as_schedule(MODELS.kl_weight(model))),
}

# Names of a field in other packages, and its name here.
_MEANT = {
    "batch": "`batch_size` is the number of images per update.",
    "beta": "The weight of the KL is `kl_weight`. beta_vae is vae with a `kl_weight` of 4.",
    "epochs": "Set `steps`, the number of updates: an epoch has `images / batch_size` updates.",
    "latent_dim": "`latent_size` is the number of latents.",
    "latents": "`latent_size` is the number of latents.",
    "lr": "The learning rate is `learning_rate`.",
    "z_dim": "`latent_size` is the number of latents.",
}

_MOST_CHARACTERS = 2**20  # of params.json


@dataclasses.dataclass(frozen=True)
class Params:
    """All parameters of a run.

    Raises:
        UserError: If a value has the wrong type or is not allowed. The message says how to fix it.

    Example:
        >>> params = Params(dataset="digits", encoder=[[64]], kl_weight="linear(0, 4, 1000)")
        >>> Params.from_json(params.to_json()) == params
        True
    """

    # Data
    dataset: str = "sprites"  # name of a set, folder:PATH, or table:FILE with likelihood=table
    image_size: int | None = None  # pixels per side; None: as in the data set
    channels: int | None = None  # 1 grey, 3 color; None: as in the data set
    validation: float | int = 0.05  # fraction or number of training images that are held out, if
    # the data set has no validation split
    labels: int | None = None  # number of labeled training images, equally many per class, drawn by
    # the seed, for models that learn from few labels; None: all images have labels
    missing: str | None = None  # values to hide, for models that accept missing values: random(0.5)
    # hides pixels, block(0.5) a rectangle, always the same for an image; None: no values
    columns: dict | None = None  # column of a table -> its kind: numeric, count, binary,
    # categorical or ignored; kinds of all other columns are found from their values
    augment: str | None = None  # mirror: in training, each image is mirrored left to right with
    # probability 1/2; None: images are unchanged

    # Networks, see networks/specs.py; or texts, such as "residual(32, 64, 128)", networks/texts.py
    encoder: tuple | str = ((32, 4, 2), (32, 4, 2), (32, 4, 2), (32, 4, 2), (256,))
    decoder: tuple | str | None = None  # None mirrors the encoder; pixel_cnn(layers=4, filters=32,
    # kernel=5) also mirrors it, and each pixel depends on the pixels before it
    latent_size: int = 10
    activation: str = "relu"
    initializer: str | None = None  # initial weights: he, glorot, lecun or torch, see
    # networks/initial_weights.py; None: he for rectifiers, glorot or lecun for other activations
    output_bias: str = "mean"  # initial biases of the decoder's last layer: mean, with which it
    # draws the mean image of the data, or initializer
    precision: str = "float32"  # type that networks compute in: float32, mixed_bfloat16 or
    # mixed_float16; weights and losses are always float32

    # Model
    model: str = "vae"  # a name of models.MODELS
    kl_weight: schedules.Schedule | float | str | None = None  # number, schedule of the step, or a
    # target: constrained(20), controlled(12); None: the model's default (ae 0, vae 1, beta_vae 4)
    likelihood: str = "bernoulli"  # bernoulli, gaussian (squared errors; gaussian(stddev=0.1),
    # =learned or =optimal), laplace (absolute errors), continuous_bernoulli, beta_binomial,
    # discretized_logistic, mixture_logistics(components=10); table, for the columns of a table
    prior: str = "normal"  # prior of the latents: normal, N(0, I), or learned with the model:
    # flow, mixture or vamp, with sizes such as flow(couplings=8), see priors/texts.py
    hyper: dict = dataclasses.field(default_factory=dict)  # hyperparameters of the model
    start: str | None = None  # name or folder of a run; training begins with its weights in all
    # layers that both models have, see training/transfer.py; None: initial weights

    # Training
    batch_size: int = 64  # images
    learning_rate: schedules.Schedule | float | str = 1e-3  # number or schedule of the step
    optimizer: str = "adam"  # a name, or with options: "adam(beta_1=0.5)"
    ema: float | None = None  # decay of the moving average of the weights, above 0 and below 1.
    # Validation, analysis and export use the average; None: they use the weights
    steps: int = 10_000  # optimizer steps
    log_every: int = 100  # steps between rows of log.csv
    sample_every: int = 1_000  # steps between pictures, after the last of sample_steps
    sample_steps: tuple = ()  # additional early steps at which a picture is made
    keep_steps: tuple = ()  # steps whose weights are kept in addition to the newest weights
    checkpoint_every: int = 1_000  # steps; a checkpoint is also saved every 5 minutes
    validate_every: int = 1_000  # steps
    patience: int | None = None  # validations without improvement before stopping; None: off
    seed: int = 0  # of weights, noise and the order of images

    def __new__(cls, /, *args, **fields):
        known = [field.name for field in dataclasses.fields(cls)]
        for name in fields:
            if name in _MEANT:
                raise UserError(f"Unknown parameter '{name}'. {_MEANT[name]}")
            if name not in known:
                raise unknown("parameter", name, known)
        return super().__new__(cls)

    def __post_init__(self):
        self._check_data()
        self._check_networks()
        self._check_model()
        self._check_training()

    def _set(self, name: str, value):
        object.__setattr__(self, name, value)

    @contextlib.contextmanager
    def _naming(self, name: str) -> Iterator[None]:
        try:
            yield
        except UserError as error:
            raise UserError(f"`{name}`: {error}") from None

    def _set_default(self, name: str):
        if getattr(self, name) is None:
            cause, default = _DECIDED[name]
            self._set(name, default(getattr(self, cause)))

    def _set_schedule(self, name: str):
        with self._naming(name):
            self._set(name, schedules.as_schedule(getattr(self, name)))

    def _require(self, condition: bool, name: str, expected: str):
        if not condition:
            raise UserError(
                f"`{name}` must be {expected}. Received: {name}={shown(getattr(self, name))}"
            )

    def _require_whole(self, name: str, least: int, none: str = "", most: int = LARGEST_COUNT):
        value = getattr(self, name)
        expected = f"a whole number of at least {least}" + (f", or None ({none})" if none else "")
        self._require((none and value is None) or is_whole(value, least, math.inf), name, expected)
        self._require(value is None or value <= most, name, f"at most {most:,}")

    def _require_known(self, name: str, known: Iterable[str]):
        value = getattr(self, name)
        if not isinstance(value, str) or value not in known:
            raise unknown(name, value, known)

    def _check_data(self):
        named = isinstance(self.dataset, str) and bool(self.dataset)
        self._require(named, "dataset", "the name of a data set or folder:PATH")
        self._require_whole("image_size", 1, "the set's own", most=LARGEST_SIDE)
        self._require(
            self.channels is None or (is_whole(self.channels, 1) and self.channels in (1, 3)),
            "channels",
            "1 (grey), 3 (color) or None (the set's own)",
        )
        part = isinstance(self.validation, float) and 0 < self.validation < 1
        expected = "a part between 0 and 1, or a whole number of images of at least 1"
        self._require(part or is_whole(self.validation, 1), "validation", expected)
        self._require_whole("labels", 1, "all")
        if self.missing is not None:
            read_missing(self.missing)
        if self.augment is not None:
            self._require_known("augment", AUGMENTATIONS)
        check_columns(self.columns, self.dataset)

    def _check_networks(self):
        self._set("encoder", specs.normalize_network(self.encoder, "encoder"))
        if self.decoder is not None:
            self._set("decoder", specs.normalize_network(self.decoder, "decoder"))
        self._require_whole("latent_size", 1)
        self._require_known("activation", specs.ACTIVATIONS)
        self._set_default("initializer")
        self._require_known("initializer", specs.INITIALIZERS)
        self._require_known("output_bias", OUTPUT_BIASES)
        self._require_known("precision", PRECISIONS)

    def _check_model(self):
        self._require_known("model", MODELS)
        check_table(self.dataset, read_likelihood(self.likelihood)[0])
        read_prior(self.prior)
        self._set_default("kl_weight")
        self._set_schedule("kl_weight")
        if self.model == "ae" and self.kl_weight.highest > 0:
            raise UserError(
                f"`model='ae'` is the VAE with a KL weight of 0. Received: "
                f"kl_weight={self.kl_weight}. Set kl_weight=0, or choose model='vae'."
            )
        try:
            self._set("hyper", parse_json(json.dumps(self.hyper, allow_nan=False)))
        except (TypeError, ValueError, RecursionError):
            self._require(False, "hyper", "a dict of JSON values")
        self._require(isinstance(self.hyper, dict), "hyper", "a dict of hyperparameters")
        if self.model == "m1_m2" and "kind" in self.hyper:
            model, hyper = former_name(self.hyper, "m1_m2")
            self._set("model", model)
            self._set("hyper", hyper)
        named = isinstance(self.start, str) and bool(self.start) and "\0" not in self.start
        self._require(
            self.start is None or named, "start", "the name or the folder of a run, or None"
        )

    def _check_training(self):
        for name in ("batch_size", "steps", "log_every", "sample_every", "checkpoint_every"):
            self._require_whole(name, 1)
        self._require_whole("validate_every", 1)
        self._require_whole("patience", 1, "off")
        self._require_whole("seed", 0)
        rate = self.learning_rate
        if not isinstance(rate, (str, schedules.Schedule)):
            # Within float32, in which it is used.
            fits = is_number(rate) and 1e-30 <= rate <= 1e30
            expected = "a number above 0, from 1e-30 to 1e30, or a schedule of the step"
            self._require(fits, "learning_rate", expected)
            self._set("learning_rate", float(rate))
        self._set_schedule("learning_rate")
        usable = not isinstance(self.learning_rate, schedules.Feedback)
        usable = usable and self.learning_rate.highest > 0
        self._require(usable, "learning_rate", "a function of the step, above 0 somewhere")
        for name, schedule in (("learning_rate", self.rate), ("kl_weight", self.kl_weight)):
            if not isinstance(schedule, schedules.Feedback):
                with self._naming(name):
                    schedule(0)  # a `falling` one inside another, or as the weight, needs its steps
        for name in ("sample_steps", "keep_steps"):
            steps = getattr(self, name)
            fits = isinstance(steps, (list, tuple)) and all(is_whole(step, 0) for step in steps)
            self._require(fits, name, "a list of steps, whole numbers of at least 0")
            self._set(name, tuple(steps))
        read_optimizer(self.optimizer)
        fits = self.ema is None or (is_number(self.ema) and 0 < self.ema < 1)
        self._require(fits, "ema", "a number above 0 and below 1, or None (off)")

    def logits_shape(self, image_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the decoder's output for images of this shape. It depends on the likelihood."""
        return logits_shape(self.likelihood, image_shape)

    @property
    def rate(self) -> schedules.Schedule:
        """The learning rate as a schedule of the step; `falling` uses the run's number of steps."""
        return schedules.as_schedule(self.learning_rate).within(self.steps)

    @property
    def optimizer_call(self) -> tuple[str, dict]:
        """Name and options of the optimizer."""
        return read_optimizer(self.optimizer)

    def to_dict(self) -> dict:
        """The fields as JSON values."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return former.marked({name: _written(value) for name, value in fields.items()})

    def to_json(self) -> str:
        """JSON text from which `from_json` makes the same `Params`."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Params":
        """Reads the text of `to_json`. A field that is not in the text gets its old behavior.

        Raises:
            UserError: If the text is not JSON, is longer than a megabyte, or has an unknown field.
        """
        if len(text) > _MOST_CHARACTERS:
            raise UserError(
                f"Params have at most {_MOST_CHARACTERS:,} characters. Received: {len(text):,}"
            )
        fields = parse_json(text)
        if not isinstance(fields, dict):
            raise UserError(f"Params are a JSON object. Received: {type(fields).__name__}")
        return replace(cls(), **former.completed(fields))


def _written(value):
    if isinstance(value, schedules.constant):
        return value.value
    return str(value) if isinstance(value, schedules.Schedule) else value


def replace(params: Params, /, **changes) -> Params:
    """Return a copy with some fields changed. Presets are made in this way from other presets.

    The default of `initializer` depends on `activation`, and the default of `kl_weight` depends on
    `model`. If `activation` or `model` is changed, and the dependent field has its default, the
    copy has the new default, unless the dependent field is changed, too.

    Raises:
        UserError: If a field is unknown or a value is not allowed. The message gives the nearest
            known field.
    """
    for field, (cause, default) in _DECIDED.items():
        if cause in changes and getattr(params, field) == default(getattr(params, cause)):
            changes.setdefault(field, None)
    return dataclasses.replace(params, **changes)


def differences(one: Params, other: Params) -> dict[str, tuple]:
    """The fields in which two runs differ: name -> (value of one, value of other)."""
    left, right = one.to_dict(), other.to_dict()
    return {name: (left[name], right[name]) for name in left if left[name] != right[name]}


def preset(presets: Mapping[str, Params], name: str) -> Params:
    """Looks a run up by name.

    Raises:
        UserError: If there is no run of this name. The message gives the nearest name.
    """
    if name not in presets:
        raise unknown("run", name, presets, f"All: {command_line('train.py', list='all')}")
    return presets[name]
