"""The names that the package has for projects; see __init__.py."""

from hub.errors import Problem as Problem
from hub.events import BadEvent as BadEvent
from hub.jobs.log_handler import LogHandler as LogHandler
from hub.jobs.progress import BadProgress as BadProgress
from hub.jobs.progress import Progress as Progress
from hub.jobs.progress import progress as progress
from hub.log import LogAway as LogAway
from hub.log import RateExceeded as RateExceeded
from hub.publication import apublish as apublish
from hub.publication import apublish_html as apublish_html
from hub.publication import publish as publish
from hub.publication import publish_html as publish_html
from hub.rooms.kinds import Kind as Kind
from hub.rooms.kinds import Refused as Refused
from hub.rooms.kinds import register as register
from hub.rooms.protocol import Say as Say
from hub.topics import BadTopic as BadTopic

__version__: str
