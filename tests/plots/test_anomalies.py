import numpy as np

from vae_tf.plots.anomalies import OddImages, color_errors, plot_anomalies


def test_colors_of_errors():
    errors = np.array([[[[0.0, 0.0], [3.0, -1.0]], [[-2.0, 1.0], [0.1, -9.0]]]])  # [1, 2, 2, 2]
    colors = color_errors(errors, 3.0)
    assert colors.shape == (1, 2, 2, 3)
    none, red, bluish, blue = colors.reshape(4, 3)
    assert none.min() > 0.95 and red[0] > red[2] and blue[2] > blue[0] and bluish[2] > bluish[0]


def test_each_image_has_its_error_and_its_score():
    rng = np.random.default_rng(0)
    images = rng.random((12, 8, 8, 1))
    captions = [f"score {i}" for i in range(12)]
    odd = np.arange(12) < 2
    group = OddImages("The oddest", images, images, rng.normal(size=images.shape), captions, odd)
    figure = plot_anomalies([group], {"validation": rng.normal(size=90)}, 2.0, "nats", "Odd")
    texts = [text.get_text() for text in figure.texts]
    assert [text for text in texts if text.startswith("score")] == captions
    labels = [axes.get_label() for axes in figure.axes]
    assert {"image 0", "error 10", "color bar", "Scores"} <= set(labels)
    (scores,) = [axes for axes in figure.axes if axes.get_label() == "Scores"]
    assert scores.get_xlabel() == "anomaly score, nats"
