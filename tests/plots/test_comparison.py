import numpy as np

from vae_tf.plots.comparison import Compared, plot_comparison


def texts(figure):
    return [text.get_text() for text in figure.texts]


def history():
    steps = np.arange(50) * 100
    return {"step": steps, "reconstruction": np.linspace(2, 1, 50), "kl": np.linspace(1, 2, 50)}


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
    assert not any("Wrong" in text for text in texts(figure))
    trade_off = [axes for axes in figure.axes if axes.get_title(loc="left") == "Trade-off"]
    assert len(trade_off) == 1 and len(trade_off[0].collections) == 1


def test_runs_that_tell_classes_are_compared_by_their_error():
    runs = [
        Compared("M2", 1.0, 1.0, None, history(), val_error=0.0746, test_error=0.066),
        Compared("VAE", 1.0, 1.0, None, history()),
    ]
    figure = plot_comparison({"classes": runs, "not": runs[1:]}, "t")
    assert texts(figure).count("Validation error") == texts(figure).count("Test error") == 1
    bars = {axes.get_label(): axes for axes in figure.axes}
    for name, value, words in (("val_error", 0.0746, "7.46%"), ("test_error", 0.066, "6.60%")):
        assert [bar.get_width() for bar in bars[name].patches] == [value, 0]
        assert [text.get_text() for text in bars[name].texts] == [words, ""]
