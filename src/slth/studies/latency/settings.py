"""Settings of the study."""

from slth.configuration.section import Study


class Settings(Study):
    """Times of stored tickets, as `make latency` measured them."""
