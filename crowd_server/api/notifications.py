"""Notifications: which events of a HIT type go to which URL."""

from urllib.parse import urlsplit

from crowd_server.api.call import Call, Params, Reply
from crowd_server.errors import invalid
from crowd_server.market import hits, notices
from crowd_server.questions.documents import is_loopback
from crowd_server.store.models.post import NotificationSetting

MOST_URL = 2000


def update_notification_settings(call: Call, params: Params) -> Reply:
    """UpdateNotificationSettings: a new specification, or only on and off."""
    hit_type = hits.find_type(call.session, call.requester_id, params["HITTypeId"])
    row = call.session.get(NotificationSetting, hit_type.hit_type_id)
    notification = params.get("Notification")
    if notification is None and (row is None or "Active" not in params):
        raise invalid("Notification", "", "Give a Notification, or Active for one that was given before.")
    if row is None:
        row = NotificationSetting(hit_type_id=hit_type.hit_type_id, active=True)
        call.session.add(row)
    if notification is not None:
        check_notification(notification)
        row.destination, row.transport = notification["Destination"], notification["Transport"]
        row.event_types = notification["EventTypes"]
    row.active = params.get("Active", True)
    return {}


def check_notification(notification: Params) -> None:
    """The destination is a URL of the requester's, in place of Amazon's queues and topics."""
    destination = notification["Destination"]
    if notification["Transport"] == "Email":
        raise invalid(
            "Transport", "Email", "This server sends to URLs: use SNS or SQS with a URL as Destination."
        )
    parts = urlsplit(destination)
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not secure or not parts.hostname or len(destination) > MOST_URL:
        raise invalid("Destination", destination, "It must be an HTTPS URL; events are posted to it, signed.")
    if not notification["EventTypes"]:
        raise invalid("EventTypes", [], "Name at least one.")


def send_test_event_notification(call: Call, params: Params) -> Reply:
    """SendTestEventNotification: one event with made-up ids."""
    notification = params["Notification"]
    check_notification(notification)
    about = {"HITTypeId": "TESTHITTYPE", "HITId": "TESTHIT", "AssignmentId": "TESTASSIGNMENT"}
    destination, event = notification["Destination"], params["TestEventType"]
    notices.queue(call.session, call.now, call.requester_id, destination, event, about=about)
    return {}
