"""All tables, in files by feature; to migrations and queries they are one, since keys tie them together.

Values that people wrote or steps produced (documents, inputs, outputs) are `json`, not `jsonb`: `jsonb`
reorders keys, which would shuffle the fields of a form and the columns of a table, and refuses U+0000.
Ids are uuid7 text, so they sort by the time they were made; times are aware.
"""

from workbench.db.base import Table as Table
from workbench.db.identity_tables import ApiKeyRow as ApiKeyRow
from workbench.db.identity_tables import AuditRow as AuditRow
from workbench.db.identity_tables import GroupMemberRow as GroupMemberRow
from workbench.db.identity_tables import GroupRow as GroupRow
from workbench.db.identity_tables import IdentityRow as IdentityRow
from workbench.db.identity_tables import InvitationRow as InvitationRow
from workbench.db.identity_tables import MappingRow as MappingRow
from workbench.db.identity_tables import MembershipRow as MembershipRow
from workbench.db.identity_tables import ProviderRow as ProviderRow
from workbench.db.identity_tables import UserRow as UserRow
from workbench.db.identity_tables import WorkflowAccessRow as WorkflowAccessRow
from workbench.db.identity_tables import WorkspaceRow as WorkspaceRow
from workbench.db.inbox_tables import InboxViewRow as InboxViewRow
from workbench.db.inbox_tables import TaskSeenRow as TaskSeenRow
from workbench.db.notice_tables import ChannelRow as ChannelRow
from workbench.db.notice_tables import DeliveryRow as DeliveryRow
from workbench.db.notice_tables import NoticeRow as NoticeRow
from workbench.db.notice_tables import QuietRow as QuietRow
from workbench.db.run_tables import BlobRow as BlobRow
from workbench.db.run_tables import NodeRunRow as NodeRunRow
from workbench.db.run_tables import RunBlobRow as RunBlobRow
from workbench.db.run_tables import RunRow as RunRow
from workbench.db.run_tables import SeedRow as SeedRow
from workbench.db.run_tables import run_changes as run_changes
from workbench.db.task_tables import AbsenceRow as AbsenceRow
from workbench.db.task_tables import TaskCommentRow as TaskCommentRow
from workbench.db.task_tables import TaskDecisionRow as TaskDecisionRow
from workbench.db.task_tables import TaskEventRow as TaskEventRow
from workbench.db.task_tables import TaskRow as TaskRow
from workbench.db.task_tables import TaskSnoozeRow as TaskSnoozeRow
from workbench.db.trigger_table import TriggerRow as TriggerRow
from workbench.db.waiting_tables import EventRow as EventRow
from workbench.db.waiting_tables import EventWaitRow as EventWaitRow
from workbench.db.waiting_tables import SecretRow as SecretRow
from workbench.db.waiting_tables import SlotRow as SlotRow
from workbench.db.workflow_tables import DraftEditRow as DraftEditRow
from workbench.db.workflow_tables import PinRow as PinRow
from workbench.db.workflow_tables import VersionRow as VersionRow
from workbench.db.workflow_tables import WorkflowRow as WorkflowRow
