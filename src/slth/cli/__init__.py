"""The command line `slth`: one module a command; `slth.cli.app` puts them together."""
