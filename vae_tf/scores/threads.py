"""Runs independent jobs on all cores, with one progress bar.

NumPy's loops and scikit-learn's support vector machines release the interpreter's lock, so threads
use every core and share the arrays. Processes would start slowly and copy the arrays.
"""

import os
import threading
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from tqdm import tqdm

from vae_tf.process.machine import num_cores


def map_in_threads(
    function: Callable,
    items: Iterable[Hashable],
    *,
    description: str,
    progress: bool = False,
    stop: threading.Event | None = None,
) -> dict:
    """Calls `function(item)` for all items, in parallel, started in their order.

    Args:
        function: Function of an item. It is called once per item, and must not depend on the order.
        items: Distinct arguments of the function.
        description: Text before the progress bar.
        progress: Whether to show the bar on stderr; it appears after two seconds.
        stop: Event that is set if an item fails or the user interrupts. Running calls are waited
            for, so they should then end early. Items that have not started are dropped.

    Returns:
        The results by item.

    Example:
        >>> map_in_threads(abs, [-1, 2], description="demo")
        {-1: 1, 2: 2}
    """
    from threadpoolctl import threadpool_limits

    items = list(items)
    # BLAS has one thread per job: more threads would wait for each other at every small product.
    with threadpool_limits(1), ThreadPoolExecutor(max_workers=_num_cores()) as executor:
        futures = {executor.submit(function, item): item for item in items}
        results = {}
        try:
            for future in tqdm(
                as_completed(futures),
                desc=description,
                total=len(futures),
                delay=2,
                disable=not progress,
            ):
                results[futures[future]] = future.result()
        except BaseException:
            if stop is not None:
                stop.set()
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    return {item: results[item] for item in items}


def _num_cores():
    # The variable is set if several processes share the cores, as in a study.
    share = os.environ.get("OMP_NUM_THREADS", "")
    return min(num_cores(), max(1, int(share))) if share.isdecimal() else num_cores()
