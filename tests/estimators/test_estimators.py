"""The estimators on tables and images, in what scikit-learn builds around them."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import vae_tf
from vae_tf.estimators import VAEImputer, VAEOutlierDetector, VAETransformer
from vae_tf.process.errors import UserError


@pytest.fixture(scope="module")
def table():
    """`[150, 4]` measurements in units far from one another."""
    return load_iris().data * [1.0, 10.0, 100.0, 1000.0] + [0, 0, 500.0, 0]


@pytest.fixture(scope="module")
def transformer(table):
    return VAETransformer(latent_size=2, steps=150, learning_rate=1e-2, random_state=0).fit(table)


def test_codes_keep_most_of_a_table_in_its_own_units(transformer, table):
    codes = transformer.transform(table)
    assert codes.shape == (150, 2) and codes.dtype == np.float64
    back = transformer.inverse_transform(codes)
    unexplained = np.square(table - back).mean(axis=0) / table.var(axis=0)
    assert unexplained.mean() < 0.3
    assert transformer.get_feature_names_out().tolist() == ["vaetransformer0", "vaetransformer1"]


def test_the_score_is_a_density_in_the_units_of_the_table(table, transformer):
    larger = VAETransformer(latent_size=2, steps=150, learning_rate=1e-2, random_state=0)
    larger.fit(table * 8)  # a power of 2: the standardized table is the same
    lower = transformer.score_samples(table) - 4 * np.log(8)
    np.testing.assert_allclose(larger.score_samples(table * 8), lower, atol=1e-3)
    assert transformer.score(table) == pytest.approx(transformer.score_samples(table).mean())


def test_a_pickled_one_is_the_same_and_a_clone_is_not_fitted(transformer, table):
    again = pickle.loads(pickle.dumps(transformer))
    np.testing.assert_array_equal(again.transform(table), transformer.transform(table))
    assert not hasattr(clone(transformer), "model_")
    assert clone(transformer).get_params() == transformer.get_params()


def test_it_stands_in_a_pipeline_and_in_a_search(table):
    transformer = vae_tf.VAETransformer(steps=5, random_state=0)
    pipeline = make_pipeline(StandardScaler(), transformer)
    halves = ShuffleSplit(1, test_size=0.5, random_state=0)
    search = GridSearchCV(pipeline, {"vaetransformer__latent_size": [1, 3]}, cv=halves).fit(table)
    size = search.best_params_["vaetransformer__latent_size"]
    assert search.best_estimator_.transform(table).shape == (150, size)


@pytest.mark.parametrize("flat", [False, True])
def test_images_whole_or_flattened(blobs, flat):
    x = blobs.reshape(64, -1) if flat else blobs
    shape = (8, 8, 1) if flat else None
    transformer = VAETransformer(steps=5, image_shape=shape, random_state=0).fit(x)
    codes = transformer.transform(x)
    assert codes.dtype == np.float32 and transformer.n_features_in_ == 64
    assert transformer.inverse_transform(codes).shape == x.shape
    assert transformer.model_.image_shape == (8, 8, 1)
    with pytest.raises(ValueError):
        transformer.transform(x[:, :4])


def test_outliers_are_found_and_the_share_is_kept(table):
    rng = np.random.default_rng(0)
    detector = VAEOutlierDetector(contamination=0.1, steps=200, random_state=0).fit(table)
    assert (detector.predict(table) == -1).sum() == 15
    far = table + 8 * table.std(axis=0) * rng.choice([-1, 1], table.shape)
    assert (detector.predict(far) == -1).mean() > 0.95
    decision = detector.decision_function(table)
    np.testing.assert_allclose(decision, detector.score_samples(table) - detector.offset_)


def test_mistakes_are_named(blobs, table):
    with pytest.raises(UserError, match="contamination=0.7"):
        VAEOutlierDetector(contamination=0.7).fit(table)
    with pytest.raises(UserError, match=r"49 values, and rows of 4"):
        VAETransformer(image_shape=(7, 7, 1)).fit(table)
    with pytest.raises(UserError, match="`steps`"):
        VAETransformer(steps=0).fit(table)
    with pytest.raises(ValueError, match="NaN"):
        VAETransformer(steps=1).fit(np.full((4, 2), np.nan))
    small = VAETransformer(steps=1).fit(table)
    with pytest.raises(UserError, match="Give what transform returned"):
        small.inverse_transform(np.zeros((1, 3)))


def test_an_imputer_fills_in_what_the_other_columns_say(table):
    holes = table.copy()
    holes[np.random.default_rng(0).random(table.shape) < 0.2] = np.nan
    missing = np.isnan(holes)
    imputer = VAEImputer(steps=150, learning_rate=5e-3, num_samples=2, random_state=0).fit(holes)
    filled = imputer.transform(holes)
    np.testing.assert_array_equal(filled[~missing], table[~missing])
    error = np.square((filled - table) / table.std(axis=0))[missing].mean()
    assert error < 0.5  # the column means: 1
    assert imputer.get_feature_names_out().tolist() == ["x0", "x1", "x2", "x3"]
    samples = imputer.sample(holes, 3)
    assert samples.shape == (3, 150, 4) and samples.std(axis=0)[missing].min() > 0
    np.testing.assert_array_equal(samples[1][~missing], table[~missing])
    again = pickle.loads(pickle.dumps(imputer))
    np.testing.assert_array_equal(again.transform(holes), filled)


@pytest.mark.parametrize("flat", [False, True])
def test_an_imputer_of_images(blobs, flat):
    holes = blobs.reshape(64, -1).copy() if flat else blobs.copy()
    holes[:, : (32 if flat else 4)] = np.nan
    shape = (8, 8, 1) if flat else None
    imputer = VAEImputer(
        steps=2, image_shape=shape, num_samples=2, num_importance=20, random_state=0
    )
    filled = imputer.fit(holes).transform(holes)
    assert filled.shape == holes.shape and filled.dtype == np.float32
    assert filled.min() >= 0 and filled.max() <= 1


def test_an_imputer_of_values_missing_not_at_random(table):
    holes = np.where(table > np.quantile(table, 0.8, axis=0), np.nan, table)
    imputer = VAEImputer(missing_model="self_masking_high", steps=2, num_samples=2, random_state=0)
    assert np.isfinite(imputer.fit_transform(holes)).all()
    assert imputer.model_.missing_model == "self_masking_high"


def test_a_column_without_values_is_refused(table):
    holes = table.copy()
    holes[:, 2] = np.nan
    with pytest.raises(UserError, match="none in column 2. Drop it"):
        VAEImputer(steps=1).fit(holes)
    with pytest.raises(UserError, match="num_importance"):
        VAEImputer(num_importance=0).fit(table)
