"""Methods of a run for anomalies."""

import numpy as np

from vae_tf.process.quiet_tensorflow import import_tensorflow
from vae_tf.runs.anomalies.thresholds import Threshold, anomaly_threshold


class AnomalyMethods:
    """The part of `Run` that scores how odd images are."""

    def anomaly_scores(self, images, method: str = "elbo", *, seed: int = 0) -> np.ndarray:
        """Score images by how odd they are: `[N]`, higher is odder.

        Args:
            images: `[N, H, W, C]` images, or `[N, D]` vectors, as the model was trained on. For a
                run on a table also a pandas DataFrame with its columns, in any order.
            method: "reconstruction", "elbo", "likelihood", "likelihood_regret", "input_complexity"
                or "latent", see `vae_tf.runs.anomalies`.
            seed: Seed of the samples.

        Returns:
            `[N]` float64 scores: nats, bits for "input_complexity", standard deviations for
            "latent".

        Raises:
            UserError: If the method is unknown or needs what the model does not have, the images
                do not fit, or, for "latent", the training images are not available. For a DataFrame
                also if the run was not trained on a table, a column is missing or unknown, or a
                category is new.
        """
        import_tensorflow()
        from vae_tf.runs.anomalies.methods import METHODS, anomaly_scores

        needs_mixture = method in METHODS and METHODS[method].needs_mixture
        mixture = self.code_mixture if needs_mixture else None  # type: ignore[attr-defined]
        model = self.model  # type: ignore[attr-defined]
        if hasattr(images, "columns"):
            images = self.columns.encode(images)  # type: ignore[attr-defined]
        return anomaly_scores(model, images, method, mixture=mixture, seed=seed)

    def anomaly_threshold(
        self, images, rate: float = 0.01, method: str = "elbo", *, seed: int = 0
    ) -> Threshold:
        """Compute the score that a normal image exceeds with probability at most `rate`.

        Args:
            images: `[N, H, W, C]` normal images that the model was not trained on, such as
                `run.validation_data`'s, or what else `anomaly_scores` takes; N at least
                1 / rate - 1.
            rate: Share of normal images called anomalies, above 0 and below 1.
            method: Same as in `anomaly_scores`.
            seed: Seed of the samples.

        Returns:
            The threshold with the 95 % confidence interval of the quantile at that many images.

        Raises:
            UserError: Same as in `anomaly_scores`, and if there are too few images for the rate.
        """
        return anomaly_threshold(self.anomaly_scores(images, method, seed=seed), rate)
