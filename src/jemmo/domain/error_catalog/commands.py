"""Errors of the command line: its arguments, backups, and the processes it starts."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_own = partial(Entry, ErrorKind.JEMMO)
_LISTED = "To list the connections, run `jemmo status`."
_OTHER_BACKUP = "Nothing was changed. Make another backup, or download this one again."
_PORT = "Choose another port with --port, or stop the program that is using this one."

ARGUMENTS: dict[str, Entry] = {
    "not_confirmed": _own(
        "This command needs your confirmation, so nothing was changed.", "Add --yes to confirm."
    ),
    "date": _own("“{day}” is not a date.", "Use the format 2027-06-30."),
    "key_missing": _own(
        "The API key is missing.",
        "Pipe it in with --key-stdin to keep it out of your shell history.",
    ),
    "no_provider": _own(
        "To run a probe, specify an ATS.", "Add the name: jemmo doctor {provider} --probe"
    ),
    "no_probe": _own(
        "{ats} doesn't need a probe, because its API is documented.",
        "To check the connection, run `jemmo doctor`.",
    ),
    "unknown_provider": _own(
        "The connector “{provider}” doesn't exist.", "Choose one of: {providers}."
    ),
    "unknown_connection": _own("The connection {connection} doesn't exist.", _LISTED),
    "which_connection": _own(
        "{organization} has several connections, so you must choose one.",
        f"Choose one with --connection. {_LISTED}",
    ),
    "hours_malformed": _own(
        "{option} has invalid hours (“{value}”).",
        "Use the format 22:00-06:00, or 'mon-fri 08:00-10:00' for certain days.",
    ),
    "time_zone_unknown": _own(
        "“{value}” isn't a valid time zone.",
        "Use a name such as Europe/Paris or America/New_York.",
    ),
    "export_kind": _own("“{kind}” can't be exported.", "Choose one of: {kinds}."),
    "who": _own(
        "No person was specified.",
        "Use --talent ID, or --email-stdin with the email address on standard input.",
    ),
    "nobody": _own(
        _("Nobody in this organization has this ID or address."),
        _("Check the ID or address. To list everyone, run `jemmo export talents`."),
    ),
    "file_unreadable": _own(
        "{file} can't be opened: {reason}.", "Check the path and its read permissions."
    ),
    "file_unreadable/missing": _own(
        "The file {file} doesn't exist.", "Check the path and its read permissions."
    ),
    "file_unreadable/not_a_file": _own(
        "{file} is not a file.", "Check the path and its read permissions."
    ),
    "path": _own(
        "{path} can't be written ({reason}).", "Choose another path, or free up disk space."
    ),
    "path/exists": _own("{path} already exists.", "Choose another name."),
    "path/missing": _own("The file {path} doesn't exist.", "Check the path."),
    "path/unreadable": _own(
        "{path} can't be read ({reason}).", "Check the path and its read permissions."
    ),
}

BACKUPS: dict[str, Entry] = {
    "backup_damaged": _own(
        "{file} is incomplete, damaged, or not a backup of Jemmo.", _OTHER_BACKUP
    ),
    "backup_damaged/rows": _own("{file} doesn't contain every row of {table}.", _OTHER_BACKUP),
    "backup_newer": _own(
        "The backup was made by a newer version of Jemmo ({version}).",
        "Install that version, then restore.",
    ),
    "not_empty": _own(
        "The database is not empty.",
        "Restore into an empty database. Or back up this database, then add --replace to "
        "discard its contents.",
    ),
    "in_use": _own(
        "The database is in use (other open sessions: {sessions}).",
        "Stop every `jemmo up`, `jemmo web`, and `jemmo worker`, then restore.",
    ),
    "suppressions": _own(
        "{path} is not a list of erasures.",
        "Nothing was changed. Use the file that `jemmo suppressions` wrote.",
    ),
}

PROCESSES: dict[str, Entry] = {
    "port_taken": _own(
        "Port {port} on {host} can't be opened, because another program is using it.", _PORT
    ),
    "port_forbidden": _own(
        "Port {port} on {host} can't be opened, because this user isn't allowed to open it.",
        "Choose a port above 1023 with --port, and put a proxy in front of it.",
    ),
    "port_closed": _own("Port {port} on {host} can't be opened: {reason}.", _PORT),
    "host_unknown": _own(
        "Port {port} on {host} can't be opened, because this machine doesn't have that address.",
        "Correct --host. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses.",
    ),
    "not_a_socket": _own(
        "File descriptor {descriptor} is not a socket.",
        "Use --fd 3 only with systemd socket activation. Otherwise, omit it.",
    ),
    "part_ended": _own(
        "The {program} {reason} {failures} times in a row, so everything was stopped. It printed: {lines}",
        "Fix the problem that the program reported, then run `jemmo up` again.",
    ),
    "does_not_stop": _own(
        "`jemmo up` (process {process}) didn't stop within {seconds} seconds.",
        "Wait a minute and run `jemmo down` again.",
    ),
    "already_up": _own(
        "Jemmo is already running for this data folder.",
        "Use the running instance, or stop it with `jemmo down`.",
    ),
}
