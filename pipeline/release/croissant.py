"""croissant.json: the dataset described for loaders and catalogues (MLCommons Croissant 1.0)."""

from __future__ import annotations

import json
from hashlib import file_digest
from pathlib import Path
from typing import Any

from pipeline.release.amounts import count
from pipeline.release.manifest import MANIFEST
from pipeline.release.report import Report
from pipeline.release.tally import Tally

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_FIELDS = {
    "file": "sc:Text",
    "sha256": "sc:Text",
    "wnid": "sc:Text",
    "split": "sc:Text",
    "width": "sc:Integer",
    "height": "sc:Integer",
    "selection_frequency": "sc:Float",
    "confidence": "sc:Float",
    "boxed": "sc:Text",
    "license": "sc:Text",
    "creator": "sc:Text",
    "source_url": "sc:URL",
}


def write_croissant(release: Path, report: Report) -> None:
    """Write the description; ``images`` is a record set over the manifest's lines."""
    text = json.dumps(_document(release, report), ensure_ascii=False, indent=1) + "\n"
    (release / "croissant.json").write_text(text, encoding="utf-8", newline="\n")


def _document(release: Path, report: Report) -> dict[str, Any]:
    run, tally = report.figures, report.tally
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": run.title,
        "version": run.version,
        "description": _description(tally),
        "license": sorted(name or "not on record" for name in tally.licenses),
        "distribution": [_manifest(release)],
        "recordSet": [_records()],
    }
    if run.ended_at:
        document["datePublished"] = run.ended_at.date().isoformat()
    return document


def _description(tally: Tally) -> str:
    pictures, synsets = count(tally.images, "picture"), count(len(tally.synsets), "WordNet synset")
    return f"{pictures} of {synsets}, with {count(tally.boxes, 'box', 'boxes')}."


def _manifest(release: Path) -> dict[str, str]:
    with (release / MANIFEST).open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": MANIFEST,
        "name": MANIFEST,
        "contentUrl": MANIFEST,
        "encodingFormat": "application/jsonlines",
        "sha256": digest,
    }


def _records() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "images",
        "name": "images",
        "description": "One record a picture and synset; file is relative to the folder of this description.",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"images/{name}",
                "name": name,
                "dataType": data_type,
                "source": {"fileObject": {"@id": MANIFEST}, "extract": {"column": name}},
            }
            for name, data_type in _FIELDS.items()
        ],
    }
