"""Connections, syncs, their errors and their status."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

SYNCS: dict[str, dict[str, str | Promise]] = {
    "capability": {
        "applications": _("applications"),
        "resumes": _("resumes"),
        "custom_fields": _("custom fields"),
        "incremental": _("changes only"),
        "deletes": _("deletions"),
        "webhooks": _("webhooks"),
    },
    "connection": {
        "active": pgettext_lazy("connection", "Active"),
        "paused": pgettext_lazy("connection", "Paused"),
        "refused": pgettext_lazy("connection", "Key refused"),
        "disconnected": pgettext_lazy("connection", "Disconnected"),
        "leaving": pgettext_lazy("connection", "Being deleted"),
    },
    "mode": {
        "initial": _("Initial sync"),
        "again": pgettext_lazy("sync", "Full reread"),
        "incremental": _("Incremental sync"),
        "reconcile": _("Full comparison"),
    },
    "only": {
        "jobs": pgettext_lazy("sync", "jobs only"),
        "talents": pgettext_lazy("sync", "talents and applications only"),
    },
    "run": {
        "running": pgettext_lazy("run", "Running"),
        "succeeded": pgettext_lazy("run", "Succeeded"),
        "partial": pgettext_lazy("run", "Partial"),
        "failed": pgettext_lazy("run", "Failed"),
    },
    "trigger": {
        "manual": pgettext_lazy("trigger", "started manually"),
        "schedule": pgettext_lazy("trigger", "automatic"),
        "webhook": pgettext_lazy("trigger", "webhook"),
    },
    "severity": {
        "error": pgettext_lazy("severity", "Error"),
        "warning": pgettext_lazy("severity", "Warning"),
        "rejection": pgettext_lazy("severity", "Rejected"),
    },
    "trouble": {
        "access": pgettext_lazy("trouble", "Key and access"),
        "ats": pgettext_lazy("trouble", "The ATS"),
        "limit": pgettext_lazy("trouble", "ATS limits"),
        "data": pgettext_lazy("trouble", "Data"),
        "decision": pgettext_lazy("trouble", "Needs a decision"),
        "jemmo": pgettext_lazy("trouble", "Jemmo itself"),
    },
    "period": {
        "day": pgettext_lazy("period", "Last 24 hours"),
        "week": pgettext_lazy("period", "Last 7 days"),
        "month": pgettext_lazy("period", "Last 30 days"),
        "quarter": pgettext_lazy("period", "Last 90 days"),
    },
    "finding": {
        "nothing_connected": _("No ATS is connected."),
        "well": _("Last complete sync"),
        "refused": _("Your key was refused."),
        "paused": _("Syncs are paused."),
        "not_started": _("Nobody has started the first sync."),
        "failed": _("The last sync failed."),
        "running": _("A sync is running."),
        "never": _("The first sync hasn't finished."),
        "overdue": _("The last successful sync was over a day ago."),
        "late": _("A sync is more than 15 minutes overdue."),
        "slow": _("This sync is taking much longer than usual."),
        "held": pgettext_lazy("trouble", "Needs a decision"),
        "files": _("Files can't be downloaded."),
    },
    "finding_help": {
        "nothing_connected": _("Connect your ATS to see its jobs and talents here."),
        "well": _("Still missing a record? Tell us which one."),
        "refused": _("Create a new key in your ATS and enter it:"),
        "paused": _("Someone paused syncs. Resume them when you're ready:"),
        "not_started": _("Start your first sync when you're ready:"),
        "failed": _("Jemmo retries automatically. Check the error:"),
        "leaving": _("This organization is scheduled for deletion, so its syncs are paused."),
        "running": _("New data appears automatically."),
        "never": _("The first sync starts automatically. Follow its progress:"),
        "overdue": _("Start a sync manually, and check what caused the delay:"),
        "late": _(
            "Either no worker is running or all workers are busy. Ask your Jemmo operator to "
            "check the workers."
        ),
        "slow": _("The sync will continue automatically. If it doesn't finish, check its log:"),
        "overdue_viewer": _("Recruiters, admins, and owners can start a sync."),
        "files": _("Syncs will continue. Check the error:"),
    },
    "colour": {
        "green": pgettext_lazy("status", "Synced within the last 24 hours"),
        "yellow": pgettext_lazy("status", "Last synced more than 24 hours ago (sync recommended)"),
        "decision": pgettext_lazy("trouble", "Needs a decision"),
        "red": pgettext_lazy("status", "The last sync failed"),
        "loading": pgettext_lazy("status", "Syncing"),
    },
    "indicator": {
        "green": pgettext_lazy("indicator", "Green: synced within the last 24 hours"),
        "yellow": pgettext_lazy(
            "indicator",
            "Yellow: no sync in the last 24 hours, no sync yet, or an error that prevents file "
            "downloads",
        ),
        "decision": pgettext_lazy(
            "indicator",
            "Yellow (decision needed): an unusually large number of deletions has been paused",
        ),
        "red": pgettext_lazy("indicator", "Red: the last sync failed, or the ATS refused the key"),
        "loading": pgettext_lazy("indicator", "Spinning: a sync is running"),
    },
    "indicator_help": {
        "green": _("Nothing."),
        "yellow": _(
            "Start a sync. If an error is preventing file downloads, the connection's card shows why."
        ),
        "yellow_viewer": _("Recruiters, admins, and owners can start a sync."),
        "decision": _("An owner or admin must decide."),
        "red": _("Check the error in Settings > Logs, then retry."),
        "red_member": _("An owner or admin can fix this problem. The error is in Settings > Logs."),
        "loading": _("Wait for the sync to finish. The page updates automatically."),
    },
    "webhook": {
        "never": pgettext_lazy("webhook", "None received at this address yet"),
        "refused": pgettext_lazy("webhook", "Latest one refused"),
        "received": pgettext_lazy("webhook", "Set up"),
        "not_set_up": pgettext_lazy("webhook", "Not set up"),
        "healthy": pgettext_lazy("webhook", "Receiving"),
        "silent": pgettext_lazy("webhook", "Changes arrive without webhooks"),
        "disconnected": pgettext_lazy("webhook", "Refused: disconnected"),
    },
    "delivery": {
        "accepted": pgettext_lazy("delivery", "Accepted"),
        "duplicate": pgettext_lazy("delivery", "Duplicate"),
        "unknown_event": pgettext_lazy("delivery", "Unrelated to synced records"),
        "not_kept": pgettext_lazy(
            "delivery", "Accepted but not stored: daily limit of 50 MB exceeded"
        ),
        "paused": pgettext_lazy("delivery", "On hold: connection paused"),
        "not_json": pgettext_lazy("delivery", "Refused: unreadable"),
        "unreadable": pgettext_lazy("delivery", "Refused: not a webhook from this ATS"),
        "too_large": pgettext_lazy("delivery", "Refused: too large"),
        "unsigned": pgettext_lazy("delivery", "Refused: not signed"),
        "wrongly_signed": pgettext_lazy("delivery", "Refused: signed with a different key"),
        "stale": pgettext_lazy("delivery", "Refused: signed too long ago"),
        "key_missing": pgettext_lazy("delivery", "Refused: no signature key set"),
        "disconnected": pgettext_lazy("delivery", "Refused: disconnected"),
        "unknown_address": pgettext_lazy("delivery", "Refused: unknown address"),
        "flood": pgettext_lazy("delivery", "Refused: too many requests at once"),
    },
}
