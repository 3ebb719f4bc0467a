"""Settings of the study."""

from slth.settings.section import Study


class Settings(Study):
    """Times of the solvers beside their peers, as `make bench` measured them."""
