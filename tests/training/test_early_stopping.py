from vae_tf.training.early_stopping import EarlyStopping


def waits(patience, losses, settled=lambda step: True):
    """The validation after which it ends; None if it does not."""
    stopping = EarlyStopping(patience)
    for number, loss in enumerate(losses, 1):
        stopping.observe(loss, settled(number))
        kept = EarlyStopping(patience)
        kept.restore(stopping.details)
        assert kept.details == stopping.details
        if stopping.out_of_patience:
            return number
    return None


def test_it_ends_after_so_many_validations_without_improvement():
    assert waits(2, [5.0, 4.0, 4.0, 4.5]) == 4
    assert waits(2, [5.0, 6.0, 4.0, 4.5, 3.0]) is None
    assert waits(None, [1.0] * 50) is None


def test_losses_before_the_weight_settled_are_not_compared():
    rising = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert waits(2, rising, settled=lambda number: number > 3) == 6
