"""A desk without a run behind it: each kind's example question, for those who design and test the pages."""

from __future__ import annotations

import json
import mimetypes
from dataclasses import replace
from pathlib import Path

from pipeline.hits.desk import Marked, UnknownPicture
from pipeline.hits.kind import template_file
from pipeline.hits.question import Question


class SampleDesk:
    """Serves question.example.json to everybody, with its pictures from one folder."""

    def __init__(self, photos: Path) -> None:
        self._photos = photos

    def preview(self, kind: str, wnid: str) -> Question:
        """The example, without a lease."""
        return replace(self._example(kind), lease="")

    def open(self, kind: str, wnid: str, hit_id: str, assignment_id: str, worker_id: str) -> Question:
        """The example, for whoever asks."""
        return self._example(kind)

    def mark(self, document: str) -> Marked:
        """Mark a test as if every second photo were good, beginning with the first."""
        question = self._example(json.loads(document)["kind"])
        said = {one["key"]: str(one["answer"]) for one in json.loads(document)["answers"]}
        truth = {item.key: ("yes", "no")[place % 2] for place, item in enumerate(question.items)}
        return Marked(said, truth, 7)

    def picture(self, token: str) -> tuple[bytes, str]:
        """The photo of that name. Raises `UnknownPicture` where there is none."""
        photo = self._photos / token
        if photo.parent != self._photos or not photo.is_file():
            raise UnknownPicture(token)
        return photo.read_bytes(), mimetypes.guess_type(token)[0] or "application/octet-stream"

    @staticmethod
    def _example(kind: str) -> Question:
        return Question.from_json(json.loads(template_file(kind, "question.example.json")))
