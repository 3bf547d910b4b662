"""The tables of the state database. Votes, boxes and events stay; counts on other rows derive from them."""

from pipeline.store.models.answers import Box, Vote, VoteModel
from pipeline.store.models.candidates import Candidate, Pair, Picture
from pipeline.store.models.hits import Assignment, Hit, Lease, LeaseItem, TurnedAway
from pipeline.store.models.records import Event, Fact, Outbox, ReleaseVersion, SplitMember
from pipeline.store.models.synsets import Search, Synset
from pipeline.store.models.table import Row
from pipeline.store.models.workers import Qualification, Screened, Worker

__all__ = [
    "Assignment",
    "Box",
    "Candidate",
    "Event",
    "Fact",
    "Hit",
    "Lease",
    "LeaseItem",
    "Outbox",
    "Pair",
    "Picture",
    "Qualification",
    "ReleaseVersion",
    "Row",
    "Screened",
    "Search",
    "SplitMember",
    "Synset",
    "TurnedAway",
    "Vote",
    "VoteModel",
    "Worker",
]
