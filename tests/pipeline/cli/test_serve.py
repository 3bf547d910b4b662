"""`synsetter serve`: how many processes it may start."""

import click

from pipeline.cli.serve import serve


def test_processes_are_few() -> None:
    (processes,) = (one for one in serve.params if one.name == "processes")
    assert isinstance(processes.type, click.IntRange)
    assert (processes.type.min, processes.type.max) == (1, 64)
