"""What others wrote against Amazon's service, against this one.

`make clients` installs them in `.clients`; a test whose client is not there is skipped.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import types
from datetime import timedelta
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parents[2] / ".clients"
PATHS = os.pathsep.join((os.environ["PATH"], str(CLIENTS / "aws" / "bin")))
HTML_QUESTION = """<HTMLQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2011-11-11/\
HTMLQuestion.xsd"><HTMLContent><![CDATA[<!doctype html><form method="post"
action="https://www.mturk.com/mturk/externalSubmit"><input name="output"></form>]]></HTMLContent>
<FrameHeight>0</FrameHeight></HTMLQuestion>"""


@pytest.fixture
def key(crowd):
    made = crowd.add_requester(100_000)
    return {"access_key": made.access_key, "secret_key": made.secret_key}


@pytest.fixture
def environment(crowd, key, tmp_path):
    return {
        **os.environ,
        "PATH": PATHS,
        "NODE_PATH": str(CLIENTS / "node_modules"),
        "AWS_ENDPOINT_URL_MTURK": crowd.url,
        "AWS_ACCESS_KEY_ID": key["access_key"],
        "AWS_SECRET_ACCESS_KEY": key["secret_key"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_PAGER": "",
    }


def test_the_aws_command_line(crowd, environment, post_hit):
    if not shutil.which("aws", path=PATHS):
        pytest.skip("the aws command is not here: make clients")
    question = "https://tasks.example.org/"

    def aws(*arguments):
        done = subprocess.run(
            ["aws", "mturk", *arguments, "--output", "json"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout else done.stderr

    assert aws("get-account-balance")["AvailableBalance"] == "1000.00"
    hit = aws(
        "create-hit", "--title", "t", "--description", "d", "--reward", "0.05",
        "--lifetime-in-seconds", "3600",
        "--assignment-duration-in-seconds", "600", "--question",
        '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
        f'ExternalQuestion.xsd"><ExternalURL>{question}</ExternalURL><FrameHeight>0</FrameHeight></ExternalQuestion>',
    )["HIT"]  # fmt: skip
    crowd.workers()[0].work(hit["HITGroupId"])
    (row,) = aws("list-assignments-for-hit", "--hit-id", hit["HITId"])["Assignments"]
    aws("approve-assignment", "--assignment-id", row["AssignmentId"])
    assert [one["HITId"] for one in aws("list-hits")["HITs"]] == [hit["HITId"]], (
        "it pages until the empty page"
    )
    assert "RequestError" in aws("get-hit", "--hit-id", "NOSUCH")


SDK = """
const { MTurkClient, CreateHITCommand, ListAssignmentsForHITCommand, ApproveAssignmentCommand,
  GetHITCommand,  GetAccountBalanceCommand, paginateListHITs } = require("@aws-sdk/client-mturk");
const client = new MTurkClient({ region: "us-east-1", endpoint: process.env.AWS_ENDPOINT_URL_MTURK });
const [step, argument] = process.argv.slice(2);
(async () => {
  const out = {};
  if (step === "post") {
    const { HIT } = await client.send(new CreateHITCommand(JSON.parse(argument)));
    out.hit = HIT; out.created = HIT.CreationTime instanceof Date;
  } else {
    const { Assignments } = await client.send(new ListAssignmentsForHITCommand({ HITId: argument }));
    await client.send(new ApproveAssignmentCommand({ AssignmentId: Assignments[0].AssignmentId }));
    out.ids = [];
    for await (const page of paginateListHITs({ client }, {}))
      out.ids.push(...page.HITs.map(hit => hit.HITId));
    out.balance = await client.send(new GetAccountBalanceCommand({}));
    try { await client.send(new GetHITCommand({ HITId: "NOSUCH" })); }
    catch (error) { out.error = [error.name, error.TurkErrorCode, error.$metadata.httpStatusCode]; }
  }
  console.log(JSON.stringify(out));
})();
"""


def test_the_javascript_sdk(crowd, environment, tmp_path):
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    found = subprocess.run(
        ["node", "-e", 'require.resolve("@aws-sdk/client-mturk")'],
        env=environment,
        capture_output=True,
        check=False,
        timeout=30,
    )
    if found.returncode:
        pytest.skip("@aws-sdk/client-mturk is not here: make clients")
    script = tmp_path / "client.cjs"
    script.write_text(SDK)

    def run(*arguments):
        done = subprocess.run(
            ["node", str(script), *arguments], env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    members = {
        "Title": "t", "Description": "d", "Reward": "0.05", "LifetimeInSeconds": 3600, "MaxAssignments": 1,
        "AssignmentDurationInSeconds": 600, "Question": HTML_QUESTION,
    }  # fmt: skip
    posted = run("post", json.dumps(members))
    assert posted["created"], "times are times"
    crowd.workers()[0].work(posted["hit"]["HITGroupId"])
    done = run("finish", posted["hit"]["HITId"])
    assert done["ids"] == [posted["hit"]["HITId"]]
    assert done["balance"]["AvailableBalance"] == "999.95"
    assert done["error"] == ["RequestError", "AWS.MechanicalTurk.HITDoesNotExist", 400]


@pytest.fixture
def old_python(monkeypatch):
    """What was installed beside our own packages, behind them on the path."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(CLIENTS / "python")])


def test_psiturk(crowd, key, environment, monkeypatch, old_python):
    services = pytest.importorskip("psiturk.amt_services", reason="psiTurk is not here: make clients")
    client = crowd.client(key["access_key"], key["secret_key"])

    def connect(self):
        self.mtc = client  # psiTurk writes Amazon's address into its code
        return True

    monkeypatch.setattr(services.MTurkServices, "setup_mturk_connection", connect)
    turk = services.MTurkServices(config={"any": "thing"}, mode="live")
    hit_config = {
        "title": "A psychology experiment", "description": "Look and press.", "reward": "0.50",
        "keywords": "psychology",
        "duration": timedelta(hours=1), "lifetime": timedelta(hours=2), "max_assignments": 2,
        "ad_location": "https://lab.example.org/ad?mode=live", "approve_requirement": 95,
        "number_hits_approved": 0,
        "require_master_workers": False, "us_only": False, "require_qualification_ids": [],
        "block_qualification_ids": [], "advanced_qualifications": [],
    }  # fmt: skip

    def ask(name, *arguments, **named):
        reply = getattr(turk, name)(*arguments, **named)
        assert reply.success, reply.exception
        return reply.data

    hit = ask("create_hit", hit_config)
    one, two = crowd.workers(2)
    for worker in (one, two):
        worker.work(hit["HITGroupId"])
    rows = ask("get_assignments", assignment_status="Submitted")
    assert {row["workerId"] for row in rows} == {one.worker_id, two.worker_id}
    first, second = rows
    ask("approve_assignment", first["assignmentId"])
    ask("bonus_assignment", first["assignmentId"], None, 0.25, reason="Good")
    ask("reject_assignment", second["assignmentId"])
    ask("approve_assignment", second["assignmentId"], override_rejection=True)
    assert not turk.approve_assignment(second["assignmentId"]).success
    ask("extend_hit", hit["HITId"], assignments_increment=1, expiration_increment=60)
    assert ask("get_hit", hit["HITId"]).options["max_assignments"] == 3
    ask("expire_hit", hit["HITId"])
    ask("delete_hit", hit["HITId"])
    assert ask("get_all_hits") == []
    assert ask("check_balance") == "998.75"


@pytest.fixture
def mephisto(monkeypatch, old_python):
    """Mephisto's mturk_utils as it is; only its settings file and logger are stood in for."""
    package = importlib.util.find_spec("mephisto")
    if package is None or not package.submodule_search_locations:
        pytest.skip("Mephisto is not here: make clients")
    folder = package.submodule_search_locations[0]

    class Log:
        def __getattr__(self, _):
            return lambda *_, **__: None

    parts = {
        "mephisto.data_model.qualification": {"QUAL_EXISTS": "Exists", "QUAL_NOT_EXIST": "DoesNotExist"},
        "mephisto.utils.logger_core": {"get_logger": lambda **_: Log(), "format_loud": str},
        "mephisto.operations.config_handler": {
            "get_config_arg": lambda *_: None,
            "DEFAULT_CONFIG_FOLDER": "/nowhere",
        },
    }
    for name, members in parts.items():
        stand_in = types.ModuleType(name)
        stand_in.__dict__.update(members)
        for parent in ("mephisto", name.rpartition(".")[0]):
            monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
        monkeypatch.setitem(sys.modules, name, stand_in)
    path = f"{folder}/abstractions/providers/mturk/mturk_utils.py"
    spec = importlib.util.spec_from_file_location("mturk_utils", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        pytest.skip(f"Mephisto needs {error.name}")
    return module


def test_mephisto(crowd, key, mephisto):
    client = crowd.client(key["access_key"], key["secret_key"])
    task = types.SimpleNamespace(
        task_title="Chat", task_description="Talk to a model.", task_tags="chat,talk", task_reward=0.3,
        assignment_duration_in_seconds=1800,
    )  # fmt: skip
    trained = mephisto.find_or_create_qualification(client, "trained", "Took the training.")
    assert mephisto.find_or_create_qualification(client, "trained", "Took the training.") == trained
    needed = [{"qualification_name": "trained", "comparator": "GreaterThan", "value": 1}]
    hit_type = mephisto.create_hit_type(client, task, needed, skip_locale_qual=True)
    _, hit_id, reply = mephisto.create_hit_with_hit_type(
        client, 650, "https://lab.example.org/?a=1&b=2", hit_type
    )
    (worker,) = crowd.workers()
    group = reply["HIT"]["HITGroupId"]
    assert group not in worker.groups()
    mephisto.give_worker_qualification(client, worker.worker_id, trained, 2)
    worker.work(group)
    (row,) = mephisto.get_assignments_for_hit(client, hit_id)
    mephisto.approve_assignments_for_hit(client, hit_id)
    mephisto.approve_work(client, row["AssignmentId"])  # a second time; it only logs
    assert mephisto.pay_bonus(client, worker.worker_id, 0.1, row["AssignmentId"], "Good", "token-1")
    assert mephisto.email_worker(client, worker.worker_id, "Thanks", "Come again.") == (True, "")
    mephisto.block_worker(client, worker.worker_id, "no reason")
    assert mephisto.is_worker_blocked(client, worker.worker_id)
    mephisto.unblock_worker(client, worker.worker_id, "no reason")
    mephisto.remove_worker_qualification(client, worker.worker_id, trained, "done")
    _, broken, _ = mephisto.create_compensation_hit_with_hit_type(client, "it broke", hit_type)
    assert [len(rows) for rows in mephisto.get_outstanding_hits(client).values()] == [2]
    mephisto.expire_hit(client, broken)
    rows = [hit for hits in mephisto.get_outstanding_hits(client).values() for hit in hits]
    assert mephisto.expire_and_dispose_hits(client, rows, quiet=True) == []
    assert mephisto.get_hit(client, hit_id) == {}
    mephisto.delete_qualification(client, trained)


def test_a_small_script_with_html_pages(crowd, key):
    """As scripts in the manner of simple-amt go: launch, look at progress, fetch, approve all, clean up."""
    client = crowd.client(key["access_key"], key["secret_key"])
    ids = [
        client.create_hit(
            Title="Write", Description="One sentence.", Keywords="text", Reward="0.10",
            LifetimeInSeconds=604800,
            AssignmentDurationInSeconds=600, MaxAssignments=1, Question=HTML_QUESTION,
        )["HIT"]["HITId"]
        for _ in range(3)
    ]  # fmt: skip
    group = client.get_hit(HITId=ids[0])["HIT"]["HITGroupId"]
    (worker,) = crowd.workers()
    for number in range(3):
        worker.work(group, output=json.dumps({"sentence": number}))
    hits = [hit for page in client.get_paginator("list_hits").paginate() for hit in page["HITs"]]
    assert {hit["HITId"]: hit["HITStatus"] for hit in hits} == dict.fromkeys(ids, "Reviewable")
    pages = [client.get_paginator("list_assignments_for_hit").paginate(HITId=hit_id) for hit_id in ids]
    for row in [row for page in pages for part in page for row in part["Assignments"]]:
        client.approve_assignment(AssignmentId=row["AssignmentId"])
    for hit_id in ids:
        client.delete_hit(HITId=hit_id)
    assert client.list_hits()["HITs"] == []
