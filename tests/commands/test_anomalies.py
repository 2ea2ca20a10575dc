import csv

import numpy as np
import pytest
from PIL import Image

from vae_tf.commands.anomalies import find_odd, main, parse
from vae_tf.commands.compress import write_pictures
from vae_tf.data import load
from vae_tf.process.errors import UserError
from vae_tf.runs import Run


@pytest.fixture
def folder(tmp_path):
    """Eight digits, and one picture that is white."""
    digits = load("digits", "all").images(np.arange(8))
    write_pictures(tmp_path / "given", np.round(255 * digits).astype(np.uint8))
    Image.new("L", (8, 8), 255).save(tmp_path / "given" / "white.png")
    return tmp_path / "given"


def test_the_odd_image_is_first_in_the_table(run_folder, folder, tmp_path):
    out = tmp_path / "odd.csv"
    words = ["run", f"folder:{folder}", "--out", str(out), "--method", "reconstruction"]
    said = find_odd(Run(run_folder), parse(words))
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert "1 of 9 images are odd" in said and len(rows) == 9
    assert rows[0]["image"] == "white.png" and rows[0]["odd"] == "yes"
    assert float(rows[0]["p_value"]) == pytest.approx(1 / 91, abs=1e-4)
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert {row["odd"] for row in rows[1:]} == {"no"}
    with Image.open(tmp_path / "odd.png") as picture:
        assert picture.width > 600


def test_mistakes_are_answered(run_folder, folder, tmp_path, call):
    words = ["run", f"folder:{folder}", "--predictions", str(run_folder.parent)]
    low = call(main, *words, "--rate", "0.001", cwd=tmp_path)
    assert low.returncode == 2 and "at least 0.011" in low.stderr and "90 validation" in low.stderr
    (tmp_path / "anomalies.csv").touch()
    there = call(main, *words, cwd=tmp_path)
    assert there.returncode == 2 and "exists. Choose another name" in there.stderr
    wrong = call(main, *words, "--out", "odd.txt", cwd=tmp_path)
    assert wrong.returncode == 2 and "--out is a .csv file" in wrong.stderr
    run = Run(run_folder)
    run.checkpoint[1]["image_shape"] = [6]
    with pytest.raises(UserError, match="square images"):
        find_odd(run, parse(words))
