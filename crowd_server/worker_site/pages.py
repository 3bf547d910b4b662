"""The contents page of the worker site."""

from crowd_server.worker_site.account import account
from crowd_server.worker_site.complaints import complaints
from crowd_server.worker_site.door import door
from crowd_server.worker_site.earnings import earnings
from crowd_server.worker_site.hits import hits
from crowd_server.worker_site.messages import messages
from crowd_server.worker_site.skills import skills
from crowd_server.worker_site.work import work

PAGES = (hits, work, earnings, skills, messages, complaints, account, door)
