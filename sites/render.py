"""HTML from templates: a HIT page, or a notice that there is none."""

from __future__ import annotations

from hashlib import sha256
from importlib import resources
from pathlib import Path

from flask import render_template
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader

from pipeline.hits.question import Question

HIT_TEMPLATES = Path(str(resources.files("hit_templates")))
ASSETS = sorted(path for path in HIT_TEMPLATES.rglob("*") if path.suffix in (".css", ".js"))
# Named after what is in them, scripts and styles can be kept by browsers for ever.
VERSION = sha256(b"".join(path.read_bytes() for path in ASSETS)).hexdigest()[:16]
LOADER = ChoiceLoader([PackageLoader("sites"), FileSystemLoader(HIT_TEMPLATES)])


def task_page(question: Question, assignment_id: str = "", submit_to: str = "") -> str:
    """The page on which a worker answers; without `submit_to` a preview, on which nothing can be answered."""
    return render_template(
        f"{question.kind}/question.html",
        assets=f"/assets/{VERSION}",
        question=question,
        synset=question.synset,
        assignment_id=assignment_id,
        submit_to=submit_to,
    )


def notice_page(title: str, text: str) -> str:
    """A page that says one thing."""
    return render_template("notice.html", assets=f"/assets/{VERSION}", title=title, text=text)
