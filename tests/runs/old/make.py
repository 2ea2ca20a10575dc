"""Makes the run folders of this folder, one of each family: a training of 8 steps, stopped at 4.

They were made by commit cefcdfc, before runs had an initializer: `python tests/runs/old/make.py` in
a checkout of it, with this file's folder as its argument. `expected.json` has the last row of each
log, had the training not been stopped.
"""

import csv
import json
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from vae_tf.config import Params, replace
from vae_tf.training import train

TINY = Params(
    dataset="digits",
    encoder=((6,),),
    latent_size=3,
    batch_size=16,
    steps=4,
    log_every=2,
    sample_every=100,
    checkpoint_every=4,
    validate_every=4,
    validation=0.9,
)
SHAPES = {"dataset": "sprites", "encoder": ((2,),), "validation": 40}
RUNS = {
    "ae": {"kl_weight": 0},
    "vae": {},
    "vae-convolutional": {"model": "vae", "encoder": ((3, 3, 2), (4,))},
    "beta_vae": {"kl_weight": 3.0},
    "plain_ae": {},
    "info_vae": {},
    "wae": {},
    "adversarial_ae": {"hyper": {"discriminator": [[6]]}},
    "beta_tcvae": {"hyper": {"beta": 3.0}},
    "factor_vae": {"hyper": {"discriminator": [[6]], "gamma": 4.0}},
    "dip_vae": {"hyper": {"kind": "ii"}},
    "capacity_vae": {"hyper": {"gamma": 10.0, "capacity": "linear(0, 2, 20)"}},
    "free_bits_vae": {},
    "lagging_vae": {"hyper": {"encoder_steps": 2}},
    "ada_gvae": SHAPES,
    "iwae": {"hyper": {"num_samples": 3}},
    "flow_vae": {"hyper": {"num_flows": 2, "hidden_size": 8}},
    "flow_vae-planar": {"model": "flow_vae", "hyper": {"flow": "planar", "num_flows": 2}},
    "vamp_vae": {"hyper": {"num_pseudo_images": 5}},
    "info_gan": {"hyper": {"num_codes": 1, "categories": [2]}, "latent_size": 4},
    "dc_ign": SHAPES | {"latent_size": 6},
    "conditional_vae": {},
    "qlae": {"hyper": {"num_values": 4}},
    "m1": {"model": "m1_m2", "hyper": {"kind": "m1", "hidden_size": 6}, "labels": 20},
    "m2": {"model": "m1_m2", "hyper": {"kind": "m2"}, "labels": 20},
    "m1_m2": {"hyper": {"kind": "m1_m2", "top_size": 2, "hidden_size": 6}, "labels": 20},
    "adgm": {"model": "auxiliary_vae", "hyper": {"kind": "adgm"}, "labels": 20},
    "sdgm": {"model": "auxiliary_vae", "hyper": {"batch_normalization": True}, "labels": 20},
    "hierarchical_vae": {"hyper": {"sizes": [2], "hidden": [6]}},
    "ladder_vae": {"hyper": {"sizes": [2], "hidden": [6], "batch_normalization": True}},
    "triggered": {"model": "vae", "kl_weight": "triggered(30, linear(0, 1, 10))"},
    "learned-stddev": {
        "model": "vae",
        "likelihood": "gaussian(stddev=learned)",
        "learning_rate": "warm_up(2, cosine(0.01, 0.001, 6))",
        "optimizer": "adamw(weight_decay=0.1, global_clipnorm=1.0)",
    },
}


def last_row(path: Path) -> dict:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))[-1]


def main():
    home = Path(sys.argv[1])
    written = home / "expected.json"
    expected = json.loads(written.read_text()) if written.exists() else {}
    for name, changes in RUNS.items():
        if name in expected:
            continue
        params = replace(TINY, **{"model": name, "kl_weight": None} | changes)
        if params.model in ("m1_m2", "auxiliary_vae"):
            params = replace(params, validation=0.2)
        folder = home / name
        shutil.rmtree(folder, ignore_errors=True)
        train(params, folder)
        with tempfile.TemporaryDirectory() as copies:
            copy = Path(shutil.copytree(folder, Path(copies) / name))
            train(replace(params, steps=8), copy, resume=True)
            expected[name] = last_row(copy / "log.csv")
        shutil.rmtree(folder / "samples")
        for file in (".lock", "tensorboard"):
            (folder / file).unlink(missing_ok=True)
        written.write_text(json.dumps(expected, indent=1) + "\n")
        print(name, flush=True)


if __name__ == "__main__":
    main()
