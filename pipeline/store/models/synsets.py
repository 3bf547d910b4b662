"""Synsets of the dataset, and where they were searched for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.models.table import Row


class Synset(Row):
    """A synset that the dataset shall hold."""

    __tablename__ = "synsets"
    wnid: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[list[Any]]
    gloss: Mapped[str] = mapped_column(Text)
    family: Mapped[str]
    family_name: Mapped[str] = mapped_column(Text)
    policy: Mapped[str | None]
    searched: Mapped[bool] = mapped_column(default=False)
    seeded: Mapped[bool] = mapped_column(default=False)
    votes: Mapped[int] = mapped_column(default=0)
    added_at: Mapped[datetime]


class Search(Row):
    """A search that was made, for as many results of a synset as were wanted then."""

    __tablename__ = "searches"
    source: Mapped[str] = mapped_column(primary_key=True)
    wnid: Mapped[str] = mapped_column(ForeignKey("synsets.wnid"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(Text, primary_key=True)
    most: Mapped[int] = mapped_column(primary_key=True)
