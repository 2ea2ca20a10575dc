import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import norm

import vae_tf
from vae_tf.config import replace
from vae_tf.data import ArrayImages, load
from vae_tf.models.template.build import build_model
from vae_tf.process.errors import UserError
from vae_tf.runs import Run
from vae_tf.runs.compression import codes, compress_images, decompress_images, rate_of
from vae_tf.runs.compression.container import pack, unpack
from vae_tf.runs.compression.networks import ExactNetworks
from vae_tf.runs.compression.stack import Stack
from vae_tf.training import train

HIERARCHY = {"sizes": [4, 2], "hidden": [8, 8]}


@pytest.fixture(scope="module")
def grey():
    return np.rint(255 * load("digits", "all").images(np.arange(20))).astype(np.uint8)


@pytest.fixture(scope="module")
def binary(grey):
    return grey > 127


def model_of(tiny, **changes):
    return build_model(replace(tiny, **changes), (8, 8, 1), 100)


@pytest.fixture(scope="module")
def vae(tiny):
    return model_of(tiny)


@pytest.fixture(scope="module")
def content(vae, binary):
    return compress_images(vae, binary, "digits").content


def linear_model(tiny, images, likelihood):
    """A model whose codes are principal components, of unit variance; its prior fits them."""
    model = model_of(tiny, likelihood=likelihood, encoder=(), latent_size=3)
    pixels = images.reshape(len(images), -1) / float(images.max())
    mean = pixels.mean(axis=0)
    _, scales, directions = np.linalg.svd(pixels - mean, full_matrices=False)
    kernel = directions[:3].T * np.sqrt(len(pixels)) / scales[:3]
    zeros = np.zeros((64, 3))
    model.encoder.get_layer("mean").set_weights([kernel, -mean @ kernel])
    model.encoder.get_layer("log_stddev").set_weights([zeros, np.full(3, -1.0)])
    bias = np.log((mean + 0.02) / (1.02 - mean))
    if likelihood == "beta_binomial":  # mean of sigmoid(log(alpha) - log(beta))
        kernel, bias = np.stack([kernel.T, -kernel.T], axis=-1), np.stack([bias, -bias], axis=-1)
        kernel, bias = 0.5 * kernel.reshape(3, 128).T, 0.5 * bias.ravel()
    model.decoder.get_layer("to_image").set_weights([kernel.T, bias])
    return model


@pytest.mark.parametrize("likelihood", ["bernoulli", "beta_binomial", "discretized_logistic"])
def test_images_come_back_at_the_rate_of_the_elbo(tiny, likelihood):
    everything = load("digits", "all").images(np.arange(300))
    images = everything > 0.5
    if likelihood != "bernoulli":
        images = np.rint(255 * everything).astype(np.uint8)
    model = linear_model(tiny, images, likelihood)
    compressed = compress_images(model, images)
    restored = decompress_images(model, compressed.content)
    assert restored.dtype == images.dtype
    np.testing.assert_array_equal(restored, images)
    rate = rate_of(compressed.content)
    elbo = model.log_importance_weights(images, 20).mean() / np.log(2)
    assert rate.num_bits / len(images) == pytest.approx(-elbo, rel=0.01)
    assert sum(map(sum, compressed.images)) == rate.num_bits
    assert 0 < rate.initial_bits < 150
    assert rate.num_bytes == len(compressed.content)


@pytest.fixture(scope="module")
def hierarchy(tiny):
    """Three stochastic layers with networks of random, not small, weights."""
    return random_hierarchy(tiny)


def random_hierarchy(tiny):
    model = model_of(tiny, model="hierarchical_vae", hyper=HIERARCHY, latent_size=6)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.name in ("kernel", "bias"):
            weight.assign(rng.normal(0, 0.3 / np.sqrt(weight.shape[0]), weight.shape))
    return model


def test_a_hierarchy_is_coded_at_the_length_of_what_it_codes(tiny, hierarchy, monkeypatch):
    images, popped = load("digits", "all").images(np.arange(40)) > 0.5, []
    pop = codes.pop_posterior
    monkeypatch.setattr(
        codes, "pop_posterior", lambda *given: popped.append(pop(*given)) or popped[-1]
    )
    compressed = compress_images(hierarchy, images)
    restored = decompress_images(random_hierarchy(tiny), compressed.content)
    np.testing.assert_array_equal(restored, images)
    # log q(z|x) - log p(z) - log p(x|z) at the codes z_1, z_2, z_3 that were popped.
    z = [np.array(popped[layer::3], "float32") / 256 for layer in range(3)]
    ups, downs = hierarchy.ups, hierarchy.downs
    inferred = [hierarchy.encoder(images)[:2], ups[0]([z[0]]), ups[1]([z[1]])]
    expected = [downs[0]([z[1]]), downs[1]([z[2]]), (0.0 * z[2], 0.0 * z[2])]
    bits = 0.0
    for x, q, p in zip(z, inferred, expected, strict=True):
        log_q, log_p = (norm.logpdf(x, mean, np.exp(scale)) for mean, scale, *_ in (q, p))
        bits += (log_q - log_p).sum() / np.log(2)
    logits = np.array(hierarchy.decoder(z[0]))
    bits += np.log2(1 + np.exp(np.where(images, -logits, logits))).sum()
    assert rate_of(compressed.content).num_bits == pytest.approx(bits, rel=0.01)


def test_the_first_image_needs_fewer_bits_layer_by_layer(tiny, binary):
    hyper = {"sizes": [20, 20], "hidden": [8, 8]}
    model = model_of(tiny, model="hierarchical_vae", hyper=hyper, latent_size=40)
    networks, stack = ExactNetworks(model), Stack(model.latent_size)
    # All layers at once, as by BB-ANS: 80 codes of N(0, 1), each log2(256 sqrt(2 pi e)) bits.
    start = stack.num_bits
    code = codes.pop_posterior(stack, *codes.quantize(*networks.encode(1.0 * binary[0])))
    for up in networks.ups:
        code = codes.pop_posterior(stack, *codes.quantize(*up(code / 256)))
    at_once = start - stack.num_bits
    assert at_once == pytest.approx(80 * np.log2(256 * np.sqrt(2 * np.pi * np.e)), rel=0.05)
    # Layer by layer what was pushed is popped again: 64 pixels, then 40 codes.
    content = compress_images(model, binary[:1]).content
    assert 0 < rate_of(content).initial_bits < 0.8 * at_once


def test_networks_between_layers_are_in_float64(hierarchy):
    network, z = hierarchy.ups[0], np.random.default_rng(0).integers(-512, 512, 6) / 256
    weights = [np.float64(weight) for weight in network.get_weights()]
    hidden = z
    for kernel, bias in zip(weights[:4:2], weights[1:4:2], strict=True):
        hidden = hidden @ kernel + bias
        hidden = np.where(hidden > 0, hidden, np.float32(0.2) * hidden)  # as TensorFlow has it
    expected = [hidden @ weights[4] + weights[5], hidden @ weights[6] + weights[7]]
    for got, wanted in zip(ExactNetworks(hierarchy).ups[0](z), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_a_hierarchy_with_other_upper_weights_is_refused(hierarchy, tiny, binary):
    content = compress_images(hierarchy, binary[:2]).content
    other = random_hierarchy(tiny)
    other.downs[1].trainable_weights[0].assign_add(other.downs[1].trainable_weights[0])
    with pytest.raises(UserError, match="another model"):
        decompress_images(other, content)


@pytest.mark.parametrize("encoder", [((4, 3, 2), (8,)), ()])
def test_networks_of_all_kinds(tiny, binary, encoder):
    model = model_of(tiny, encoder=encoder, model="dip_vae")
    content = compress_images(model, binary[:3]).content
    np.testing.assert_array_equal(decompress_images(model, content), binary[:3])


def test_floats_and_bytes_are_the_same_images(vae, binary):
    as_bytes = compress_images(vae, 255 * binary.astype(np.uint8)).content
    assert compress_images(vae, binary.astype(np.float64)).content == as_bytes


def test_no_images(vae, binary):
    content = compress_images(vae, binary[:0]).content
    assert decompress_images(vae, content).shape == (0, 8, 8, 1)
    assert rate_of(content).num_bits == 0


@pytest.mark.usefixtures("optimized_graphs")
def test_another_process_restores_the_images(run_folder, binary, grey, tiny, tmp_path):
    params, data = replace(tiny, likelihood="beta_binomial", steps=1), ArrayImages("grey", grey)
    counts = train(params, tmp_path / "counts", data=(data, data))
    expected = ""
    for run, images in ((Run(run_folder), binary), (counts, grey)):
        (run.path / "images.vae").write_bytes(run.compress(images))
        expected += (
            f"{images.shape} {images.dtype} {hashlib.sha256(images.tobytes()).hexdigest()}\n"
        )
    code = (
        "import sys, vae_tf, pathlib, hashlib\n"
        "for folder in sys.argv[1:]:\n"
        "    content = pathlib.Path(folder, 'images.vae').read_bytes()\n"
        "    images = vae_tf.decompress(content, vae_tf.load_run(folder))\n"
        "    print(images.shape, images.dtype, hashlib.sha256(images.tobytes()).hexdigest())"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, run_folder, counts.path], capture_output=True, text=True
    )
    assert out.stdout == expected and expected.startswith("(20, 8, 8, 1) ")
    assert out.stderr == ""  # who uses the package sees nothing of TensorFlow's start


def test_damage_is_found_wherever_it_is(vae, content):
    for place in (30, len(content) // 2, len(content) - 1):
        damaged = bytearray(content)
        damaged[place] ^= 1
        with pytest.raises(UserError, match="damaged or cut off"):
            decompress_images(vae, bytes(damaged))
    with pytest.raises(UserError, match="damaged or cut off"):
        decompress_images(vae, content[:-5])
    with pytest.raises(UserError, match="compressed by vae_tf"):
        decompress_images(vae, b"\x89PNG")
    with pytest.raises(UserError, match="another format"):
        decompress_images(vae, content[:7] + b"9" + content[8:])


def test_another_model_is_refused(tiny, content):
    with pytest.raises(UserError, match="run 'digits'"):
        decompress_images(model_of(tiny, seed=1), content)


def test_other_numbers_of_the_networks_never_give_wrong_images(vae, content, monkeypatch):
    decode = ExactNetworks.decode
    monkeypatch.setattr(ExactNetworks, "decode", lambda self, z: decode(self, z) + 0.1)
    with pytest.raises(UserError, match="cannot be restored here.*kind of machine"):
        decompress_images(vae, content)
    header, words = unpack(content)
    header["versions"]["tensorflow"] = "1.0"
    with pytest.raises(UserError, match="versions of then: tensorflow 1.0"):
        decompress_images(vae, pack(header, words))


def test_bits_that_are_missing_are_found(vae, content):
    header, words = unpack(content)
    for foreign in (words[:2], words[:0], np.append(words, np.uint32(0)), words + np.uint32(1)):
        with pytest.raises(UserError, match="cannot be restored"):
            decompress_images(vae, pack(header, foreign))
    with pytest.raises(UserError, match="cannot be restored"):
        decompress_images(vae, pack(header | {"num_images": 10**12}, words))


def test_what_cannot_compress_is_refused(tiny, vae, grey, binary):
    with pytest.raises(UserError, match="'beta_binomial' or.*'discretized_logistic'.*8"):
        compress_images(model_of(tiny, likelihood="gaussian"), grey)
    with pytest.raises(UserError, match="'mixture_logistics'.*too many for a table"):
        compress_images(model_of(tiny, likelihood="mixture_logistics"), grey)
    with pytest.raises(UserError, match="grey values between"):
        compress_images(vae, grey)
    with pytest.raises(UserError, match="infers a layer from the image and the layer above"):
        compress_images(model_of(tiny, model="ladder_vae", hyper=HIERARCHY), binary)
    with pytest.raises(UserError, match="FlowVAE, which has other latents"):
        compress_images(model_of(tiny, model="flow_vae"), binary)
    with pytest.raises(UserError, match="axis of the channels"):
        compress_images(vae, binary[..., 0])
    with pytest.raises(UserError, match="256 grey levels"):
        model = model_of(tiny, likelihood="discretized_logistic")
        compress_images(model, np.full((1, 8, 8, 1), 0.5))


def test_the_header_is_json_without_places_of_the_machine(content):
    header, _ = unpack(content)
    assert json.loads(json.dumps(header)) == header
    assert set(header["versions"]) == {"constriction", "keras", "numpy", "tensorflow", "vae_tf"}


def test_decompress_is_public():
    assert vae_tf.decompress.__module__.startswith("vae_tf.runs.compression")
