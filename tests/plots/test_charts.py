import numpy as np

from vae_tf.plots.charts import (
    TRAINING_PANELS,
    Colouring,
    Scatter,
    plot_codes_positions,
    plot_kl_per_latent,
    plot_latent_space,
    plot_training_curves,
)
from vae_tf.plots.comparison import Compared, plot_comparison


def texts(figure):
    return [text.get_text() for text in figure.texts]


def history(rows=50):
    columns = [column for names, _ in TRAINING_PANELS.values() for column in names]
    values = {name: np.linspace(1, 2, rows) for name in columns}
    val = {f"val_{name}": np.full(rows, np.nan) for name in columns if name != "kl_weight"}
    for column in val.values():
        column[rows // 2] = 1.5
    return {"step": np.arange(rows) * 100, **values, **val}


def test_training_has_eight_panels_with_units():
    figure = plot_training_curves(history(), "Title", ("run, step 5",))
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes}
    assert list(panels) == list(TRAINING_PANELS)
    assert panels["Total loss"].get_ylabel() == "nats per image"
    assert {axes.get_xlabel() for axes in figure.axes} == {"step"}
    lines = [len(axes.lines) for axes in figure.axes]
    assert lines == [2, 2, 2, 1, 2, 4, 2, 4]  # validation beside training but for the weight
    assert {"Title", "run, step 5"} <= set(texts(figure))


def test_a_first_row_that_dwarfs_the_others_makes_a_logarithmic_axis():
    long = history(5_000)
    long["loss"][0] = 1_000
    axes = plot_training_curves(long, "t").axes
    assert axes[0].get_yscale() == "log" and "log scale" in axes[0].get_ylabel()
    assert axes[2].get_yscale() == "linear"
    assert len(axes[0].lines[0].get_xdata()) <= 800
    assert axes[0].lines[0].get_ydata().max() == 1_000


def test_an_infinite_kl_is_said_in_its_panel():
    endless = history()
    endless["kl"][:] = endless["val_kl"][:] = np.inf
    panel = plot_training_curves(endless, "t").axes[1]
    assert panel.get_title(loc="left") == "Regularization (KL)"
    assert len(panel.lines[0].get_xdata()) == 0
    assert [text.get_text() for text in panel.texts] == ["not finite"]


def test_an_interrupted_log_without_validation_is_drawn():
    first = {name: column[:1] for name, column in history().items()}
    assert len(plot_training_curves(first, "t").axes) == 8


def test_bars_are_sorted_and_collapsed_latents_told_apart():
    kl = np.array([0.001, 3.0, 1.0])
    (axes,) = plot_kl_per_latent(kl, kl >= 0.1, "4 nats").axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["z1", "z2", "z0"]
    assert [bar.get_height() for bar in axes.containers[0]] == [3, 1]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["active: 2", "collapsed, below 0.1 nats: 1"]
    assert axes.get_ylabel() == "KL to the prior, nats per image"


def test_the_latent_space_has_a_panel_for_each_colouring_and_picture():
    rng = np.random.default_rng(0)
    scatter = Scatter(rng.random((30, 2)), "component 1", "component 2", "PCA")
    colourings = [
        Colouring("shape", np.arange(30) % 2, ("square", "heart")),
        Colouring("scale", np.arange(30)),
    ]
    picture = {"images": np.zeros((40, 40, 3), "uint8")}
    axes = plot_latent_space([scatter], colourings, picture, "t").axes
    titles = [each.get_title(loc="left") for each in axes]
    assert titles[:2] == ["PCA, by shape", "PCA, by scale"] and axes[-1].get_label() == "images"
    assert axes[0].get_xlabel() == "component 1"
    plain = plot_latent_space([scatter], [], {}, "t").axes
    assert [each.get_title(loc="left") for each in plain] == ["PCA"]


def test_codes_over_factors_have_a_row_a_latent():
    over = {"shape": np.zeros((3, 2)), "scale": np.ones((6, 2))}
    figure = plot_codes_positions(over, np.zeros((4, 4, 2)), [5, 0], np.array([2, 0.5]), "t")
    labels = [axes.get_label() for axes in figure.axes]
    expected = [f"z{z} over {name}" for z in (5, 0) for name in ("position", "shape", "scale")]
    assert labels == expected
    assert len(plot_codes_positions(over, None, [5, 0], np.ones(2), "t").axes) == 4


def test_runs_are_compared_on_one_scale_a_group():
    strip = np.zeros((48, 100, 3), "uint8")
    runs = [
        Compared("one", 10.0, 2.0, strip, history()),
        Compared("two", 20.0, None, None, history()),
    ]
    figure = plot_comparison({"digits": runs, "emoji": runs[:1]}, "t")
    bars = [axes for axes in figure.axes if axes.get_label() == "reconstruction"]
    assert [len(axes.patches) for axes in bars] == [2, 1]
    assert [bar.get_width() for bar in bars[0].patches] == [10, 20]
    assert {"one", "two", "not drawn"} <= set(texts(figure))
    trade_off = [axes for axes in figure.axes if axes.get_title(loc="left") == "Trade-off"]
    assert len(trade_off) == 1 and len(trade_off[0].collections) == 1
