"""The products of one run: a new one is one function and one row of `PRODUCTS`."""

from vae_tf.analysis.products import (
    anomalies,
    classes,
    clusters,
    directions,
    explorer,
    factors,
    forecasts,
    images,
    inpainting,
    latent_space,
    paths,
    scores,
    spectra,
    tables,
    training,
    traversals,
)
from vae_tf.analysis.products.product import Animation, Explorer, Product

__all__ = ["PRODUCTS", "Animation", "Explorer", "Product"]

PRODUCTS = {
    "explorer.html": Product(
        explorer.explorer,
        ("checkpoint",),
        "Explorer",
        "The trained model in one page: a slider a latent, your own images, random samples, a map "
        "of the codes, paths between images.",
        needs_images=True,
    ),
    "training_curves.png": Product(
        training.training_curves,
        ("log",),
        "How training went",
        "Losses are in nats per image; orange is the validation split. A falling loss with a KL "
        "near 0 means that the code is not used, a stddev near 0 that it is used without noise.",
    ),
    "training.gif": Product(
        training.training_animation,
        ("samples",),
        "Training in motion",
        "The same images and the same prior samples at every sampled step.",
        needs_images=True,
    ),
    "training_dark.gif": Product(
        lambda analyzed: training.training_animation(analyzed, gamma=0.5),
        ("samples",),
        "Training in motion, dark pixels brightened",
        "The same pictures, each value to the power of 0.5: what is faint at first can be seen.",
        on_request=True,
    ),
    "reconstructions.png": Product(
        images.reconstructions,
        ("checkpoint",),
        "Reconstructions",
        "Each original is above what the model makes of its code: what is lost there, the code "
        "does not hold.",
        needs_images=True,
    ),
    "generations.png": Product(
        images.generations,
        ("checkpoint",),
        "Generations",
        "Samples of the prior, decoded, and of a mixture fitted to the codes afterwards. Where "
        "only the first look unlike the data, the codes of real images do not fill the prior.",
        needs_images=True,
    ),
    "sharpness.png": Product(
        spectra.radial_spectra,
        ("checkpoint",),
        "Sharpness",
        "Power of images at each spatial frequency. Where a line is below the originals, details "
        "of that size are blurred; where it is above, images are rougher than the data. Noise is "
        "sharp: look at the images, too.",
        needs_images=True,
    ),
    "anomalies.png": Product(
        anomalies.anomalies,
        ("checkpoint",),
        "The oddest images",
        "Images that the model explains worst. Red pixels are brighter than the decoder expects, "
        "blue pixels are darker, in standard deviations of the decoder. A training image above the "
        "threshold may be a wrong image or a rare one.",
        needs_images=True,
        on_request=True,
    ),
    "inpainting.png": Product(
        inpainting.inpainting,
        ("checkpoint",),
        "Missing parts filled in",
        "Blue pixels are hidden from the model. The mean is the expected image given the other "
        "pixels. Each sample is one image that they allow: where samples differ, the model is not "
        "sure. The number counts the samples of the code that decide, of 2,000: below about 10 "
        "neither mean nor samples are reliable.",
        needs_images=True,
        needs_masks=True,
    ),
    "confusion.png": Product(
        classes.confusion,
        ("checkpoint",),
        "Classes taken for others",
        "A row is a class, a column what its images are taken for: all that is beside the diagonal "
        "is an error.",
        needs_classifier=True,
    ),
    "class_grid.png": Product(
        classes.class_grid,
        ("checkpoint",),
        "Classes and styles",
        "A row is one code under every label. Where the columns agree in nothing but the class, "
        "the code holds what the label does not say: the style.",
        needs_labels=True,
        needs_images=True,
    ),
    "analogies.png": Product(
        classes.analogies,
        ("checkpoint",),
        "Analogies",
        "The style of an image through all classes. Slant and stroke that stay are in the code, "
        "what changes is the class.",
        needs_labels=True,
        needs_images=True,
    ),
    "interpolation.png": Product(
        images.interpolation,
        ("checkpoint",),
        "Interpolation",
        "Images between images: a smooth change means that the space between codes is filled, "
        "ghosts of both ends that it is not.",
        needs_images=True,
    ),
    "traversal.png": Product(
        traversals.traversal,
        ("checkpoint",),
        "Traversal of one latent",
        "One latent runs down from its greatest to its least sample, with none, one and two "
        "average standard deviations added: where the columns agree, the noise does not matter.",
        needs_images=True,
    ),
    "traversals.png": Product(
        traversals.all_traversals,
        ("checkpoint",),
        "Traversals of all latents",
        "Each row changes one latent and nothing else. A row in which one thing changes is a "
        "disentangled latent; a row in which nothing changes is an unused one.",
        needs_images=True,
    ),
    "traversals.gif": Product(
        traversals.traversal_animation,
        ("checkpoint",),
        "Traversals in motion",
        "The latents of most KL, each from one end of its range to the other and back.",
        needs_images=True,
    ),
    "directions.png": Product(
        directions.directions,
        ("checkpoint",),
        "Edits",
        "Each row adds the direction of an attribute to the code of an image that lacks it. A good "
        "direction changes the probability of its attribute, and of no other one.",
        needs_images=True,
    ),
    "paths.png": Product(
        paths.paths,
        ("checkpoint",),
        "Paths",
        "Three ways from one image to another, what classifiers see of attributes along them, and "
        "which latents the two codes differ in. A curve that rises once and smoothly is an "
        "attribute that the way changes by itself; one that rises and falls is passed through.",
        needs_images=True,
    ),
    "marginals.png": Product(
        tables.marginals,
        ("checkpoint",),
        "Columns of real and of sampled rows",
        "Each panel is a column. Where the outline of the samples leaves the bars of the training "
        "rows, the model does not know the column's distribution.",
        needs_table=True,
    ),
    "pairs.png": Product(
        tables.pairs,
        ("checkpoint",),
        "Pairs of columns",
        "How closely two columns are tied, from 0 to 1. Samples whose cells are lighter have lost "
        "a dependence that the table has.",
        needs_table=True,
    ),
    "column_traversals.png": Product(
        tables.column_traversals,
        ("checkpoint",),
        "Columns along latents",
        "Each line is a latent that runs through its range, all other latents at 0. Columns that "
        "follow the same line are explained by the same latent.",
        needs_table=True,
    ),
    "column_reconstructions.png": Product(
        tables.column_reconstructions,
        ("checkpoint",),
        "Reconstruction by column",
        "How much the code knows of each column. A column at 0 is not in the code: its samples do "
        "not depend on the other columns.",
        needs_table=True,
    ),
    "kl_per_latent.png": Product(
        latent_space.kl_per_latent,
        ("checkpoint",),
        "Nats of each latent",
        "How many nats each latent has about an image. Those below 0.1 nats have collapsed: their "
        "posterior is the prior, whatever the image.",
        needs_kl=True,
    ),
    "decomposition.png": Product(
        scores.decomposition,
        ("scores",),
        "Parts of the KL",
        "Information is what codes contain about the image; total correlation is what the prior "
        "does not expect of latents together, and dimension-wise KL of each alone. Information "
        "beyond the log of the number of images is counted as total correlation, which is no "
        "measure of dependence: the dashed frame is, of at least so much, from codes of unseen "
        "images. Error bars are standard errors over samples.",
        score="elbo_decomposition",
    ),
    "forecast.png": Product(
        forecasts.forecast_picture,
        ("checkpoint",),
        "Forecast of a linear VAE",
        "Forecast from the images alone: directions of the images whose variance is above weight "
        "times the decoder's variance keep a latent. The run's own point beside it shows what the "
        "networks gain over a linear VAE, or lose.",
        needs_gaussian=True,
        needs_images=True,
    ),
    "latent_space.png": Product(
        latent_space.latent_space,
        ("checkpoint",),
        "Latent space",
        "Each point is an image. Colors that separate are known to the code without having been "
        "taught.",
    ),
    "latent_space_tsne.png": Product(
        lambda analyzed: latent_space.latent_space(analyzed, "tsne"),
        ("checkpoint",),
        "Latent space by t-SNE",
        "Neighbors stay neighbors; distances and sizes of groups mean nothing.",
        on_request=True,
    ),
    "latent_space_umap.png": Product(
        lambda analyzed: latent_space.latent_space(analyzed, "umap"),
        ("checkpoint",),
        "Latent space by UMAP",
        "Neighbors stay neighbors; distances and sizes of groups mean nothing.",
        on_request=True,
    ),
    "clusters.png": Product(
        clusters.clusters,
        ("checkpoint",),
        "Clusters of codes",
        "A row is a group of codes that was found without labels. Rows of one class mean that the "
        "code separates the classes by itself; an adjusted Rand index of 0 is chance.",
    ),
    "codes_factors.png": Product(
        factors.codes_factors,
        ("checkpoint",),
        "Codes against factors",
        "Dark cells are codes that predict a factor. One dark cell in each row and column is a "
        "disentangled representation.",
        needs_factors=True,
    ),
    "codes_positions.png": Product(
        factors.codes_positions,
        ("checkpoint",),
        "Codes over position and factors",
        "A code of one coordinate shows as stripes over the position and as flat lines elsewhere.",
        needs_factors=True,
        needs_images=True,
    ),
    "information_matrix.png": Product(
        scores.information_matrix,
        ("scores",),
        "Information of latents on factors",
        "Each column is a factor. One dark cell in it is a factor held by one latent, which is "
        "what MIG rewards; several are a factor spread over latents, none a factor that is lost. "
        "Bins raise all cells where points are few, to what is there by chance: with codes "
        "permuted against the factors. Densities do not.",
        score="mig",
    ),
    "importance_matrix.png": Product(
        scores.importance_matrix,
        ("scores",),
        "Importance of latents for factors",
        "How much boosted trees rely on each latent to predict each factor. One dark cell in a row "
        "is a disentangled latent, one in a column a factor held completely by one latent.",
        score="dci",
    ),
}
