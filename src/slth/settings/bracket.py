"""Settings of the study: unit, range and default of every key."""

from pydantic import Field

from slth.settings.section import Section


class Settings(Section):
    """Search for the lower bound on the sup-norm error."""

    samples: int = Field(
        256, ge=1, le=100000000, description="random inputs of a chain, corners of the box included"
    )
    restarts: int = Field(
        2, ge=0, le=100000, description="starting points of gradient ascent, in chains of 16"
    )
    steps: int = Field(20, ge=0, le=100000, description="ascent steps per start")
