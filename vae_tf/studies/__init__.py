"""Studies: a grid of runs as one restartable thing.

    building.py        what can be found wrong before anything is trained
    worker.py          the process that trains and scores a point
    jobs.py            what a pool asks of such a process, and how it ended
    local_jobs.py      such processes on this machine
    ray_jobs.py        the same on the machines of a Ray cluster
    parcels.py         run folders as they are sent from one machine to another
    pool.py            as many at a time as there is room for
    progress_table.py  what is seen of it meanwhile
    start.py           all of it, in order

A study and its points are declared in `config/studies.py`. `results/` has the state of points, the
table and the figures. Points are ordinary run folders beside study.csv, the file that makes a
folder a study.
"""

from vae_tf.config.studies import Point, Study, read_vary

__all__ = ["Point", "Study", "read_vary"]
