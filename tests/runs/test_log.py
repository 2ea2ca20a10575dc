import numpy as np

from vae_tf import runs


def test_the_log_drops_what_came_after_the_checkpoint(tmp_path):
    path = tmp_path / "log.csv"
    log = runs.Log(path, ["step", "loss", "val_loss"], before=0)
    for step in (0, 5, 10):
        log.write({"step": step, "loss": np.float32(0.1) + step})
    log.close()
    with open(path, "a") as file:
        file.write("15,0.")  # cut short
    assert len(runs.read_log(path)[1]) == 3
    log = runs.Log(path, ["step", "loss", "val_loss"], before=10)
    log.write({"step": 10, "loss": 1 / 3, "val_loss": 2})
    log.close()
    assert (
        path.read_text() == "step,loss,val_loss\n0,0.100000001,\n5,5.0999999,\n10,0.333333333,2\n"
    )
