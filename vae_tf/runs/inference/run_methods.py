"""Methods of a run for codes and posteriors that its encoder did not give."""

import numpy as np

from vae_tf.process.quiet_tensorflow import import_tensorflow


class InferenceMethods:
    """The part of `Run` that infers through the decoder."""

    def invert(self, images: np.ndarray, *, progress: bool = False, **options):
        """Find codes of images by gradient descent through the decoder, from several starts.

        Args:
            images: `[N, H, W, C]` images, or `[N, D]` vectors, as the model was trained on.
            progress: Whether to show a progress bar on stderr.
            **options: `starts`, `steps`, `learning_rate`, `seed` of `inversion.invert`.

        Returns:
            An `Inversion`: `codes [N, L]`, and reconstructions in nats beside the encoder's.

        Raises:
            UserError: Same as in `inversion.invert`.
        """
        import_tensorflow()
        from vae_tf.runs.inference.inversion import invert

        model = self.model  # type: ignore[attr-defined]
        return invert(model, images, progress=progress, **options)

    def impute(self, images, mask=None, *, progress: bool = False, **options):
        """Fill in missing values by importance sampling, by a model that takes them.

        Args:
            images: `[N, H, W, C]` images, or `[N, D]` vectors, as the model was trained on; NaN is
                missing. For a run on a table also a pandas DataFrame with its columns, in any
                order; NaN and None are missing.
            mask: Array of the same shape, 1 = observed; None: what is not NaN is observed. None
                for a DataFrame.
            progress: Whether to show a progress bar on stderr.
            **options: `samples`, `num_importance`, `noise`, `seed` of `imputation.impute`.

        Returns:
            An `Imputation`: `mean [N, ...]`, `samples [S, N, ...]`, `effective_samples [N]`. For a
            DataFrame `mean` is a DataFrame and `samples` a list of S, with the table's own types
            and categories. Observed cells are as given. A missing number is its expectation, cut to
            the range of training rows and rounded to the digits of the table; a missing category
            is the most likely.

        Raises:
            UserError: If the model takes no missing values, or an argument does not fit. For a
                DataFrame also if the run was not trained on a table, a column is missing or
                unknown, or a category is new.
        """
        import_tensorflow()
        from vae_tf.runs.inference.imputation import impute, impute_cells

        model = self.model  # type: ignore[attr-defined]
        if not hasattr(images, "columns"):
            return impute(model, images, mask, progress=progress, **options)
        columns = self.columns  # type: ignore[attr-defined]
        return impute_cells(model, columns, images, mask, progress=progress, **options)

    def inference_gap(self, images: np.ndarray, *, progress: bool = False, **options):
        """Measure how far each image's ELBO is below log p(x), and why (Cremer et al. 2018).

        Args:
            images: `[N, H, W, C]` images, or `[N, D]` vectors, as the model was trained on.
            progress: Whether to show progress bars on stderr.
            **options: `num_samples`, `steps`, `seed` of `gap.inference_gap`.

        Returns:
            An `InferenceGap`: the bounds of each image, and their differences `amortization` and
            `form`, `[N]` nats each; `effective_samples [N]` of the estimate of log p(x).

        Raises:
            UserError: Same as in `gap.inference_gap`.
        """
        import_tensorflow()
        from vae_tf.runs.inference.gap import inference_gap

        model = self.model  # type: ignore[attr-defined]
        return inference_gap(model, images, progress=progress, **options)
