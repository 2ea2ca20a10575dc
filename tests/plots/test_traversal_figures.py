import numpy as np

from vae_tf.plots.traversal_figures import plot_traversal, plot_traversals

RNG = np.random.default_rng(0)


def shown(figure, label):
    """Pixels of the axes of a label."""
    (axes,) = [axes for axes in figure.axes if axes.get_label() == label]
    return axes.images[0].get_array()


def texts(figure):
    return [text.get_text() for text in figure.texts]


def test_columns_of_the_single_latent_grid():
    images = np.zeros((10, 3, 8, 8, 1))
    images[:, 2] = 1
    figure = plot_traversal(images, np.linspace(3, -3, 10), 0.5, "Traversal of latent z4")
    assert shown(figure, "unchanged")[5, 5, 0] == 0
    assert shown(figure, "+ 2 average stddev").min() == 255
    assert {"+3.00", "-3.00", "z + 0.5", "z + 1"} <= set(texts(figure))


def test_groups_of_rows_have_headings():
    blocks = {"a": RNG.random((3, 4, 8, 8, 1)), "b": RNG.random((3, 4, 8, 8, 1))}
    each = [[5, 0, 1], np.ones(3), np.ones(3, bool), np.zeros((3, 2))]
    plain = plot_traversals(blocks, *each, "t")
    figure = plot_traversals(blocks, *each, "t", groups=[("top", 1), ("below", 2)])
    whole = shown(plain, "b")
    height = (len(whole) - 2) // 3
    np.testing.assert_array_equal(shown(figure, "b, top"), whole[: height + 2])
    np.testing.assert_array_equal(shown(figure, "b, below"), whole[height:])
    places = {text.get_text(): text.get_position()[1] for text in figure.texts}
    assert places["top"] > places["z5"] > places["below"] > places["z0"] > places["z1"]


def test_rows_of_all_latents_say_their_nats():
    blocks = {
        "from zero": RNG.random((2, 4, 8, 8, 1)),
        "from an image": RNG.random((2, 4, 8, 8, 1)),
    }
    figure = plot_traversals(
        blocks,
        [7, 1],
        np.array([2.5, 0.001]),
        np.array([True, False]),
        np.array([[-2.0, 2.0], [-1.0, 3.0]]),
        "t",
        image=RNG.random((8, 8, 1)),
    )
    expected = {"z7", "2.50 nats", "-2.00 to +2.00", "z1", "0.001, inactive", "from an image"}
    assert expected <= set(texts(figure))
    assert shown(figure, "from zero").shape == shown(figure, "from an image").shape
