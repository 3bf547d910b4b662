"""Faults that are asked for at the start, and what a client sees of them."""

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, HTTPClientError

from crowd_server.faults import read_faults


def test_reading():
    assert read_faults("throttle:0.5, slow").chances == {"throttle": 0.5, "slow": 1.0}
    assert read_faults("").chances == {}
    one, two = read_faults("throttle:0.5,seed:7"), read_faults("throttle:0.5,seed:7")
    assert [one.strike("throttle") for _ in range(20)] == [two.strike("throttle") for _ in range(20)]


@pytest.mark.parametrize("text", ["explode", "throttle:2", "throttle:often", "throttle:-1"])
def test_nonsense(text):
    with pytest.raises(ValueError):
        read_faults(text)


def code(call, **members):
    with pytest.raises(ClientError) as caught:
        call(**members)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def hits_of(server, lab):
    from sqlalchemy import func, select

    from crowd_server.store.models.hits import Hit

    with server.books.reading() as session:
        return session.scalar(select(func.count()).select_from(Hit))


def test_throttling(start_server, post_hit):
    server = start_server("--faults", "throttle")
    assert code(server.requester().get_account_balance) == ("ThrottlingException", 400)


def test_errors_before_and_after_the_commit(start_server, post_hit):
    before = start_server("--faults", "error_before")
    lab = before.requester()
    assert code(lambda **m: post_hit(lab, **m)) == ("ServiceFault", 500)
    assert hits_of(before, lab) == 0
    after = start_server("--faults", "error_after")
    lab = after.requester()
    assert code(lambda **m: post_hit(lab, **m)) == ("ServiceFault", 500)
    assert hits_of(after, lab) == 1


def test_a_dropped_reply(start_server, post_hit):
    server = start_server("--faults", "drop_after")
    lab = server.requester()
    with pytest.raises((ConnectionClosedError, EndpointConnectionError, HTTPClientError)):
        post_hit(lab)
    assert hits_of(server, lab) == 1


def test_stale_lists_repeated_pages_and_reused_ids(start_server, post_hit):
    server = start_server("--faults", "stale_list,reuse_assignment_id,repeated_page")
    lab = server.requester()
    hit = post_hit(lab)
    assert lab.list_hits()["HITs"] == []
    one, two = server.workers(2)
    first = one.accept(hit["HITGroupId"])
    first.give_back()
    second = two.accept(hit["HITGroupId"])
    assert second.assignment_id == first.assignment_id
    assert first.submit(answer="x", workerId=one.worker_id).status_code == 409, "another worker's by now"
    assert second.submit(answer="x", workerId=two.worker_id).status_code == 200
    made = {hit["HITId"]} | {post_hit(lab)["HITId"] for _ in range(5)}
    server.move_clock(11)
    pages = list(lab.get_paginator("list_hits").paginate(PaginationConfig={"PageSize": 2}))
    rows = [row["HITId"] for page in pages for row in page["HITs"]]
    assert set(rows) == made
    assert len(rows) > len(made), "rows come twice"


def test_faults_cannot_be_switched_on_from_outside(crowd, post_hit):
    import requests

    for path in ("/faults", "/clock", "/_emu/clock/advance", "/?faults=throttle"):
        assert requests.post(crowd.url + path, data={"faults": "throttle"}, timeout=5).status_code >= 400
    crowd.requester().get_account_balance()
