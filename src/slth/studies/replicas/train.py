"""The dense network of the published experiment."""

from slth.networks.storage import save_network
from slth.studies.job import Job
from slth.studies.replicas.dense import train_dense


def run(job: Job) -> None:
    """Train it."""
    save_network(job.output[0], train_dense(job.params.settings, job.params.seed))
