"""Ways to train with PyTorch, one a process: `training_speed.py` starts them and says when.

    eager           the same VAE in a plain loop
    channels-last   the same, images and kernels in PyTorch's channels_last format
    compiled        the same, forward pass and loss through torch.compile
    compiled-last   both
    pythae          pythae's VAE class with these networks, through its own BaseTrainer

Imports nothing of this project but `turns`: the interpreter is one that has PyTorch. The squared
errors, the closed form of the KL and Adam are those of the case; pythae halves the squared errors.
"""

import functools
import math
import tempfile

import numpy as np
import torch
from torch import nn
from turns import worker


def networks(case):
    """Encoder with one head of twice the latents, and decoder, of 4x4 kernels with stride 2."""
    torch.manual_seed(0)
    height, width, channels = case["shape"]
    activation = {"relu": nn.ReLU, "leaky_relu": functools.partial(nn.LeakyReLU, 0.2)}
    activation = activation[case["activation"]]
    encoder, decoder, size = [], [], channels
    filters, units = case["filters"], case["units"]
    for out in filters:
        encoder += [nn.Conv2d(size, out, 4, 2, padding=1), activation()]
        size = out
    base = (filters[-1], height >> len(filters), width >> len(filters))
    size = math.prod(base)
    encoder.append(nn.Flatten())
    for out in units:
        encoder += [nn.Linear(size, out), activation()]
        size = out
    encoder.append(nn.Linear(size, 2 * case["latent_size"]))
    size = case["latent_size"]
    for out in [*reversed(units), math.prod(base)]:
        decoder += [nn.Linear(size, out), activation()]
        size = out
    decoder.append(nn.Unflatten(1, base))
    outs = [*reversed(filters[:-1]), channels]
    for index, (size, out) in enumerate(zip([filters[-1], *outs], outs, strict=False)):
        decoder.append(nn.ConvTranspose2d(size, out, 4, 2, 1))
        decoder += [activation()] if index < len(outs) - 1 else []
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def images(case):
    noise = np.random.default_rng(0).integers(0, 256, (2_048, *case["shape"]), np.uint8)
    return torch.from_numpy(noise.transpose(0, 3, 1, 2).copy()).float() / 255.0


def loop(case, turns, compiled=False, channels_last=False):
    encoder, decoder = networks(case)
    data = images(case)
    if channels_last:
        encoder, decoder, data = (
            part.to(memory_format=torch.channels_last) for part in (encoder, decoder, data)
        )
    weights = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, case["learning_rate"])

    def loss_of(x):
        mean, log_stddev = encoder(x).chunk(2, dim=1)
        logits = decoder(mean + torch.exp(log_stddev) * torch.randn_like(mean))
        reconstruction = (x - torch.sigmoid(logits)).square().sum((1, 2, 3))
        kl = 0.5 * (mean.square() + torch.exp(2 * log_stddev) - 1 - 2 * log_stddev).sum(1)
        return (reconstruction + kl).mean()

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

    encoder, decoder = networks(case)
    data = images(case)
    shape = {"input_dim": tuple(data.shape[1:]), "latent_dim": case["latent_size"]}
    model = VAE(VAEConfig(**shape), Encoder(encoder), Decoder(decoder))
    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(
            output_dir=folder,
            per_device_train_batch_size=case["batch_size"],
            num_epochs=-(-turns.total * case["batch_size"] // len(data)),
            learning_rate=case["learning_rate"],
            no_cuda=True,
        )
        rows = BaseDataset(data, torch.zeros(len(data)))
        BaseTrainer(model, rows, training_config=config, callbacks=[EachStep()]).train()


if __name__ == "__main__":
    worker(
        {
            "eager": loop,
            "channels-last": functools.partial(loop, channels_last=True),
            "compiled": functools.partial(loop, compiled=True),
            "compiled-last": functools.partial(loop, compiled=True, channels_last=True),
            "pythae": pythae,
        }
    )
