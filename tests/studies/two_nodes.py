"""A Ray cluster of two nodes on this machine, steered by lines on stdin.

"points": prints which points the second node is at; "kill": kills it; "kill worker": kills Ray's
worker there, and the node stays; the end of stdin ends all.
"""

import importlib
import os
import sys


def main():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_worker_niceness"] = "0"  # instead of 15, with which a busy machine starves them
    from ray.cluster_utils import Cluster

    psutil = importlib.import_module("psutil")  # Ray's own, known once Ray is imported
    cluster = Cluster()
    cluster.add_node(num_cpus=1, include_dashboard=False)
    second = cluster.add_node(num_cpus=1)
    raylet = psutil.Process(second.all_processes["raylet"][0].process.pid)
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line == "kill\n":
            cluster.remove_node(second, allow_graceful=False)
            print("killed", flush=True)
        elif line == "kill worker\n":
            for process in at_points(raylet, psutil.Error):
                process.parent().kill()
            print("killed", flush=True)
        else:
            print(*points_of(raylet, psutil.Error), flush=True)
    cluster.shutdown()


def at_points(raylet, gone):
    """The processes of a node that train a point; their parents are Ray's workers."""
    found = []
    for process in raylet.children(recursive=True):
        try:
            found += [process] * ("vae_tf.studies.worker" in process.cmdline())
        except gone:
            continue
    return found


def points_of(raylet, gone):
    names = []
    for process in at_points(raylet, gone):
        try:
            names += process.cmdline()[-1:]
        except gone:
            continue
    return names


if __name__ == "__main__":
    main()
