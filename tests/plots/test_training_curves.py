import numpy as np

from vae_tf.plots.training_curves import TRAINING_PANELS, plot_training_curves


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
    assert lines == [2, 2, 2, 1, 2, 4, 2, 4]  # validation beside training except for the weight
    assert {"Title", "run, step 5"} <= set(texts(figure))


def test_a_first_row_that_dwarfs_the_others_makes_a_logarithmic_axis():
    long = history(5_000)
    long["loss"][0] = 1_000
    axes = plot_training_curves(long, "t").axes
    assert axes[0].get_yscale() == "log" and "log scale" in axes[0].get_ylabel()
    assert axes[2].get_yscale() == "linear"
    assert len(axes[0].lines[0].get_xdata()) <= 800
    assert axes[0].lines[0].get_ydata().max() == 1_000


def test_stochastic_layers_have_panels_of_their_own():
    layers = {f"{name}_{k}": np.full(50, 10.0 * k) for name in ("kl", "active") for k in (1, 2, 3)}
    axes = plot_training_curves(history() | layers, "t").axes
    panels = {each.get_title(loc="left"): each for each in axes[8:]}
    assert list(panels) == ["KL of each layer", "Active latents of each layer"]
    for panel in panels.values():
        shown = {line.get_label(): line.get_ydata()[-1] for line in panel.lines}
        assert shown == {"layer 3, the top": 30, "layer 2": 20, "layer 1, the lowest": 10}


def test_the_likelihoods_scale_has_a_panel_where_it_is_learned():
    scale = {"decoder_stddev": np.linspace(0.7, 0.1, 50), "val_decoder_stddev": np.full(50, 0.2)}
    *eight, panel = plot_training_curves(history() | scale, "t").axes
    assert len(eight) == 8 and panel.get_title(loc="left") == "Stddev of the likelihood"
    assert [line.get_ydata()[-1] for line in panel.lines] == [0.1, 0.2]


def test_the_error_of_a_classifier_has_a_panel():
    errors = {name: np.full(50, np.nan) for name in ("error", "val_error", "test_error")}
    for name, last in (("error", 0.0), ("val_error", 0.2), ("test_error", 0.1)):
        errors[name][[0, -1]] = 0.9, last
    *eight, panel = plot_training_curves(history() | errors, "t").axes
    assert len(eight) == 8 and panel.get_title(loc="left") == "Classification error"
    shown = {line.get_label(): line.get_ydata()[-1] for line in panel.lines}
    assert shown == {"training": 0.0, "validation": 0.2, "test": 0.1}


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
