"""The dense network of the published experiment."""

from slth.networks.storage import save_network
from slth.studies.job import Job
from slth.studies.replicas.dense import train_dense
from slth.studies.replicas.settings import Dense


def run(job: Job) -> None:
    """Train it."""
    p = job.params
    save_network(job.output[0], train_dense(Dense(**p.settings), p.seed, p.folder))
