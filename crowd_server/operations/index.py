"""The contents page of the API: each operation, and whether it writes."""

from collections.abc import Callable

from crowd_server.operations import assignments, hits, money, qualifications, workers
from crowd_server.operations.call import Call, Params, Reply

Operation = Callable[[Call, Params], Reply]

READS: dict[str, Operation] = {
    "GetAccountBalance": money.get_account_balance,
    "GetAssignment": assignments.get_assignment,
    "GetFileUploadURL": assignments.get_file_upload_url,
    "GetHIT": hits.get_hit,
    "ListAssignmentsForHIT": assignments.list_assignments_for_hit,
    "ListBonusPayments": money.list_bonus_payments,
    "ListHITs": hits.list_hits,
    "ListReviewableHITs": hits.list_reviewable_hits,
}

WRITES: dict[str, Operation] = {
    "ApproveAssignment": assignments.approve_assignment,
    "AssociateQualificationWithWorker": qualifications.associate_qualification_with_worker,
    "CreateAdditionalAssignmentsForHIT": hits.create_additional_assignments_for_hit,
    "CreateHIT": hits.create_hit,
    "CreateHITType": hits.create_hit_type,
    "CreateHITWithHITType": hits.create_hit_with_hit_type,
    "CreateQualificationType": qualifications.create_qualification_type,
    "DeleteHIT": hits.delete_hit,
    "DisassociateQualificationFromWorker": qualifications.disassociate_qualification_from_worker,
    "NotifyWorkers": workers.notify_workers,
    "RejectAssignment": assignments.reject_assignment,
    "SendBonus": money.send_bonus,
    "UpdateExpirationForHIT": hits.update_expiration_for_hit,
    "UpdateHITReviewStatus": hits.update_hit_review_status,
    "UpdateHITTypeOfHIT": hits.update_hit_type_of_hit,
}
