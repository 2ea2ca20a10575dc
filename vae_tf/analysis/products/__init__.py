"""The products of one run. A new product needs one function and one row of `PRODUCTS`."""

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
        "The trained model on one page: a slider per latent, your own images, random samples, a "
        "map of the codes, paths between images.",
        needs_images=True,
    ),
    "training_curves.png": Product(
        training.training_curves,
        ("log",),
        "Training curves",
        "Losses are in nats per image. Orange is the validation split. If the loss falls but the "
        "KL stays near 0, the code is not used. If the stddev is near 0, codes have no noise.",
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
        "The same pictures, with each value to the power of 0.5. Faint strokes of early steps "
        "become visible.",
        on_request=True,
    ),
    "reconstructions.png": Product(
        images.reconstructions,
        ("checkpoint",),
        "Reconstructions",
        "Each original is above its reconstruction. Details that are missing in the reconstruction "
        "are not in the code.",
        needs_images=True,
    ),
    "generations.png": Product(
        images.generations,
        ("checkpoint",),
        "Generations",
        "Decoded samples of the prior, and of a mixture that is fitted to the codes after "
        "training. If only the samples of the mixture look like the data, the codes of images do "
        "not fill the prior.",
        needs_images=True,
    ),
    "sharpness.png": Product(
        spectra.radial_spectra,
        ("checkpoint",),
        "Sharpness",
        "Power of images at each spatial frequency. If a line is below the originals, details of "
        "this size are blurred. If it is above them, images are rougher than the data. Noise is "
        "also sharp: look at the images, too.",
        needs_images=True,
    ),
    "anomalies.png": Product(
        anomalies.anomalies,
        ("checkpoint",),
        "The oddest images",
        "Images with the highest anomaly scores. Red pixels are brighter than the decoder expects, "
        "blue pixels are darker, in standard deviations of the decoder. A training image above the "
        "threshold may be a wrong image or a rare image.",
        needs_images=True,
        on_request=True,
    ),
    "inpainting.png": Product(
        inpainting.inpainting,
        ("checkpoint",),
        "Missing parts filled in",
        "Blue pixels are hidden from the model. The mean is the expected image given the other "
        "pixels. Each sample is one possible image given the other pixels. The model is not sure "
        "where samples differ. The number is the effective sample size of 2,000 samples of the "
        "code. Below about 10, neither mean nor samples are reliable.",
        needs_images=True,
        needs_masks=True,
    ),
    "confusion.png": Product(
        classes.confusion,
        ("checkpoint",),
        "Confusion matrix",
        "Each row is a class, each column a predicted class. Values outside the diagonal are "
        "errors.",
        needs_classifier=True,
    ),
    "class_grid.png": Product(
        classes.class_grid,
        ("checkpoint",),
        "Classes and styles",
        "Each row is one code, decoded with every label. If a row keeps its style and each column "
        "has one class, the code contains only the style.",
        needs_labels=True,
        needs_images=True,
    ),
    "analogies.png": Product(
        classes.analogies,
        ("checkpoint",),
        "Analogies",
        "Each row is the code of one image, decoded with every label. Slant and stroke stay the "
        "same if the code contains them. Only the class changes.",
        needs_labels=True,
        needs_images=True,
    ),
    "interpolation.png": Product(
        images.interpolation,
        ("checkpoint",),
        "Interpolation",
        "Images decoded between the codes of images. If one image changes smoothly into the other, "
        "the latent space has no gap between their codes. If both are visible at once, it has a "
        "gap.",
        needs_images=True,
    ),
    "traversal.png": Product(
        traversals.traversal,
        ("checkpoint",),
        "Traversal of one latent",
        "Down a column, one latent goes from its greatest to its least sample. The columns add "
        "zero, one and two average standard deviations. If the columns look the same, the noise "
        "does not matter.",
        needs_images=True,
    ),
    "traversals.png": Product(
        traversals.all_traversals,
        ("checkpoint",),
        "Traversals of all latents",
        "Each row changes one latent and nothing else. If one property changes in a row, the "
        "latent is disentangled. If nothing changes, the latent has collapsed.",
        needs_images=True,
    ),
    "traversals.gif": Product(
        traversals.traversal_animation,
        ("checkpoint",),
        "Traversals in motion",
        "The latents with the highest KL. Each goes from one end of its range to the other and "
        "back.",
        needs_images=True,
    ),
    "directions.png": Product(
        directions.directions,
        ("checkpoint",),
        "Edits",
        "Each row adds the direction of an attribute to the code of an image without the "
        "attribute. A good direction changes the probability of its attribute, and of no other "
        "attribute.",
        needs_images=True,
    ),
    "paths.png": Product(
        paths.paths,
        ("checkpoint",),
        "Paths",
        "Three paths from one image to another, the probabilities of attributes along them, and "
        "the difference of the two codes in each latent. A curve that rises smoothly from 0 to 1 "
        "is an attribute of the last image only. A curve that rises and falls again is an "
        "attribute of images on the path only.",
        needs_images=True,
    ),
    "marginals.png": Product(
        tables.marginals,
        ("checkpoint",),
        "Columns of real and of sampled rows",
        "Each panel is a column. If the outline of the samples differs from the bars of the "
        "training rows, the model has not learned the column's distribution.",
        needs_table=True,
    ),
    "pairs.png": Product(
        tables.pairs,
        ("checkpoint",),
        "Pairs of columns",
        "Correlation of each pair of columns, from 0 to 1. If a cell of the samples is lighter, "
        "the samples have lost a dependence of the table.",
        needs_table=True,
    ),
    "column_traversals.png": Product(
        tables.column_traversals,
        ("checkpoint",),
        "Columns along latents",
        "Each line is a latent that goes through its range, with all other latents at 0. Columns "
        "that change along the same line depend on the same latent.",
        needs_table=True,
    ),
    "column_reconstructions.png": Product(
        tables.column_reconstructions,
        ("checkpoint",),
        "Reconstruction by column",
        "Nats that the code saves in each column. A column at 0 is not in the code: its samples do "
        "not depend on the other columns.",
        needs_table=True,
    ),
    "kl_per_latent.png": Product(
        latent_space.kl_per_latent,
        ("checkpoint",),
        "KL of each latent",
        "Nats of KL to the prior in each latent. Latents below 0.1 nats have collapsed: for every "
        "image, their posterior is almost the prior.",
        needs_kl=True,
    ),
    "decomposition.png": Product(
        scores.decomposition,
        ("scores",),
        "Parts of the KL",
        "Information is what the codes contain about the image. Total correlation is the distance "
        "of the mixture of posteriors from independent latents. Dimension-wise KL is the distance "
        "of each latent's distribution from the prior. Information beyond the log of the number of "
        "images is counted as total correlation, so this bar does not measure dependence. The "
        "dashed frame is a lower bound of the dependence, from codes of unseen images. Error bars "
        "are standard errors over samples.",
        score="elbo_decomposition",
    ),
    "forecast.png": Product(
        forecasts.forecast_picture,
        ("checkpoint",),
        "Forecast of a linear VAE",
        "Forecast from the images alone: a principal component of the images keeps a latent if its "
        "variance is above the KL weight times the decoder's variance. The point of the run shows "
        "whether its networks are better or worse than a linear VAE.",
        needs_gaussian=True,
        needs_images=True,
    ),
    "latent_space.png": Product(
        latent_space.latent_space,
        ("checkpoint",),
        "Latent space",
        "Each point is the code of an image. If the colors are separated, the codes contain the "
        "label or the factor.",
    ),
    "latent_space_tsne.png": Product(
        lambda analyzed: latent_space.latent_space(analyzed, "tsne"),
        ("checkpoint",),
        "Latent space by t-SNE",
        "Neighbors stay together. Distances and sizes of groups have no meaning.",
        on_request=True,
    ),
    "latent_space_umap.png": Product(
        lambda analyzed: latent_space.latent_space(analyzed, "umap"),
        ("checkpoint",),
        "Latent space by UMAP",
        "Neighbors stay together. Distances and sizes of groups have no meaning.",
        on_request=True,
    ),
    "clusters.png": Product(
        clusters.clusters,
        ("checkpoint",),
        "Clusters of codes",
        "Each row is a cluster of codes, found without labels. If each row has images of one "
        "class, the codes separate the classes. An adjusted Rand index (ARI) of 0 is chance.",
    ),
    "codes_factors.png": Product(
        factors.codes_factors,
        ("checkpoint",),
        "Codes against factors",
        "In a dark cell, the code predicts the factor. A representation is disentangled if each "
        "column has one dark cell, and each row at most one.",
        needs_factors=True,
    ),
    "codes_positions.png": Product(
        factors.codes_positions,
        ("checkpoint",),
        "Codes over position and factors",
        "A code that contains only one coordinate has stripes over the position, and flat lines "
        "over all other factors.",
        needs_factors=True,
        needs_images=True,
    ),
    "information_matrix.png": Product(
        scores.information_matrix,
        ("scores",),
        "Information of latents about factors",
        "Each column is a factor. With one dark cell, one latent contains the factor: then MIG is "
        "high. With several dark cells, several latents contain it. With none, it is lost. If "
        "points are few, bins raise all cells by chance: compare with the map by chance, for "
        "permuted codes. Densities do not have this bias.",
        score="mig",
    ),
    "importance_matrix.png": Product(
        scores.importance_matrix,
        ("scores",),
        "Importance of latents for factors",
        "Importance of each latent for boosted trees that predict each factor. A row with one dark "
        "cell is a disentangled latent. A column with one dark cell is a factor that the "
        "trees predict from one latent.",
        score="dci",
    ),
}
