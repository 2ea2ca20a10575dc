"""Studies: a grid of runs as one restartable thing.

    grid.py            what a study is, and its points
    points.py          how far the run folder of a point is
    versions.py        the versions that it was trained and scored with
    building.py        what can be found wrong before anything is trained
    worker.py          the process that trains and scores a point
    jobs.py            what a pool asks of such a process, and how it ended
    local_jobs.py      such processes on this machine
    ray_jobs.py        the same on the machines of a Ray cluster
    parcels.py         run folders as they are sent from one machine to another
    pool.py            as many at a time as there is room for
    progress_table.py  what is seen of it meanwhile
    table.py           study.csv, a row a run
    study_table.py     that table, read to be drawn
    statistics.py      means over seeds, ranks, what UDR would choose
    figures.py         their pictures
    start.py           all of it, in order

Points are ordinary run folders beside study.csv, the file that makes a folder a study.
"""

from vae_tf.studies.grid import Point, Study, read_vary

__all__ = ["Point", "Study", "read_vary"]
