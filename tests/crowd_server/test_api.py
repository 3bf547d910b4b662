"""The wire: what is refused, and that refusals look like Amazon's."""

import json
import re
import threading

import boto3
import botocore.session
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from werkzeug.serving import make_server

from crowd_server.api.index import READS, WRITES
from crowd_server.app import create_app
from crowd_server.clock import real_time
from crowd_server.people import accounts

TARGET = "MTurkRequesterServiceV20170117."


def test_every_operation_of_the_model_is_there():
    model = botocore.session.get_session().get_service_model("mturk")
    assert sorted([*READS, *WRITES]) == sorted(model.operation_names)
    assert len(READS) + len(WRITES) == 39


@pytest.fixture(scope="module")
def key(crowd):
    return crowd.crowd("requesters", "add", "Lab", "--balance-cents", "100000", "--json")


def send(crowd, key, operation, body, *, target=None, service="mturk-requester", **tamper):
    """A signed request with any body at all."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": TARGET + operation if target is None else target,
    }
    request = AWSRequest("POST", crowd.url + "/", data=data, headers=headers)
    SigV4Auth(Credentials(key["access_key"], key["secret_key"]), service, "us-east-1").add_auth(request)
    sent = {**dict(request.headers), **tamper.pop("headers", {})}
    sent = {name: value for name, value in sent.items() if value is not None}
    return requests.post(crowd.url + "/", data=tamper.pop("data", data), headers=sent, timeout=20)


def test_a_reply(crowd, key):
    reply = send(crowd, key, "GetAccountBalance", {})
    assert reply.json() == {"AvailableBalance": "1000.00", "OnHoldBalance": "0.00"}
    assert reply.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert reply.headers["x-amzn-RequestId"]


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("GetHIT", b"{", "SerializationException"),
        ("GetHIT", b"[1]", "SerializationException"),
        ("GetHIT", b"\xff\xfe", "SerializationException"),
        ("GetHIT", b'{"HITId": NaN}', "SerializationException"),
        ("GetHIT", b"[" * 100_000, "SerializationException"),
        ("GetHIT", {}, "RequestError"),
        ("GetHIT", {"HITId": None}, "RequestError"),
        ("GetHIT", {"HITId": 7}, "RequestError"),
        ("GetHIT", {"HITId": "a b"}, "RequestError"),
        ("GetHIT", {"HITId": "A\n"}, "RequestError"),
        ("GetHIT", {"HITId": "A" * 65}, "RequestError"),
        ("GetHIT", {"HITId": "A", "Colour": "red"}, "RequestError"),
        ("ListHITs", {"MaxResults": 0}, "RequestError"),
        ("ListHITs", {"MaxResults": 101}, "RequestError"),
        ("ListHITs", {"MaxResults": 1e400}, "SerializationException"),
        ("ListHITs", {"NextToken": "guess"}, "RequestError"),
        ("ListHITs", {"NextToken": "x" * 256}, "RequestError"),
        ("ListReviewableHITs", {"Status": "Assignable"}, "RequestError"),
        ("ApproveAssignment", {"AssignmentId": "A", "OverrideRejection": "yes"}, "RequestError"),
        ("UpdateExpirationForHIT", {"HITId": "A", "ExpireAt": 1e300}, "RequestError"),
        ("UpdateExpirationForHIT", {"HITId": "A", "ExpireAt": "soon"}, "RequestError"),
        (
            "SendBonus",
            {"WorkerId": "B", "BonusAmount": "1", "AssignmentId": "A", "Reason": "r"},
            "RequestError",
        ),
        ("NotifyWorkers", {"Subject": "s", "MessageText": "m", "WorkerIds": []}, "RequestError"),
    ],
)
def test_bad_input(crowd, key, operation, body, code):
    reply = send(crowd, key, operation, body)
    assert reply.status_code == 400
    assert reply.json()["__type"] == code
    if code == "RequestError":
        assert reply.json()["TurkErrorCode"].startswith("AWS.MechanicalTurk.")
        assert re.search(r" \(\d{13} s\)$", reply.json()["Message"])


SCHEMAS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/"
ASKED = (
    "<Question><QuestionIdentifier>q</QuestionIdentifier><QuestionContent><Text>Why?</Text></QuestionContent>"
    "<AnswerSpecification><FreeTextAnswer/></AnswerSpecification></Question>"
)


def external(url):
    return (
        f'<ExternalQuestion xmlns="{SCHEMAS}2006-07-14/ExternalQuestion.xsd"><ExternalURL>{url}</ExternalURL>'
        "<FrameHeight>0</FrameHeight></ExternalQuestion>"
    )


def form(formatted, more=""):
    shown = f"<FormattedContent><![CDATA[{formatted}]]></FormattedContent>"
    return (
        f'<QuestionForm xmlns="{SCHEMAS}2017-11-06/QuestionForm.xsd"><Overview>{shown}</Overview>'
        f"{ASKED}{more}</QuestionForm>"
    )


def plurality(threshold):
    given = {"QuestionIds": ["q"], "QuestionAgreementThreshold": [threshold]}
    parameters = [{"Key": key, "Values": values} for key, values in given.items()]
    return {"PolicyName": "SimplePlurality/2011-09-01", "Parameters": parameters}


HIT = {
    "Title": "t",
    "Description": "d",
    "Reward": "0.05",
    "AssignmentDurationInSeconds": 60,
    "LifetimeInSeconds": 60,
    "Question": '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
    'ExternalQuestion.xsd"><ExternalURL>https://x.org</ExternalURL><FrameHeight>0</FrameHeight></ExternalQuestion>',
}
FROM = {"QualificationTypeId": "00000000000000000071", "Comparator": "EqualTo"}
SHARE = {"QualificationTypeId": "000000000000000000L0", "Comparator": "GreaterThan"}
ADULT = {"QualificationTypeId": "00000000000000000060", "Comparator": "EqualTo", "IntegerValues": [1]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Title": "<script>alert(1)</script>"}, "Title"),
        ({"Title": " "}, "Title"),
        ({"Title": "t" * 129}, "Title"),
        ({"Title": "nul\x00"}, "Title"),
        ({"Description": "d" * 2001}, "Description"),
        ({"Keywords": "k" * 1001}, "Keywords"),
        ({"RequesterAnnotation": "a" * 256}, "RequesterAnnotation"),
        ({"Reward": "-1"}, "Reward"),
        ({"Reward": "0.001"}, "Reward"),
        ({"Reward": "1e3"}, "Reward"),
        ({"Reward": "9" * 400}, "Reward"),
        ({"LifetimeInSeconds": 29}, "LifetimeInSeconds"),
        ({"LifetimeInSeconds": 31_536_001}, "LifetimeInSeconds"),
        ({"AssignmentDurationInSeconds": 29}, "AssignmentDurationInSeconds"),
        ({"AutoApprovalDelayInSeconds": 2_592_001}, "AutoApprovalDelayInSeconds"),
        ({"MaxAssignments": 0}, "MaxAssignments"),
        ({"MaxAssignments": 10**10}, "MaxAssignments"),
        ({"MaxAssignments": 10**9}, "sufficient funds"),
        ({"UniqueRequestToken": "x" * 65}, "UniqueRequestToken"),
        ({"Question": None}, "Question"),
        ({"Question": "<a>" * 30_000}, "Question"),
        ({"Question": "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"}, "parsing the XML"),
        ({"Question": None, "HITLayoutId": "A"}, "HITLayout"),
        ({"QualificationRequirements": [ADULT]}, "adult"),
        (
            {"QualificationRequirements": [{**ADULT, "ActionsGuarded": "Accept", "RequiredToPreview": True}]},
            "together",
        ),
        ({"QualificationRequirements": [{**ADULT, "Comparator": "Exists"}]}, "Exists"),
        ({"QualificationRequirements": [{**ADULT, "IntegerValues": [1, 2]}]}, "at most 1"),
        (
            {"QualificationRequirements": [{**ADULT, "QualificationTypeId": "NOSUCH"}]},
            "QualificationType NOSUCH",
        ),
        ({"QualificationRequirements": [{**ADULT, "Comparator": "Near"}]}, "Comparator"),
        ({"QualificationRequirements": [{**ADULT, "RequiredToPreview": True}] * 11}, "at most 10"),
        ({"QualificationRequirements": [{**FROM, "LocaleValues": [{"Country": "XX"}]}]}, "Country"),
        ({"QualificationRequirements": [{**FROM, "LocaleValues": [{"Country": "us"}]}]}, "Country"),
        (
            {
                "QualificationRequirements": [
                    {**FROM, "LocaleValues": [{"Country": "US", "Subdivision": "1?"}]}
                ]
            },
            "Subdivision",
        ),
        ({"QualificationRequirements": [{**FROM, "IntegerValues": [1]}]}, "IntegerValues"),
        ({"QualificationRequirements": [{**SHARE, "IntegerValues": [101]}]}, "from 0 to 100"),
        ({"QualificationRequirements": [{**SHARE, "IntegerValues": [-1]}]}, "from 0 to 100"),
        ({"QualificationRequirements": [{**SHARE, "LocaleValues": [{"Country": "US"}]}]}, "LocaleValues"),
        ({"HITReviewPolicy": {"PolicyName": "Mine"}}, "HITReviewPolicy"),
        ({"HITReviewPolicy": plurality("9" * 5000)}, "QuestionAgreementThreshold"),
        ({"HITReviewPolicy": plurality("\u0663")}, "QuestionAgreementThreshold"),
        ({"Question": external("https://user:secret@x.org")}, "password"),
        ({"Question": external("https://x.org:99999/")}, "absolute URL"),
        ({"Question": external("https://[::1")}, "absolute URL"),
        ({"Question": form("<p onclick='x'>a</p>")}, "onclick"),
        ({"Question": form("<script>x</script>")}, "script"),
        ({"Question": form("<b>" * 2000 + "</b>" * 2000)}, "nested"),
        ({"Question": form("", "<a>" * 5000 + "</a>" * 5000)}, "nested"),
        ({"Question": form("", ASKED)}, "QuestionIdentifier"),
        ({"Question": form("", ASKED.replace(">q<", ">assignmentId<"))}, "assignmentId"),
        ({"Question": form("", ASKED.replace(">q<", ">r<").replace("FreeText", "FileUpload"))}, "FileUpload"),
    ],
)
def test_hits_that_cannot_be(crowd, key, change, words):
    reply = send(crowd, key, "CreateHIT", {**HIT, **change})
    assert reply.status_code == 400, reply.text
    assert words in reply.json()["Message"]
    assert reply.json()["__type"].endswith("Error")
    assert send(crowd, key, "ListHITs", {}).json()["HITs"] == [], "nothing half-written"


@pytest.mark.parametrize("blank", ["", "  ", "\n\t"])
@pytest.mark.parametrize(
    ("operation", "members", "name"),
    [
        ("SendBonus", {"AssignmentId": "A", "WorkerId": "AB", "BonusAmount": "1"}, "Reason"),
        ("CreateWorkerBlock", {"WorkerId": "AB"}, "Reason"),
        ("NotifyWorkers", {"WorkerIds": ["AB"], "Subject": "s"}, "MessageText"),
        ("NotifyWorkers", {"WorkerIds": ["AB"], "MessageText": "m"}, "Subject"),
    ],
)
def test_what_workers_are_to_read_is_not_blank(crowd, key, operation, members, name, blank):
    reply = send(crowd, key, operation, {**members, name: blank})
    assert reply.status_code == 400
    assert f"for the parameter {name}" in reply.json()["Message"]


def test_what_nobody_foresaw_reaches_an_sdk_as_a_service_fault(database, monkeypatch, caplog, failure):
    def fail(*_):
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setitem(READS, "GetAccountBalance", fail)
    with database.writing() as session:
        made = accounts.add_requester(session, "Lab", 0, real_time())
    server = make_server("127.0.0.1", 0, create_app(database), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = boto3.client(
        "mturk", endpoint_url=f"http://127.0.0.1:{server.port}", region_name="us-east-1",
        aws_access_key_id=made.access_key, aws_secret_access_key=made.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip
    reply = failure(client.get_account_balance)
    server.shutdown()
    assert (reply["Error"]["Code"], reply["TurkErrorCode"]) == (
        "ServiceFault",
        "AWS.MechanicalTurk.ServiceFault",
    )
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "nobody foresaw this" in caplog.text, "and is logged with where it came from"
    assert "nobody foresaw this" not in reply["Error"]["Message"]


def test_an_unknown_operation(crowd, key):
    assert send(crowd, key, "MakeTea", {}).json()["__type"] == "UnknownOperationException"
    assert send(crowd, key, "", {}, target="").json()["__type"] == "UnknownOperationException"


def test_a_body_too_large(crowd, key):
    reply = send(crowd, key, "GetHIT", b"x" * (5 * 1024 * 1024))
    assert reply.status_code == 413
    assert reply.json()["__type"] == "RequestEntityTooLargeException"


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        ({"headers": {"Authorization": None}}, "MissingAuthenticationTokenException"),
        ({"headers": {"Authorization": "Bearer x"}}, "IncompleteSignatureException"),
        ({"headers": {"X-Amz-Date": None}}, "IncompleteSignatureException"),
        ({"headers": {"X-Amz-Date": "20200101T000000Z"}}, "InvalidSignatureException"),
        ({"data": b'{"MaxResults": 1}'}, "InvalidSignatureException"),
        ({"headers": {"X-Amz-Target": TARGET + "ListHITs"}}, "InvalidSignatureException"),
        ({"service": "s3"}, "InvalidSignatureException"),
    ],
)
def test_signatures_that_prove_nothing(crowd, key, tamper, code):
    reply = send(crowd, key, "GetAccountBalance", {}, **tamper)
    assert (reply.status_code, reply.json()["__type"]) == (403, code)


def test_wrong_keys(crowd, key, failure):
    stranger = crowd.client("AKIANOBODY", "secret")
    assert failure(stranger.get_account_balance)["Error"]["Code"] == "UnrecognizedClientException"
    guesser = crowd.client(key["access_key"], "wrong")
    assert failure(guesser.get_account_balance)["Error"]["Code"] == "InvalidSignatureException"


def test_a_signature_of_yesterday_is_refused(crowd, key, monkeypatch):
    from datetime import UTC, datetime, timedelta

    early = datetime.now(UTC) - timedelta(minutes=16)
    monkeypatch.setattr(
        "botocore.auth.get_current_datetime", lambda: early.replace(tzinfo=None), raising=False
    )
    reply = send(crowd, key, "GetAccountBalance", {}, headers={"X-Amz-Date": f"{early:%Y%m%dT%H%M%SZ}"})
    assert reply.status_code == 403


def test_a_page_token_of_somebody_else(crowd, post_hit, failure):
    mine, theirs = crowd.requester(), crowd.requester()
    for _ in range(2):
        post_hit(mine)
    token = mine.list_hits(MaxResults=1)["NextToken"]
    assert "another request" in failure(theirs.list_hits, NextToken=token)["Error"]["Message"]
    assert "another request" in failure(mine.list_worker_blocks, NextToken=token)["Error"]["Message"]
    assert mine.list_hits(MaxResults=1, NextToken=token)["NumResults"] == 1


def test_the_endpoint_from_the_environment(crowd, key, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_MTURK", crowd.url)
    session = boto3.Session(key["access_key"], key["secret_key"], region_name="us-east-1")
    assert session.client("mturk", config=Config()).get_account_balance()["AvailableBalance"] == "1000.00"


def test_what_amazon_never_had_answers_clearly(crowd, post_hit, failure):
    lab = crowd.requester()
    task = crowd.workers()[0].work(post_hit(lab)["HITGroupId"])
    refused = failure(lab.get_file_upload_url, AssignmentId=task.assignment_id, QuestionIdentifier="q")
    assert "not supported" in refused["Error"]["Message"]
