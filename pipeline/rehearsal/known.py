"""What a rehearsal's truth tells the report."""

from __future__ import annotations

from pipeline.rehearsal.forecast import Forecast
from pipeline.rehearsal.forecast import Share as Measured
from pipeline.release.figures import Share
from pipeline.run_figures import KnownTruth


def known_truth(forecast: Forecast) -> KnownTruth:
    """Hand precision and recall by synset to the report, which says that they are from a rehearsal."""
    return KnownTruth(
        source="rehearsal truth",
        precision={wnid: _share(quality.precision) for wnid, quality in forecast.synsets.items()},
        recall={wnid: _share(quality.recall) for wnid, quality in forecast.synsets.items()},
    )


def _share(measured: Measured) -> Share:
    return Share(measured.part, measured.whole)
