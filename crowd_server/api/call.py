"""What an operation is given, and how it pages and spends its tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crowd_server.errors import RequestError, invalid
from crowd_server.market.rules import TOKEN_HOURS
from crowd_server.store.models.hits import RequestToken

Params = dict[str, Any]
Reply = dict[str, Any]
DEFAULT_PAGE = 10


@dataclass
class Call:
    """One signed request: who asks, when, in which transaction."""

    session: Session
    requester_id: str
    now: datetime
    operation: str
    secret: str
    is_local: bool = False
    stale_after: datetime | None = None
    repeat_page: bool = False

    def page(
        self,
        query: Select[Any],
        column: InstrumentedAttribute[int],
        params: Params,
        show: Callable[[Any], Reply],
    ) -> tuple[list[Reply], str | None]:
        """A page of `query` in the order of `column`, and the token of the next one.

        As at Amazon, every page that holds anything carries a token, so an empty page is always the last:
        old clients loop until they see one.
        """
        size = params.get("MaxResults", DEFAULT_PAGE)
        about = [self.requester_id, self.operation, params.get("HITId") or params.get("QualificationTypeId")]
        signer = URLSafeSerializer(self.secret, salt="page")
        start = _cursor(signer, params["NextToken"], about) if "NextToken" in params else 0
        rows = list(self.session.scalars(query.where(column > start).order_by(column).limit(size)))
        if self.repeat_page and rows and size > 1:
            seen = self.session.scalars(query.where(column <= start).order_by(column.desc()).limit(1))
            rows = [*seen, *rows][:size]
        token = signer.dumps([*about, rows[-1].id]) if rows else None
        return [show(row) for row in rows], str(token) if token else None

    def spend_token(self, params: Params, made: str, replay: Callable[[str], RequestError]) -> None:
        """Note a UniqueRequestToken; raise `replay(made)` when it was used within 24 hours."""
        token = params.get("UniqueRequestToken")
        if token is None:
            return
        used = self.session.get(RequestToken, (self.requester_id, self.operation, token))
        if used is not None and used.used_at > self.now - timedelta(hours=TOKEN_HOURS):
            raise replay(used.made)
        row = RequestToken(
            requester_id=self.requester_id, operation=self.operation, token=token, made=made, used_at=self.now
        )
        self.session.merge(row)

    def first_use(self, params: Params, replay: Callable[[str], RequestError]) -> None:
        """Raise the replay error at once if the token was used, before anything else is looked at."""
        query = select(RequestToken.made).where(
            RequestToken.requester_id == self.requester_id,
            RequestToken.operation == self.operation,
            RequestToken.token == params.get("UniqueRequestToken"),
            RequestToken.used_at > self.now - timedelta(hours=TOKEN_HOURS),
        )
        made = self.session.scalar(query)
        if made is not None:
            raise replay(made)


def _cursor(signer: URLSafeSerializer, token: str, about: list[Any]) -> int:
    try:
        *found, cursor = signer.loads(token)
    except (BadSignature, ValueError) as error:
        raise invalid("NextToken", token, "It is not one that this server gave.") from error
    if found != about:
        raise invalid("NextToken", token, "It belongs to another request.")
    return int(cursor)


def listing(name: str, rows: Sequence[Reply], token: str | None) -> Reply:
    """A list reply."""
    return {name: list(rows), "NumResults": len(rows), "NextToken": token}
