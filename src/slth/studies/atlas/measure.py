"""Medians, rates and second moments of the atlas beside their predictions."""

from slth import frames
from slth.studies.atlas.certificates import certificates, sufficient_sizes
from slth.studies.atlas.entropy import entropy_fit, entropy_points
from slth.studies.atlas.lattice import lattice_points
from slth.studies.atlas.least import fit_threshold, least_points
from slth.studies.atlas.points import covering_points, search_points, size_points
from slth.studies.atlas.scales import scale_points
from slth.studies.job import Job


def run(job: Job) -> None:
    """Sum up the rows of every shard."""
    p = job.params
    rows = {
        name: frames.read_all(job.input[name], f"atlas {name} rows")
        for name in ("least", "lattice", "covering", "sizes", "search", "volume")
    }
    least = least_points(rows["least"], p.confidence)
    ratios, overlaps = certificates(p.certificates["dimensions"], p.certificates["eps"])
    dimensions = sorted(set(rows["least"]["d"].astype(int)))
    made = {
        "least": least,
        "fit": fit_threshold(least, p.largest, p.confidence),
        "lattice": lattice_points(rows["lattice"], p.tolerances, p.confidence),
        "scales": scale_points(rows["least"], least, p.confidence),
        "sufficient": sufficient_sizes(dimensions, p.certificates["tolerances"]),
        "covering": covering_points(rows["covering"], p.confidence),
        "sizes": size_points(rows["sizes"], p.confidence),
        "entropy": entropy_points(rows["sizes"], p.confidence),
        "slopes": entropy_fit(rows["sizes"], p.confidence),
        "search": search_points(rows["search"], p.confidence),
        "volume": rows["volume"],
        "ratios": ratios,
        "overlaps": overlaps,
    }
    for name, table in made.items():
        frames.write(job.output[name], table.assign(confidence=p.confidence), f"atlas_{name}")
