"""The measured tables of the study: their columns, unknown where a run did not measure them."""

import pandas as pd

from slth.studies.printing.summaries import complete

TICKETS = ["arm", "network", "granularity", "d", "depth", "readout", "n", "lower", "upper"]
TICKETS_OPTIONAL = [
    *("problems", "hits", "worst_error", "kept_fraction", "source_parameters", "kept_parameters"),
    *("ticket_parameters", "target_parameters", "method", "closed_form", "differential", "exact"),
    *("layer_lower", "layer_upper", "data_error", "target_scale", "accuracy_target"),
    *("accuracy_ticket", "accuracy_control", "control_lower", "held_out", "seed"),
    *("certified", "refuted", "certified_target", "radius", "balls"),
]
BLOCKS = ["arm", "d", "candidates", "eps", "status", "proved", "error"]
BLOCKS_OPTIONAL = ["n", "kept", "work", "solver", "sign", "seed", "granularity"]
NETWORKS = ["network", "channels", "kernel", "input", "parameters", "accuracy_held_out"]
NETWORKS += ["held_out", "train"]
NETWORKS_OPTIONAL = ["stride", "padding", "epochs", "accuracy_train", "decisions_changed"]
NETWORKS_OPTIONAL += ["accuracy_before_normalisation"]
PERFECT = 1e-9  # agreement asked of an upper bound with an exact formula


def tickets_of(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per ticket; relative: its upper bound over the target's largest output on images."""
    table = complete("tickets", frame, TICKETS, TICKETS_OPTIONAL)
    scale = table["target_scale"].astype(float)
    return table.assign(relative=table["upper"].astype(float) / scale.where(scale > 0))


def blocks_of(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per subset problem."""
    return complete("blocks", frame, BLOCKS, BLOCKS_OPTIONAL)


def networks_of(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per target."""
    return complete("networks", frame, NETWORKS, NETWORKS_OPTIONAL)


def arms(tickets: pd.DataFrame) -> list[str]:
    """Arms in the order of their first row."""
    return list(dict.fromkeys(tickets["arm"]))


def asked_for_eps(blocks: pd.DataFrame, arm: str) -> bool:
    """Whether any subset problem of ``arm`` had a tolerance, so that a hit means something."""
    return bool(blocks.loc[blocks["arm"] == arm, "eps"].notna().any())
