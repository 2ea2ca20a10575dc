"""The trained model on one page."""

from vae_tf.analysis.analyzed_run import AnalyzedRun
from vae_tf.analysis.products.product import Explorer
from vae_tf.process.quiet_tensorflow import import_tensorflow


def explorer(analyzed: AnalyzedRun) -> Explorer:
    """Collects the content of a page that decodes codes in a browser."""
    import_tensorflow()
    # Imported here, because it imports Keras, and so TensorFlow with its messages.
    from vae_tf.analysis.explorer_content import page_content

    return Explorer(page_content(analyzed))
