# Helpers of the rules. Nothing here does research work.
import os
from pathlib import Path

# The workflow runs the package beside it, installed or not; jobs inherit the path. The rules of a
# workflow that imports this one keep theirs, after it.
PYTHONPATH = [str(ROOT / "src")]
if IMPORTED:
    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    PYTHONPATH += [path for path in own if path not in ("", *PYTHONPATH)]
os.environ.update(PYTHONPATH=os.pathsep.join(PYTHONPATH))

from snakemake.settings.types import DeploymentMethod

from slth import studies
from slth.configuration import check_or_exit, enabled
from slth.data_files import FILE_SETS, find_files
from slth.dependencies import closure, constant, construction_modules, solver_modules
from slth.provenance import commit_of
from slth.running import bind, container, only_run, plan
from slth.studies.printing import numbering, titles
from slth.studies.printing.engine import require_engine

DEPLOYED = workflow.deployment_settings.deployment_method
# A workflow that imports this one may have containers of its own.
CONTAINER = container(
    DeploymentMethod.APPTAINER in DEPLOYED and not IMPORTED,
    os.environ.get("SLTH_CONTAINER"),
)
if CONTAINER and ELSEWHERE:
    bind(ROOT)

config = check_or_exit(config, workflow.configfiles)
STUDIES = [name for name in studies.names() if enabled(config, name)]

SEED = config["seed"]
NETWORKS = {network["name"]: network for network in config["networks"]}
ARMS = {arm["name"]: arm for arm in config["tickets"]}
NUMBERS = numbering.numbered(
    ROOT / "paper", STUDIES
)  # of figures and tables in the paper
SECTIONS = numbering.sections(ROOT / "paper", STUDIES)
UNSHOWN = "not in the paper"  # section of the report
CONSTRUCTION = "structured_convolution"  # of every arm


def code(stage, *solvers, methods=(), constructions=(), script="run_stage"):
    """A script, and the package files that a stage it runs depends on.

    stage: module below slth.studies. Solvers, learned-mask methods and constructions are loaded by
    name, which imports do not show.
    """
    path = ROOT / f"workflow/scripts/{script}.py"
    modules = [f"slth.studies.{stage}"] if stage else []
    modules += [name for each in solvers for name in solver_modules(each)]
    table = constant(ROOT / "src/slth/learned/registry.py", "METHODS")
    modules += [table[method].split(":")[0] for method in methods]
    modules += [name for each in constructions for name in construction_modules(each)]
    return [os.path.relpath(path) for path in (path, *closure(path, modules))]


def code_of_section(study):
    """The script that sets a study, and the package files that it depends on."""
    modules = [f"slth.studies.{study}.{part}" for part in studies.parts(study)]
    path = ROOT / "workflow/scripts/render_study.py"
    return [os.path.relpath(path) for path in (path, *closure(path, modules))]


def words_of_section(study):
    """Words on the classes of solvers and constructions, where a study prints any."""
    read = any(path.endswith("printing/titles.py") for path in code_of_section(study))
    return titles.in_use() if read else {}


def arm_code(wildcards):
    """Code of the rule that solves the subset problems of an arm."""
    return code(
        "tickets.solve", ARMS[wildcards.arm]["solver"], constructions=[CONSTRUCTION]
    )


def arm_network(wildcards):
    """The settings of the network an arm builds tickets of."""
    return NETWORKS[ARMS[wildcards.arm]["network"]]


def arm_target(wildcards):
    """The trained target of an arm."""
    return f"results/sample/targets/{ARMS[wildcards.arm]['network']}.npz"


def data_files(name):
    """The files of a data set, none of one that is shipped with a package."""
    if name not in FILE_SETS:
        return []
    return [
        str(path) for part in find_files(name, config["data_folder"]) for path in part
    ]


def arm_data(wildcards):
    """The files of the data set of an arm."""
    return data_files(arm_network(wildcards)["data"])


def memory_of(name):
    """Memory in MB of a job that holds a data set in float64 and a copy."""
    return 8000 if name in FILE_SETS else 2000


def dense_ticket_mb(dense):
    """Memory in MB of a dense ticket: its random network in float64, its masks, a few copies."""
    widths = [dense["side"] ** 2, *dense["hidden"], 10]
    pairs = sum(a * (a + b) for a, b in zip(widths, widths[1:]))
    return memory_of(dense["data"]) + 2 * max(dense["n"]) * pairs * 32 // 10**6


def per_arm(pattern, arms=ARMS):
    """One path for every arm and job that its random networks are split into."""
    return [
        pattern.format(arm=name, shard=shard)
        for name, arm in arms.items()
        for shard in range(min(arm["shards"], arm["seeds"]))
    ]


def tex_is_deployed():
    """Whether jobs have environments of their own, with a TeX in that of the paper."""
    return bool(DEPLOYED)


def begin():
    """Keep other runs out of this folder; note which files this one makes."""
    workflow.globals["run_lock"] = only_run()  # held until this process ends
    made = {str(path) for job in workflow.dag.jobs for path in job.output}
    waiting = [job.rule.name for job in workflow.dag.needrun_jobs()]
    if (
        any(name.endswith("compile_paper") for name in waiting)
        and not tex_is_deployed()
    ):
        require_engine()
    if "results/manifest.json" in made:
        plan(made)


wildcard_constraints:
    network="|".join(NETWORKS) or "none",
    arm="|".join(ARMS) or "none",
    shard=r"\d+",
