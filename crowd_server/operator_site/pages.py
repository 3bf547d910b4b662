"""The contents page of the operator's site."""

from crowd_server.operator_site.audit_log import audit_log
from crowd_server.operator_site.disputes import disputes
from crowd_server.operator_site.door import door
from crowd_server.operator_site.invitations import invitations
from crowd_server.operator_site.messages import messages
from crowd_server.operator_site.overview import overview
from crowd_server.operator_site.payouts import payouts
from crowd_server.operator_site.requesters import requesters
from crowd_server.operator_site.settings import settings
from crowd_server.operator_site.workers import workers

PAGES = (
    overview, requesters, workers, invitations, payouts, disputes, messages, settings, audit_log, door,
)  # fmt: skip
