"""What the section on the benchmark can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import if_any

Origin = Enum("Origin", "OWN BEFOREHAND")
_MEASURED = r" ({processor}, {cores} cores), by \texttt{{make bench}}."
ORIGIN = {
    Origin.OWN: f"These timings were measured on the machine that typeset it{_MEASURED}",
    Origin.BEFOREHAND: f"These timings were measured beforehand, on a reference machine{_MEASURED}",
}
PEERS = if_any("{peers}", "none was installed")
Peer = Enum(
    "Peer", "SOLVED_ALL MISSED_SOME CUT_OFF"
)  # within the limit of time; CUT_OFF: every peer
TIMES = {
    Peer.SOLVED_ALL: "{times} at {problem} ({name})",
    Peer.MISSED_SOME: "at least {times} at {problem} ({name})",
    Peer.CUT_OFF: "at least {times} at {problem} (every peer was cut off)",
}
Asked = Enum("Asked", "LEAST WITHIN")
ASKED = {Asked.LEAST: "the least error", Asked.WITHIN: r"$\varepsilon = {eps:g}$"}
RATIOS = if_any(
    "On one thread each, the fastest peer takes longer than ours by these factors: {ratios}.",
    "No peer was measured.",
)
THREADS = if_any(". A second thread divides the time by {gains}")
GROWTH = if_any(
    "The time of exact search grows like $2^{{{slope}\\,n}}$ over $n = {least}$ to ${most}$; half "
    "lists have $2^{{n/2}}$ entries{threads}.",
    "The growth of exact search with $n$ was not measured.",
)
ERRORS = if_any(
    "With the budgets of the benchmark the $k$-list tree finds the least median error at {wins}.",
    "No solver was measured beside $k$-list.",
)
SECONDS = {
    Asked.LEAST: "{seconds}~CPU-seconds for the least errors",
    Asked.WITHIN: "{seconds}~CPU-seconds for any subsets within $\\varepsilon={eps:g}$",
}
_THEIRS = "The published search took {theirs}~s on {cores} cores, at most {hours}~CPU-hours. "
HEADLINE = if_any(
    f"{_THEIRS}For as many problems of $n={{n}}$ uniform candidates ours takes {{ours}}. This is "
    "the search alone, at the benchmark's speed, and less by factors of up to {factors}.",
    f"{_THEIRS}Our search was not timed on such problems.",
)
ABSTRACT = if_any(
    "In one dimension a published ticket took at most {hours} CPU-hours of subset search; as many "
    "problems take us {seconds} CPU-seconds."
)
ANSWER = if_any(
    "In one dimension with $n={n}$: {seconds} CPU-seconds for all {weights} weights of a published "
    "ticket, whose search took at most {hours} CPU-hours. It grows exponentially with $n$.",
    "Our search was not timed on published problems.",
)
