"""The learned section on MNIST's files: from a config that names a folder to the paper's words."""

from pathlib import Path

import numpy as np
import pandas as pd

from slth.configuration import check
from slth.studies.learned.claims import learned_macros
from slth.studies.learned.learn import BLOCKS, learn_masks
from slth.studies.learned.published import comparisons
from slth.studies.learned.settings import Settings

SECTION = {
    "data": "mnist",
    "channels": [4, 6],
    "methods": ["edge_popup", "magnitude"],
    "lotteries": [{"rounds": 1}],
    "kept_fractions": [0.5],
    "seeds": 2,
    "filter_seeds": 3,
    "epochs": 4,
    "early": 4,
    "batch": 16,
    "shards": 2,
}


def write_idx(path: Path, array: np.ndarray) -> None:
    """Magic number 0x08, dimensions, sizes big-endian, bytes: LeCun's format."""
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(head + array.tobytes())


def folder_of_digits(folder: Path) -> Path:
    """Class c is a bright bar in row 2c + 4, with noise: learned in a few steps."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 160), ("t10k", 40)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = rng.integers(0, 60, (count, 28, 28), np.uint8)
        images[np.arange(count), 2 * labels.astype(int) + 4] = 255
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
    return folder


def test_a_folder_of_idx_files_runs_the_learned_section(tmp_path: Path) -> None:
    asked = {"data_folder": str(folder_of_digits(tmp_path)), "learned": SECTION}
    config = check(asked)
    settings = Settings.model_validate(config["learned"])
    parts = [learn_masks(settings, 7, shard, config["data_folder"]) for shard in range(2)]
    table = pd.concat(parts, ignore_index=True)
    assert set(table["data"]) == {"mnist"}
    assert set(table["held_out"]) == {40}  # the set's own test part
    pruned = table[table["arm"] != "dense"]
    assert pruned.groupby("granularity")["replicate"].nunique().to_dict() == {
        "edge": 2,
        "filter": 3,
    }
    assert not table.duplicated(["arm", "granularity", "asked", "replicate"]).any()
    trained = table["method"] == "magnitude"
    assert (table["early"].notna() == trained).all()
    ended = table[trained]
    np.testing.assert_allclose(ended["early"], ended["accuracy"])  # both after the last epoch
    assert table.loc[table["arm"] == "dense", "accuracy"].min() > 0.5
    words = learned_macros(pd.DataFrame(), pd.DataFrame(), table, pd.DataFrame())
    assert "on MNIST" in words["MasksSetting"]
    assert words["MasksSeeds"] == "2 (edges) and 2 to 3 (filters)"
    assert any(line.same for line in comparisons(table) if line.ours != "--")


def test_shards_do_not_change_a_row(tmp_path: Path) -> None:
    """Which masks are made in one job is no part of any of them, not even of their last bit."""
    quick = {"data": "digits", "methods": ["magnitude"], "epochs": 1, "early": 1, "batch": 256}
    settings = check({"learned": {**SECTION, **quick, "filter_seeds": BLOCKS["filter"] + 2}})
    key = ["arm", "granularity", "asked", "replicate"]
    tables: list[pd.DataFrame] = []
    for shards in (1, 3):
        asked = Settings.model_validate({**settings["learned"], "shards": shards})
        rows = pd.concat([learn_masks(asked, 7, shard) for shard in range(shards)])
        tables.append(rows.sort_values(key).reset_index(drop=True))
    pd.testing.assert_frame_equal(tables[0], tables[1], check_exact=True)
