"""Settings of the study."""

from slth.settings.section import Study


class Settings(Study):
    """Times of stored tickets, as `make latency` measured them."""
