"""A Ray cluster of two nodes on this machine, steered by lines on stdin.

"points": prints which points the second node is at; "kill": kills it; the end of stdin ends all.
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
        else:
            print(*points_of(raylet, psutil.Error), flush=True)
    cluster.shutdown()


def points_of(raylet, gone):
    names = []
    for process in raylet.children(recursive=True):
        try:
            words = process.cmdline()
        except gone:
            continue
        names += words[-1:] * ("vae_tf.studies.worker" in words)
    return names


if __name__ == "__main__":
    main()
