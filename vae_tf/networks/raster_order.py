"""Maps drawn pixel by pixel in raster order, each pixel given those before it.

A row of the stack for the rows above is computed once, from the last rows of each layer; a pixel of
the other stack from the last pixels of each layer. All pixels together cost one call of the stack.
"""

from collections.abc import Callable

import tensorflow as tf
from keras import ops

from vae_tf.networks.masked_convolutions import MaskedConvolutions, gated


def draw_in_order(stack: MaskedConvolutions, noise, draw: Callable, condition=None):
    """Draws maps pixel by pixel.

    Args:
        stack: The convolutions.
        noise: `[B, H, W, N]`, what `draw` makes random pixels of; H and W must be known.
        draw: `(outputs [B, P], noise [B, N], row, column) -> pixel [B, C]`; row and column are
            scalars, int32.
        condition: Condition of a call of the stack.

    Returns:
        `[B, H, W, C]`.
    """
    _, height, width, _ = noise.shape
    channels = stack.above[0].kernel.shape[2]
    count = ops.shape(noise)[0]
    projected = stack.projected(condition)
    sizes = [channels, *[stack.filters] * (stack.num_layers - 1)]
    half = stack.kernel // 2

    def draw_row(row, done, above):
        found, above = _next_row(stack, above, [_row_of(part, row) for part in projected])

        def draw_pixel(column, pixels, left):
            here = [each[:, :, column][:, :, None] for each in found]
            outputs, left = _next_pixel(stack, left, here)
            pixel = draw(outputs[:, 0, 0], noise[:, row, column], row, column)[:, None, None, :]
            place = tf.one_hot(column, width, dtype=pixels.dtype)[None, None, :, None]
            return column + 1, pixels + place * pixel, [_moved(left[0], pixel, 2), *left[1:]]

        empty = tf.zeros((count, 1, width, channels))
        left = [tf.zeros((count, 1, half, size)) for size in sizes]
        _, pixels, _ = _loop(width, draw_pixel, empty, left)
        place = tf.one_hot(row, height, dtype=done.dtype)[None, :, None, None]
        return row + 1, done + place * pixels, [_moved(above[0], pixels, 1), *above[1:]]

    empty = tf.zeros((count, height, width, channels))
    above = [tf.zeros((count, half, width, size)) for size in sizes]
    return _loop(height, draw_row, empty, above)[1]


def _loop(count: int, body: Callable, done, last: list):
    """`body` for each number below `count`, with what is done and the last values of each layer."""
    shapes = [tf.TensorShape((None, *each.shape[1:])) for each in (done, *last)]
    return tf.while_loop(
        lambda number, *_: number < count,
        body,
        (tf.constant(0), done, last),
        (tf.TensorShape(()), shapes[0], shapes[1:]),
    )


def _next_row(stack, last: list, projected: list) -> tuple[list, list]:
    """The next row of `from_above`, and the last rows of each layer's input by then."""
    half, found, after, seen = stack.kernel // 2, [], [last[0]], last[0]
    for number, (above, across) in enumerate(zip(stack.above, stack.across, strict=True)):
        if number > 0:
            seen = tf.concat([last[number], seen], axis=1)
            after.append(seen[:, 1:])
        gates = above(ops.pad(seen, ((0, 0), (0, 0), (half, half), (0, 0))))
        gates = gates + projected[2 * number]
        found.append(across(gates) + projected[2 * number + 1])
        seen = gated(gates)
    return found, after


def _next_pixel(stack, last: list, found: list) -> tuple:
    """The next pixel of `from_left`, and the last pixels of each layer's input."""
    after, seen = [last[0]], last[0]
    for number, (left, residual) in enumerate(zip(stack.left, stack.residual, strict=True)):
        pixels = seen
        if number > 0:
            pixels = tf.concat([last[number], seen], axis=2)
            after.append(pixels[:, :, 1:])
        new = residual(gated(left(pixels) + found[number]))
        seen = new if number == 0 else seen + new
    return stack.last(stack.hidden(ops.relu(seen))), after


def _moved(last, new, axis: int):
    """The last rows, or pixels, once there is a new one."""
    both = tf.concat([last, new], axis)
    return both[:, 1:] if axis == 1 else both[:, :, 1:]


def _row_of(part, row):
    """A row of what a condition adds; itself where it is the same for all rows."""
    whole = not isinstance(part, float) and part.shape[1] != 1
    return part[:, row][:, None] if whole else part
