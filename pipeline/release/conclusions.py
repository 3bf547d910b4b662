"""What to conclude from each chart of the report, in one sentence from its own figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pipeline.release.amounts import count, dollars, percent
from pipeline.release.figures import SynsetFigures
from pipeline.release.report import Report
from pipeline.release.tally import Tally


def conclusions(report: Report) -> dict[str, str]:
    """Chart name -> sentence; empty where there is nothing to say."""
    tally, synsets = report.tally, report.figures.synsets
    return {
        "hardness": _hardness(report),
        "frequencies": _frequencies(tally),
        "votes": _votes(merged(synset.votes_per_image for synset in synsets)),
        "truth": _truth(report),
        "acceptance": _acceptance(report),
        "tries": _tries(merged(synset.tries for synset in synsets)),
        "instances": _instances(merged(synset.instances for synset in tally.synsets.values())),
        "scales": _scales(tally),
        "sizes": _sizes(report.figures.duplicates.sizes),
        "wages": _wages(report),
    }


def merged(histograms: Iterable[Mapping[int, int]]) -> Counter[int]:
    """Several histograms counted as one."""
    total: Counter[int] = Counter()
    for histogram in histograms:
        total.update(histogram)
    return total


def mean_votes(synset: SynsetFigures) -> float | None:
    """Votes a decided image of the synset took, None if none was decided."""
    images = sum(synset.votes_per_image.values())
    return sum(votes * count for votes, count in synset.votes_per_image.items()) / images if images else None


def accepted_share(synset: SynsetFigures) -> float:
    """Accepted images, of those decided or given up."""
    return synset.accepted / max(synset.accepted + synset.rejected + synset.unsure, 1)


def _hardness(report: Report) -> str:
    judged = [synset for synset in report.figures.synsets if mean_votes(synset)]
    if len(judged) < 2:
        return ""
    words = {synset.wnid: synset.words[0] for synset in report.synsets}
    hardest, poorest = max(judged, key=lambda s: mean_votes(s) or 0), min(judged, key=accepted_share)
    votes, share = mean_votes(hardest) or 0, percent(accepted_share(poorest))
    return (
        f"Hardest to agree on was {words.get(hardest.wnid, hardest.wnid)}, with {votes:.1f} votes an image; "
        f"least to the point was the search for {words.get(poorest.wnid, poorest.wnid)}: {share} accepted."
    )


def _frequencies(tally: Tally) -> str:
    asked = sum(tally.frequencies)
    told = [f"{percent(tally.frequencies[-1] / asked)} had at least four yes in five votes."] if asked else []
    if gold := tally.images - asked:
        told.append(f"{count(gold, 'picture')} of known truth had no votes: not counted.")
    return " ".join(told)


def _votes(counts: Counter[int]) -> str:
    if not counts:
        return ""
    quick = sum(count for votes, count in counts.items() if votes <= 3)
    return f"{percent(quick / counts.total())} of the decisions took three votes or fewer."


def _truth(report: Report) -> str:
    if not report.precision:
        return ""
    known, right = report.precision.whole, report.precision.part
    dropped = " (on copies that were dropped since, too)" if known > report.flow["accepted"] else ""
    return f"Of {known:,} accepted labels{dropped} whose truth is known, {known - right:,} are wrong."


def _acceptance(report: Report) -> str:
    if not report.drawn:
        return ""
    share, passed, boxes = report.drawn.share, report.drawn.part, report.tally.boxes
    if not share:
        return "No drawing passed."
    told = f"{percent(share)} of the drawings passed: an accepted box takes {1 / share:.1f} of them."
    if passed > boxes:
        told += f" {passed:,} passed and {boxes:,} are released: not every picture with a box is."
    return told


def _tries(counts: Counter[int]) -> str:
    return f"{percent(counts[1] / counts.total())} were right the first time." if counts else ""


def _instances(counts: Counter[int]) -> str:
    if not counts:
        return ""
    mean = sum(number * count for number, count in counts.items()) / counts.total()
    return f"{mean:.2f} objects a picture."


def _scales(tally: Tally) -> str:
    if not tally.boxes:
        return ""
    return f"{percent(tally.scales[0] / tally.boxes)} of the boxes cover less than a fifth."


def _sizes(sizes: Mapping[int, int]) -> str:
    return f"The largest group has {max(sizes)} pictures." if sizes else ""


def _wages(report: Report) -> str:
    if not report.figures.crowd.hourly_cents:
        return ""
    low, middle, _ = report.figures.crowd.hourly_cents
    return f"Half earned {dollars(middle)} or more; one in ten earned {dollars(low)} or less."
