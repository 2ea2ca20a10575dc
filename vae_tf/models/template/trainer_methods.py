"""Methods of a model for the trainer. The files of the models contain only the paper's method.

A paper defines the latents, the loss and the samples of a model. The methods of this file define
how an update is made, what is logged, and which runs are refused before they begin.
"""

from keras import ops

from vae_tf.models.template.keras_methods import KerasMethods
from vae_tf.models.template.latents import Outputs
from vae_tf.models.template.phases import Objective, Phase, minimize

_TERMS = (
    "loss reconstruction kl kl_weight elbo stddev_mean stddev_min stddev_max "
    "mean_mean mean_min mean_max"
)


class TrainerMethods(KerasMethods):
    """The part of `GenerativeModel` that is for the trainer."""

    # Fewest images that the variant's estimators work on.
    smallest_batch = 1
    # Whether any encoder `x -> (mean, log_stddev)` will do, and any decoder.
    takes_networks = True
    # Whether its networks may be texts, such as residual(32, 64), and not lists of layers alone.
    takes_network_texts = True
    # Whether it works on vectors `[B, D]`, too.
    takes_vectors = True
    # Whether its loss has the reconstruction in it, or an error of features in its place.
    trains_reconstruction = True
    # The hyperparameter by which the reconstruction is weighted in its loss; None where that is 1.
    reconstruction_weight: str | None = None
    # Whether its loss has the KL in it.
    trains_kl = True
    # Whether validation losses of different steps can be compared, so that training may stop early.
    comparable_losses = True
    # Reason why the loss cannot be split across devices; None where it can.
    indivisible: str | None = None
    # The names in `logged` that are terms of the loss; others are only watched.
    loss_terms: tuple[str, ...] = ()
    # Words about a part of the loss that has no column in the log.
    loss_words: str | None = None

    @property
    def scheduled_optimizers(self) -> list:
        """The optimizers that have the run's learning rate; others keep their own."""
        return [self.optimizer]

    @property
    def borrows_from(self) -> str | None:
        """Folder of the run whose encoder is the argument of `borrow`; None for no run."""
        return None

    def borrow(self, encoder=None):
        """Copies weights of another run before training begins; here none.

        Args:
            encoder: Encoder of the run that `borrows_from` names, or None.
        """

    @property
    def first_decoder(self):
        """The decoder whose initial biases draw the mean image, see `output_bias`."""
        return self.decoder

    @property
    def phases(self) -> list[Phase]:
        """The objectives, in order."""
        return [Phase((Objective("loss", self.trainable_variables, self.optimizer),))]

    @property
    def step(self):
        """Number of optimizer updates so far: scalar int tensor."""
        return ops.convert_to_tensor(self.updates)

    def update(self, batch) -> dict:
        """Makes one update on a batch, with all phases.

        Returns:
            The terms of the first phase, computed before its step.
        """
        batch = self.as_batch(batch)
        if self.learning_rate is not None:
            for optimizer in self.scheduled_optimizers:
                optimizer.learning_rate.assign(self.learning_rate(self.step_of_rate(self.step)))
        terms = self.take(self.phases, batch)
        self.kl_weight.update_state(self.step, terms)
        self.likelihood.update_state(terms)
        self.updates.assign_add(1)
        return terms

    def take(self, phases: list[Phase], batch: dict) -> dict:
        """Runs phases, one after the other.

        Returns:
            The terms of the first phase, computed before its step.
        """
        done = []
        for phase in phases:
            seen = batch | {"image": batch[phase.images]}
            for _ in range(phase.repeats):
                terms = minimize(lambda seen=seen: self.compute_terms(seen, True), phase.objectives)
                done.append(terms)
        return done[0]

    def step_of_rate(self, step):
        """The step of the learning rate's schedule. A model may repeat the schedule in parts."""
        return step

    def check_more_steps(self, steps: int, done: int):
        """Checks that a run may continue with this model, also with more steps; here always.

        Args:
            steps: Number of steps that the run had until now.
            done: Number of optimizer updates so far.

        Raises:
            UserError: If more steps would undo a part of the run.
        """

    def is_constant_from(self, step: int) -> bool:
        """Whether the loss is the same function of the weights from this step on."""
        return self.kl_weight.is_constant_from(step)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all terms, in the order of `log.csv`."""
        return (*_TERMS.split(), *self.kl_weight.terms, *self.likelihood.logged, *self.logged)

    def summary_terms(self, outputs: Outputs, loss, reconstruction, logs: dict) -> dict:
        """Computes the terms of the log from the terms of every image.

        Args:
            outputs: Inputs of the loss.
            loss: Scalar.
            reconstruction: `[B]`.
            logs: `kl` `[B]`, the likelihood's terms and all that `logged` names, `[B]` or scalar.
        """
        terms = {
            "loss": loss,
            "reconstruction": reconstruction,
            "kl": logs["kl"],
            "kl_weight": self.kl_weight(self.step),
            "elbo": -(reconstruction + logs["kl"]),
            **outputs.ranges(),
        }
        terms |= self.kl_weight.terms
        terms |= {name: logs[name] for name in (*self.likelihood.logged, *self.logged)}
        return {
            name: self.average(outputs, term) if len(term.shape) else term
            for name, term in terms.items()
        }
