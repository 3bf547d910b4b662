"""Notifications: which events of a HIT type go to which URL."""

from crowd_server.api.call import Call, Params, Reply
from crowd_server.errors import invalid
from crowd_server.market import hits, notices
from crowd_server.questions.documents import check_url
from crowd_server.store.models.post import NotificationSetting
from crowd_server.store.models.table import put

MOST_URL = 2000
# The one of Amazon's documentation and the one of its messages.
VERSIONS = ("2006-05-05", notices.VERSION)


def update_notification_settings(call: Call, params: Params) -> Reply:
    """UpdateNotificationSettings: a new specification, or only on and off."""
    hit_type = hits.find_type(call.session, call.requester_id, params["HITTypeId"])
    notification = params.get("Notification")
    if notification is not None:
        check_notification(call, notification)
        put(
            call.session, NotificationSetting, {"hit_type_id": hit_type.hit_type_id},
            destination=notification["Destination"], transport=notification["Transport"],
            event_types=notification["EventTypes"], active=params.get("Active", True),
        )  # fmt: skip
        return {}
    row = call.session.get(NotificationSetting, hit_type.hit_type_id)
    if row is None or "Active" not in params:
        raise invalid("Notification", "", "Give a Notification, or Active for one that was given before.")
    row.active = params["Active"]
    return {}


def check_notification(call: Call, notification: Params) -> None:
    """The destination is a URL of the requester's, in place of Amazon's queues and topics."""
    destination = notification["Destination"]
    if notification["Transport"] == "Email":
        raise invalid(
            "Transport", "Email", "This server sends to URLs: use SNS or SQS with a URL as Destination."
        )
    if notification["Version"] not in VERSIONS:
        raise invalid("Version", notification["Version"], f"It must be one of {', '.join(VERSIONS)}.")
    check_url(destination, "Destination")
    if len(destination) > MOST_URL or not destination.isascii():
        raise invalid("Destination", destination, f"It must have at most {MOST_URL} ASCII characters.")
    if destination.startswith("http:") and not call.is_local:
        raise invalid("Destination", destination, "This server sends to HTTPS addresses only.")
    if not notification["EventTypes"]:
        raise invalid("EventTypes", [], "Name at least one.")


def send_test_event_notification(call: Call, params: Params) -> Reply:
    """SendTestEventNotification: one event with made-up ids."""
    notification = params["Notification"]
    check_notification(call, notification)
    about = {"HITTypeId": "TESTHITTYPE", "HITId": "TESTHIT", "AssignmentId": "TESTASSIGNMENT"}
    destination, event = notification["Destination"], params["TestEventType"]
    notices.queue(call.session, call.now, call.requester_id, destination, event, about=about)
    return {}
