"""Tickets in one job or in several: the same rows in the same order, the same networks."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import torch

from slth import frames
from slth.networks.storage import load_networks, save_network
from slth.settings.networks import Network
from slth.studies.tickets import construct, measure, sample, solve
from slth.studies.tickets.arms import replicates
from slth.studies.tickets.settings import Arm
from slth.studies.tickets.train import train_target

NETWORK = Network(name="tiny", channels=[1], held_out=0.25, epochs=2, l1=1e-4)
WORDS = ("ticket", "control")
SEARCH = {"samples": 64, "restarts": 1, "steps": 5}


class Files(dict):
    """Files of a job, by name and, where there is one alone, by place."""

    __getattr__ = dict.__getitem__


def made(folder: Path, shards: int) -> tuple[list[pd.DataFrame], dict]:
    """The solved, constructed and measured rows of all jobs of an arm, and their networks."""
    arm = Arm(
        name="arm", network="tiny", granularity="kernel", n=[3, 6], eps=0.2, solver="mitm",
        seeds=2, shards=shards,
    )  # fmt: skip
    folder.mkdir()
    given = {"arm": arm.model_dump(), "seed": 3, "device": "cpu", "folder": None}
    given |= {"bracket": SEARCH, "network": NETWORK.model_dump()}
    files = {"target": folder / "target.npz", "sources": folder / "sources.npz"}
    save_network(files["target"], train_target(NETWORK, seed=1)[0])
    rows: list[list[pd.DataFrame]] = [[], [], []]
    networks: dict = {}

    def run(stage, shard: int, output: dict) -> None:
        params = SimpleNamespace(**given, shard=shard)
        stage.run(SimpleNamespace(input=Files(files), output=Files(output), params=params))

    run(sample, 0, {0: files["sources"]})
    for shard in range(shards):
        files |= {name: folder / f"{shard}-{name}" for name in ("blocks", "rows")}
        files |= {"networks": folder / f"{shard}.npz"}
        run(solve, shard, {0: files["blocks"]})
        run(construct, shard, {"networks": files["networks"], "rows": files["rows"]})
        run(measure, shard, {0: folder / f"{shard}-measured"})
        networks |= load_networks(files["networks"])
        for held, name, kind in zip(
            rows,
            ("blocks", "rows", "measured"),
            ("solved blocks", "constructed tickets", "measured tickets"),
            strict=True,
        ):
            held.append(frames.read(folder / f"{shard}-{name}", kind))
    return [pd.concat(held, ignore_index=True) for held in rows], networks


@pytest.mark.parametrize(("seeds", "shards"), [(3, 1), (3, 2), (3, 3), (2, 5), (50, 7)])
def test_every_replicate_is_in_one_job_and_in_order(seeds: int, shards: int) -> None:
    arm = Arm(name="a", network="b", granularity="filter", n=[3], seeds=seeds, shards=shards)
    jobs = [list(replicates(arm, shard)) for shard in range(min(seeds, shards))]
    assert [r for job in jobs for r in job] == list(range(seeds))
    assert all(jobs)


def test_jobs_do_not_change_a_row(tmp_path: Path) -> None:
    one, networks = made(tmp_path / "one", 1)
    two, again = made(tmp_path / "two", 2)
    for ours, others in zip(one, two, strict=True):
        timeless = [column for column in ours if "seconds" not in str(column)]
        pd.testing.assert_frame_equal(ours[timeless], others[timeless])
    assert set(networks) == {f"{r}/{n}-{w}" for r in range(2) for n in (3, 6) for w in WORDS}
    for name, network in networks.items():
        for a, b in zip(network.parameters(), again[name].parameters(), strict=True):
            assert torch.equal(a, b)
