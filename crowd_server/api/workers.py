"""What a requester can say to workers, and which of them are not wanted."""

from sqlalchemy import delete, func, select

from crowd_server.api.call import Call, Params, Reply, listing
from crowd_server.api.limits import check_written
from crowd_server.api.qualified import find_worker
from crowd_server.errors import invalid
from crowd_server.store.models.accounts import Worker
from crowd_server.store.models.hits import Assignment, Hit
from crowd_server.store.models.post import Message
from crowd_server.store.models.qualifications import WorkerBlock
from crowd_server.store.models.table import put

MOST_WORKERS = 100


def notify_workers(call: Call, params: Params) -> Reply:
    """NotifyWorkers: only those whose work the caller has approved or rejected."""
    check_written(params, "Subject", 200)
    check_written(params, "MessageText")
    worker_ids = list(dict.fromkeys(params["WorkerIds"]))
    if not 1 <= len(worker_ids) <= MOST_WORKERS:
        raise invalid("WorkerIds", len(worker_ids), f"There must be 1 to {MOST_WORKERS}.")
    failures = [failure for worker_id in worker_ids if (failure := _notify(call, worker_id, params))]
    return {"NotifyWorkersFailureStatuses": failures}


def _notify(call: Call, worker_id: str, params: Params) -> Reply | None:
    if not _has_worked_for(call, worker_id):
        return {
            "NotifyWorkersFailureCode": "HardFailure",
            "NotifyWorkersFailureMessage": "You have not approved or rejected work of this worker.",
            "WorkerId": worker_id,
        }
    message = Message(
        worker_id=worker_id,
        requester_id=call.requester_id,
        subject=params["Subject"],
        text=params["MessageText"],
        sent_at=call.now,
    )
    call.session.add(message)
    return None


def _has_worked_for(call: Call, worker_id: str) -> bool:
    query = (
        select(func.count())
        .select_from(Assignment)
        .join(Hit, Hit.hit_id == Assignment.hit_id)
        .join(Worker, Worker.worker_id == Assignment.worker_id)
        .where(
            Assignment.worker_id == worker_id,
            Hit.requester_id == call.requester_id,
            Assignment.state.in_(("approved", "rejected")),
            Worker.deleted_at.is_(None),
        )
    )
    return bool(call.session.scalar(query))


def create_worker_block(call: Call, params: Params) -> Reply:
    """CreateWorkerBlock: the reason is not shown to the worker."""
    check_written(params, "Reason")
    worker = find_worker(call, params["WorkerId"])
    block = {"requester_id": call.requester_id, "worker_id": worker.worker_id}
    put(call.session, WorkerBlock, block, reason=params["Reason"], at=call.now)
    return {}


def delete_worker_block(call: Call, params: Params) -> Reply:
    """DeleteWorkerBlock: harmless when there is none."""
    block = delete(WorkerBlock).where(
        WorkerBlock.requester_id == call.requester_id, WorkerBlock.worker_id == params["WorkerId"]
    )
    call.session.execute(block)
    return {}


def list_worker_blocks(call: Call, params: Params) -> Reply:
    """ListWorkerBlocks."""
    query = select(WorkerBlock).where(WorkerBlock.requester_id == call.requester_id)
    rows, token = call.page(
        query, WorkerBlock.id, params, lambda row: {"WorkerId": row.worker_id, "Reason": row.reason}
    )
    return listing("WorkerBlocks", rows, token)
