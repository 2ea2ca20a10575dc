"""Ways to train with PyTorch, one a process: `training_speed.py` starts them and says when.

    eager           the same VAE in a plain loop
    fused           the same, with Adam(fused=True)
    channels-last   eager, images and kernels in PyTorch's channels_last format
    compiled        eager, forward pass and loss through torch.compile
    compiled-last   both
    pythae          pythae's VAE class with these networks, through its own BaseTrainer
    our-start       fused, from He's weights and the mean image, as ours begin
    disentangling-vae   YannDubs/disentangling-vae: its own networks, start, loss and trainer

Imports nothing of this project but `turns`: the interpreter is one that has PyTorch. The
likelihood, the closed form of the KL and Adam are the case's; pythae halves squared errors.
"""

import functools
import math
import sys
import tempfile

import numpy as np
import torch
from torch import nn
from turns import worker


def networks(case):
    """Encoder with one head of twice the latents, and decoder, of 4x4 kernels with stride 2."""
    torch.manual_seed(case.get("seed", 0))
    height, width, channels = case["shape"]
    activation = {"relu": nn.ReLU, "leaky_relu": functools.partial(nn.LeakyReLU, 0.2)}
    activation = activation[case["activation"]]
    encoder, decoder, size = [], [], channels
    filters, units = case["filters"], case["units"]
    for out in filters:
        encoder += [nn.Conv2d(size, out, 4, 2, padding=1), activation()]
        size = out
    encoder.append(nn.Flatten())
    base = (filters[-1], height >> len(filters), width >> len(filters)) if filters else ()
    size = math.prod(base or case["shape"])
    for out in units:
        encoder += [nn.Linear(size, out), activation()]
        size = out
    encoder.append(nn.Linear(size, 2 * case["latent_size"]))
    size = case["latent_size"]
    for out in [*reversed(units), *([math.prod(base)] if base else [])]:
        decoder += [nn.Linear(size, out), activation()]
        size = out
    if not base:
        decoder += [nn.Linear(size, math.prod(case["shape"]))]
        decoder.append(nn.Unflatten(1, (channels, height, width)))
        return nn.Sequential(*encoder), nn.Sequential(*decoder)
    decoder.append(nn.Unflatten(1, base))
    outs = [*reversed(filters[:-1]), channels]
    for index, (size, out) in enumerate(zip([filters[-1], *outs], outs, strict=False)):
        decoder.append(nn.ConvTranspose2d(size, out, 4, 2, 1))
        decoder += [activation()] if index < len(outs) - 1 else []
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


@torch.no_grad()
def begin_as_ours(encoder, decoder, data):
    """He's weights, by the inputs that a pixel has, and a last bias that draws the mean image."""
    for network in (encoder, decoder):
        layers = [layer for layer in network if hasattr(layer, "weight")]
        for layer in layers:
            fan_in = layer.weight[0].numel()
            if isinstance(layer, nn.ConvTranspose2d):
                fan_in = layer.in_channels * 4  # 2 x 2 of the kernel's 4 x 4 positions
            gain = 1.0 if layer is layers[-1] else 2.0
            nn.init.uniform_(layer.weight, *(side * (3 * gain / fan_in) ** 0.5 for side in (-1, 1)))
            nn.init.zeros_(layer.bias)
    layers[-1].bias.fill_(torch.logit(data[:2_000].mean()))


def images(case):
    """Images `[N, C, H, W]` in [0, 1]: of the case's file, or noise."""
    if "images" in case:
        rows = np.load(case["images"], mmap_mode="c")  # one channel, so that the order is the same
        return torch.from_numpy(rows.reshape(-1, *(case["shape"][i] for i in (2, 0, 1))))
    noise = np.random.default_rng(0).integers(0, 256, (2_048, *case["shape"]), np.uint8)
    return torch.from_numpy(noise.transpose(0, 3, 1, 2).copy()).float() / 255.0


def split(case):
    """Images to train on, and to validate on."""
    data = images(case)
    held_out = case.get("validated", 0)
    return data[: len(data) - held_out], data[len(data) - held_out :]


def nats(case, encode, decode, x):
    """-ELBO of images, up to the likelihood's constant: `[B]`."""
    mean, log_variance = encode(x)
    logits = decode(mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean))
    if case.get("likelihood") == "bernoulli":
        losses = nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
    else:
        losses = (x - torch.sigmoid(logits)).square()
    kl = 0.5 * (mean.square() + torch.exp(log_variance) - 1 - log_variance).sum(1)
    return losses.sum((1, 2, 3)) + kl


def validation(case, encode, decode, held_out):
    """Function that gives the mean of `nats`, under the same noise at every call."""

    @torch.no_grad()
    def validate():
        with torch.random.fork_rng():
            torch.manual_seed(0)
            parts = [nats(case, encode, decode, x) for x in held_out.split(250)]
        return torch.cat(parts).mean()

    return validate


def heads_of(encoder):
    return lambda x: encoder(x).chunk(2, dim=1)


def loop(case, turns, compiled=False, channels_last=False, fused=None, our_start=False):
    data, held_out = split(case)
    turns.begin()
    encoder, decoder = networks(case)
    if our_start:
        begin_as_ours(encoder, decoder, data)
    if channels_last:
        encoder, decoder, data = (
            part.to(memory_format=torch.channels_last) for part in (encoder, decoder, data)
        )
    weights = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, case["learning_rate"], fused=fused)
    encode = heads_of(encoder)
    turns.validate = validation(case, encode, decoder, held_out)

    def loss_of(x):
        return nats(case, encode, decoder, x).mean()

    loss_of = torch.compile(loss_of) if compiled else loss_of
    for _ in range(turns.total):
        loss = loss_of(data[torch.randint(len(data), (case["batch_size"],))])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        float(loss.detach())
        turns.step()


def pythae(case, turns):
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    class Encoder(BaseEncoder):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, x):
            mean, log_variance = self.network(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, z):
            return ModelOutput(reconstruction=torch.sigmoid(self.network(z)))

    class EachStep(TrainingCallback):
        def on_train_step_end(self, training_config, **_):
            turns.step()

    data, held_out = split(case)
    turns.begin()
    encoder, decoder = networks(case)
    turns.validate = validation(case, heads_of(encoder), decoder, held_out)
    shape = {"input_dim": tuple(data.shape[1:]), "latent_dim": case["latent_size"]}
    shape["reconstruction_loss"] = "bce" if case.get("likelihood") == "bernoulli" else "mse"
    model = VAE(VAEConfig(**shape), Encoder(encoder), Decoder(decoder))
    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(
            output_dir=folder,
            per_device_train_batch_size=case["batch_size"],
            num_epochs=-(-turns.total * case["batch_size"] // len(data)),
            learning_rate=case["learning_rate"],
            seed=case.get("seed", 0),
            no_cuda=True,
        )
        rows = BaseDataset(data, torch.zeros(len(data)))
        BaseTrainer(model, rows, training_config=config, callbacks=[EachStep()]).train()


def disentangling_vae(case, turns):
    vars(np)["product"] = np.prod  # which NumPy 2 has no longer
    sys.path.insert(0, case["disentangling_vae"])
    try:
        from disvae import Trainer, init_specific_model
        from disvae.models.losses import get_loss_f
    except ModuleNotFoundError as error:
        raise ImportError(f"{error}; see --disentangling-vae") from error

    data, held_out = split(case)
    turns.begin()
    torch.manual_seed(case["seed"])
    height, width, channels = case["shape"]
    model = init_specific_model("Burgess", (channels, height, width), case["latent_size"])
    # Its `hyperparam.ini` and command line: -x VAE_dsprites, -x VAE_mnist.
    settings = {"rec_dist": "bernoulli", "reg_anneal": 10_000}
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
    turns.validate = validation(case, model.encoder, logits_of(model.decoder), held_out)

    class Loader:
        """The work of a DataLoader, except for its cost of collecting images."""

        def __len__(self):
            return turns.total

        def __iter__(self):
            for _ in range(turns.total):
                yield data[torch.randint(len(data), (case["batch_size"],))], None
                turns.step()

    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model, optimizer, get_loss_f("VAE", **settings), save_dir=folder, is_progress_bar=False
        )
        trainer(Loader(), epochs=1)


def logits_of(decoder):
    """A decoder that gives logits, from one that ends in `torch.sigmoid`."""
    return lambda z: torch.logit(decoder(z), eps=1e-7)


if __name__ == "__main__":
    worker(
        {
            "eager": loop,
            "fused": functools.partial(loop, fused=True),
            "channels-last": functools.partial(loop, channels_last=True),
            "compiled": functools.partial(loop, compiled=True),
            "compiled-last": functools.partial(loop, compiled=True, channels_last=True),
            "pythae": pythae,
            "our-start": functools.partial(loop, fused=True, our_start=True),
            "disentangling-vae": disentangling_vae,
        }
    )
