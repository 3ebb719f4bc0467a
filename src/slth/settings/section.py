"""What the settings of every study are made of: sections of typed keys, names from registries."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A mapping of the config: its keys are the fields, each with unit, range and default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Study(Section):
    """The settings of a study of the paper."""

    enabled: bool = Field(True, description="false leaves the study out of run and paper")


LEAST = 1e-12  # tolerance that is asked for: far above the rounding of sums of order one
NAME = r"^[a-z0-9][a-z0-9-]{0,47}$"  # becomes a file name


def unique(default: Any, least: int, most: int, description: str) -> Any:
    """A field whose list has ``least`` to ``most`` entries, none of them twice."""
    return Field(
        default,
        min_length=least,
        max_length=most,
        json_schema_extra={"uniqueItems": True},
        description=description,
    )


def names(table: str, *also: str, description: str) -> Any:
    """A key of a registry, ``module:TABLE``, which is read without importing it; or of ``also``."""
    return Field(json_schema_extra={"x-names": [table, *also]}, description=description)


Ensemble = Annotated[str, names("slth.ensembles:ENSEMBLES", description="name of an ensemble")]
Solver = Annotated[str, names("slth.solvers._registry:SOLVERS", description="name of a solver")]
SolverOrAuto = Annotated[
    str, names("slth.solvers._registry:SOLVERS", "auto", description="name of a solver, or auto")
]
DataSetName = Annotated[
    str, names("slth.networks.data:DATA_SETS", description="name of a data set")
]
Construction = Annotated[
    str, names("slth.tickets.registry:CONSTRUCTIONS", description="name of a construction")
]
Method = Annotated[str, names("slth.learned.registry:METHODS", description="name of a method")]
