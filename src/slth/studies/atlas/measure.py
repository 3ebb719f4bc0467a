"""Medians, rates and second moments of the atlas beside their predictions."""

from slth import frames
from slth.studies.atlas.centred import centred_sizes, sized_certificates
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
    own, eps = p.certificates, p.certificates["eps"]
    ratios, overlaps = certificates(own["dimensions"], eps)
    dimensions = sorted(set(rows["least"]["d"].astype(int)))
    made = {
        "least": least,
        "fit": fit_threshold(least, p.largest, p.confidence),
        "lattice": lattice_points(rows["lattice"], p.tolerances, p.confidence),
        "scales": scale_points(rows["least"], least, p.confidence),
        "sufficient": sufficient_sizes(dimensions, own["tolerances"]),
        "covering": covering_points(rows["covering"], p.confidence),
        "sizes": size_points(rows["sizes"], p.confidence),
        "entropy": entropy_points(rows["sizes"], p.confidence),
        "slopes": entropy_fit(rows["sizes"], p.confidence),
        "search": search_points(rows["search"], p.confidence),
        "volume": rows["volume"],
        "centred": centred_sizes(own["centred"], own["centred_tolerances"], p.seed),
        "sized": sized_certificates(own["sized"], own["shares"], own["sized_eps"], p.seed),
        "ratios": ratios,
        "overlaps": overlaps,
    }
    for name, table in made.items():
        frames.write(job.output[name], table.assign(confidence=p.confidence), f"atlas_{name}")
