"""Errors of Jemmo's own server: database, file storage, keys, machine. The operator takes the next step."""

from __future__ import annotations

from functools import partial

from jemmo.domain.error_kinds import Entry, ErrorKind
from jemmo.domain.translation_marks import marked as _

_operator = partial(Entry, ErrorKind.JEMMO, for_operator=True)
_CONTINUE = "Syncs will resume where they left off."
_WAIT = _("Wait a minute and try again. Syncs will resume where they left off.")
_OWN_SERVER = "Or set DATABASE_URL to your own PostgreSQL server (15 or newer)."
_FREE_SPACE = "Free up disk space, then try again. Your saved data is safe."
_FOLDER = (
    "Change the folder's owner to the user that runs Jemmo, or choose another data folder with JEMMO_HOME. "
    "Then try again."
)
_CORRECT = "Correct {variable}."
_ENCODE = (
    "Percent-encode special characters in the password, for example % as %25, @ as %40, / as "
    "%2F, and a space as %20. Or write DATABASE_URL as host=… port=… dbname=… user=… "
    "password='…'."
)
_SESSION_POOL = (
    "Use the database server's own host and port, or set pool_mode = session in PgBouncer."
)
_KEYSET_KEY = "Set JEMMO_KEYSET_KEY to the key that the keyset was encrypted with."

DATABASE: dict[str, Entry] = {
    "database_unavailable": Entry(
        ErrorKind.JEMMO,
        _("Jemmo's database was unavailable."),
        _(
            "If the database is available again, no action is needed, and syncs will resume where "
            "they left off. Otherwise, ask your Jemmo operator to check that Postgres is running "
            "(`jemmo doctor`)."
        ),
    ),
    "database_disk_full": _operator(
        _("Jemmo's database disk is full, so no more data can be saved."),
        f"Free up disk space where Postgres stores its data, then try again. {_CONTINUE} Saved data isn't lost.",
    ),
    "database_out_of_memory": _operator(
        _("Jemmo's database ran out of memory."),
        f"Give Postgres more memory, or lower work_mem or the workers' --concurrency. {_CONTINUE}",
    ),
    "database_connections": _operator(
        _("Jemmo's database can't accept any more connections."),
        "Raise max_connections, or run fewer workers. See docs/operations.md for how many connections each "
        f"process needs. {_CONTINUE}",
    ),
    "database_occupied": Entry(
        ErrorKind.JEMMO,
        _("No connection to Jemmo's database became available in time."),
        _(
            "Wait a minute and try again. If the problem persists, run `jemmo doctor` to check "
            "the server, or use JEMMO_WEB_CONNECTIONS to allow more connections for the web "
            "pages."
        ),
    ),
    "database_limit": _operator(
        _("A sync step exceeded one of Jemmo's database limits."),
        "Raise the limit that was exceeded (for example, temp_file_limit) for the role in "
        "DATABASE_URL. The server's log shows which limit it was.",
    ),
    "database_restarting": Entry(ErrorKind.JEMMO, _("Jemmo's database is restarting."), _WAIT),
    "database_time_limit": _operator(
        _("Jemmo's database stopped an operation because it took too long."),
        "Raise statement_timeout, lock_timeout, idle_session_timeout, and idle_in_transaction_session_timeout for the "
        "role in DATABASE_URL, or set them to 0 to turn them off.",
    ),
    "database_busy": Entry(
        ErrorKind.JEMMO, _("Two tasks needed the same records at the same time."), _WAIT
    ),
    "database_read_only": _operator(
        _("Jemmo's database is read-only, so nothing can be saved."),
        "Point DATABASE_URL to the primary server. If it already does, ask the provider why it "
        "is read-only. Its disk may be full.",
    ),
    "database_access": _operator(
        _("Jemmo's database refused access."),
        "Check the role, password, and database in DATABASE_URL, and the server's pg_hba.conf.",
    ),
    "database_missing": _operator(
        _("Jemmo's database no longer exists."),
        "Create the database, or correct its name in DATABASE_URL.",
    ),
    "database_system": _operator(
        _("Jemmo's database could not read or write its files."),
        "Check the server's log and its disk.",
    ),
    "database_damaged": _operator(
        _("Jemmo's database found damaged data."),
        "Stop Jemmo, check the server's disk, and restore the last backup with `jemmo restore`.",
    ),
    # database server requirements
    "database_url": _operator(
        "DATABASE_URL is not the address of a PostgreSQL database.",
        "Use the format postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or host=… port=… dbname=… user=… password=…",
    ),
    "database_url/password": _operator(
        "DATABASE_URL has a password that can't be distinguished from the host.", _ENCODE
    ),
    "database_url/unreadable": _operator("DATABASE_URL isn't valid.", _ENCODE),
    "database_url/option": _operator(
        "DATABASE_URL has an option that PostgreSQL doesn't support.",
        "Remove the part after the question mark. For example, pgbouncer=true is only for Prisma.",
    ),
    "server_too_old": _operator(
        "The server runs PostgreSQL {version}, but Jemmo needs {oldest} or newer.",
        "Upgrade the server, or unset DATABASE_URL to use the PostgreSQL that comes with Jemmo.",
    ),
    "server_unreachable": _operator(
        "The database server can't be reached: {reason}.",
        "Check that the server is running and that DATABASE_URL has the right host, port, database, and role.",
    ),
    "server_full": _operator(
        "The database server or its pooler has no free connection: {reason}.",
        "Close other programs' connections, or raise max_connections or the pool size. Then run this command again. "
        "See docs/operations.md for how many connections Jemmo needs.",
    ),
    "password_refused": _operator(
        "The database server refused the role or password in DATABASE_URL: {reason}.",
        f"Check the role and the password. {_ENCODE}",
    ),
    "startup_parameter": _operator(
        "The connection pooler refused a parameter in DATABASE_URL: {reason}.",
        "Remove options=… from DATABASE_URL, or add it to ignore_startup_parameters in PgBouncer.",
    ),
    "transaction_pooler": _operator(
        "DATABASE_URL points to a connection pooler in transaction mode, where every statement "
        "may use a different session. Jemmo needs its own sessions.",
        _SESSION_POOL,
    ),
    "transaction_pooler/supabase": _operator(
        "DATABASE_URL points to a connection pooler in transaction mode, where every statement "
        "may use a different session. Jemmo needs its own sessions.",
        "Use the session pooler's connection string. On Supabase, only the port is different: "
        "5432 instead of {port} (Connect > Session pooler).",
    ),
    "transaction_pooler/statement": _operator(
        "DATABASE_URL points to a connection pooler in statement mode, but Jemmo needs its own sessions: {reason}.",
        _SESSION_POOL,
    ),
    "encoding": _operator(
        "The database {database} uses the encoding {encoding}, which can't store every character. Jemmo needs UTF8.",
        "Create a database for Jemmo, and name it in DATABASE_URL: CREATE DATABASE jemmo TEMPLATE template0 ENCODING "
        "'UTF8' LOCALE 'C.UTF-8';",
    ),
    "schema_forbidden": _operator(
        "Jemmo stores its tables in the schema {schema}, but the role {role} isn't "
        "allowed to create it or write to it.",
        "Have the owner of the database {database} run CREATE SCHEMA {schema} AUTHORIZATION {role}; or, if the schema "
        "already exists, ALTER SCHEMA {schema} OWNER TO {role};",
    ),
    "extension_out_of_reach": _operator(
        "The extension {extension} is in the schema {schema}, but the role {role} isn't allowed to use it.",
        "Have the schema's owner run GRANT USAGE ON SCHEMA {schema} TO {role};",
    ),
    "extension_forbidden": _operator(
        "The extension {extension} is missing, and Jemmo's role isn't allowed to create it.",
        "Have a superuser run CREATE EXTENSION {extension}; in the database {database}.",
    ),
    "extension_not_installed": _operator(
        "The extension {extension} is not installed on the database server.",
        "Install the extension on the server. On Debian and Ubuntu, the package {package} "
        "contains it.",
    ),
    "foreign_tables": _operator(
        "The schema {schema} contains tables that don't belong to Jemmo, for example {table}.",
        "Set {variable} to the name of a schema that only Jemmo uses. Jemmo creates it at startup.",
    ),
    "foreign_tables/unlisted": _operator(
        "The schema {schema} contains tables that don't belong to Jemmo: {tables}.",
        "Move them to another schema, for example with ALTER TABLE {schema}.{table} SET SCHEMA public. (A table of a "
        "new version of Jemmo needs a line in jemmo.store.db.policies.)",
    ),
    "foreign_tables/restore": _operator(
        "The database contains tables that don't belong to Jemmo, for example {table}.",
        "Restore into a database that only Jemmo uses.",
    ),
    "foreign_schema": _operator(
        "The schema {schema} belongs to the role {role}, which could read or change Jemmo's data in it.",
        "Ask the schema's owner or a superuser to run DROP SCHEMA {schema}. Jemmo recreates "
        "the schema at startup. Or set {variable} to another name.",
    ),
    "not_the_owner": _operator(
        "The database's tables must be updated, but the role in DATABASE_URL isn't allowed to "
        "update them.",
        "Run this command, or `jemmo migrate`, once with the DATABASE_URL of the tables' owner.",
    ),
    "tables_newer": _operator(
        "The database's tables belong to a newer version of Jemmo.",
        "Upgrade Jemmo on this machine too. To go back instead, restore the backup from before "
        "the upgrade. See “Upgrading” in docs/operations.md.",
    ),
    # the PostgreSQL bundled with Jemmo
    "database": _operator(
        "{step} failed: {reason}.",
        f"Run `jemmo doctor`, and send its output to support. {_OWN_SERVER}",
    ),
    "database/disk_full": _operator("{step} failed. The disk is full.", _FREE_SPACE),
    "database/folder": _operator(
        "{step} failed. The database isn't allowed to use its folder ({folder}).", _FOLDER
    ),
    "database/memory": _operator(
        "{step} failed. The database doesn't have enough memory.",
        f"Free up about 300 MB of memory, then run the command again. {_OWN_SERVER}",
    ),
    "database/incompatible": _operator(
        "{step} failed. The data folder was created by another version of PostgreSQL.",
        f"Go back to the version of Jemmo that created the data folder. {_OWN_SERVER}",
    ),
    "database/system": _operator(
        "{step} failed. Jemmo's embedded PostgreSQL doesn't run on this system.",
        _OWN_SERVER,
    ),
    "database/root": _operator(
        "PostgreSQL can't run as root, and the system user for it couldn't be created.",
        f"Run Jemmo as an ordinary user, or create the user {{user}}. {_OWN_SERVER}",
    ),
    "database/older": _operator(
        "The data in {folder} belongs to PostgreSQL {version}, but this version of Jemmo comes with {ours}.",
        "Start the version of Jemmo that created the data, and run `jemmo backup --to FOLDER`, then `jemmo down`. "
        "Rename {root} to {name}-{version}. With this version of Jemmo, run `jemmo restore --from FILE`. "
        "docs/operations.md explains each step. "
        f"{_OWN_SERVER}",
    ),
    "database/newer": _operator(
        "The data in {folder} belongs to PostgreSQL {version}, but this version of Jemmo comes with {ours}.",
        "Go back to the version of Jemmo that created the data, or set JEMMO_HOME to a new "
        f"folder. {_OWN_SERVER}",
    ),
    "database/socket": _operator(
        "The database needs {folder} for its socket, but that folder belongs to another user.",
        "Remove the folder, or choose a JEMMO_HOME with a shorter path.",
    ),
    "database/none": _operator(
        "There is no embedded PostgreSQL for this system.", f"Run `make setup` again. {_OWN_SERVER}"
    ),
    "database/stops": _operator(
        "The database didn't stop.", "Wait a minute and run `jemmo down` again."
    ),
    "database/occupied": _operator(
        "Another command is still starting or stopping the database.",
        "Stop that command, then run this one again.",
    ),
    "database/repairs": _operator(
        "The database is still recovering from a crash.",
        "Run the command again in a few minutes. To follow the recovery, see {log}.",
    ),
    "database/password": _operator(
        "The database refused the stored password.",
        "Restore {file} from a backup.",
    ),
    "database/moved": _operator(
        "The database is running, but its folder was moved from {before} to {folder}.",
        "Run `jemmo down`, then this command again.",
    ),
}

MACHINE: dict[str, Entry] = {
    "disk_full": _operator(
        _("The disk is full on the machine that runs Jemmo ({place})."), _FREE_SPACE
    ),
    "not_writable": _operator(
        _("Jemmo isn't allowed to write to its own folder ({place})."), _FOLDER
    ),
    "open_files": _operator(
        _("Jemmo has too many open files and connections."),
        "Raise the limit of open files (`ulimit -n`, LimitNOFILE) to 4096 or more.",
    ),
    "configuration": _operator(_("Jemmo isn't configured correctly."), "Run `jemmo doctor`."),
    "environment": _operator("{variable} isn't valid.", _CORRECT),
    "environment/number": _operator(
        "{variable} must be a whole number, {least} or more.", _CORRECT
    ),
    "environment/range": _operator(
        "{variable} must be a whole number, {least} to {most}.", _CORRECT
    ),
    "environment/seconds": _operator(
        "{variable} must be a number of seconds, {least} or more.", _CORRECT
    ),
    "environment/address": _operator(
        "{variable} isn't valid.",
        f"{_CORRECT} Percent-encode special characters in its password, for example @ as %40.",
    ),
    "environment/url": _operator(
        "{variable} must contain only a scheme and a host name.",
        "Give Jemmo its own host name, such as https://jemmo.example.com. A path such as https://example.com/jemmo is "
        "not supported.",
    ),
    "environment/schema": _operator(
        "{variable} isn't a valid schema name.",
        "Use lowercase letters, digits, and underscores, or unset {variable}.",
    ),
    "environment/shared_schema": _operator(
        "{variable} is {schema}, a schema that other programs and roles also use.",
        "Name a schema that only Jemmo uses, or unset {variable}.",
    ),
    "environment/choice": _operator(
        "{variable} can't be “{value}”.", "Set {variable} to one of these values: {choices}."
    ),
    "file_limit": _operator(
        "JEMMO_FILE_MB can't be “{value}”.",
        "Set JEMMO_FILE_MB to a number of megabytes from 1 to 200, or unset it to use 20.",
    ),
    "secret_key": _operator(
        "JEMMO_SECRET_KEY must have at least {least} characters.",
        "Generate a new key, for example with `openssl rand -base64 48`. Everyone will have to "
        "sign in again.",
    ),
    "secret_key/damaged": _operator(
        "{path}, which signs sessions, is damaged.",
        "Remove the file. Jemmo will create a new one, and everyone will have to sign in again.",
    ),
    # encryption keys
    "encryption_keys": _operator(
        _("A stored secret can't be decrypted with the current encryption keys."),
        "Point JEMMO_KEYSET to the keys that encrypted this database, or connect the ATS again.",
    ),
    "encryption_keys/unreadable": _operator(
        "The encryption keys in {path} can't be read.",
        "Check that the file is complete and readable by this user, or restore it from your backup.",
    ),
    "encryption_keys/missing": _operator(
        "The encryption keys are missing. {path} doesn't exist, but the database contains data encrypted with them.",
        "Restore the file from your backup, or point JEMMO_KEYSET to it.",
    ),
    "encryption_keys/restore": _operator(
        "The encryption keys are missing. {path} doesn't exist, but the backup is encrypted with them.",
        "Nothing was changed. Copy the keyset that you stored separately to this path, then restore.",
    ),
    "encryption_keys/wrapping": _operator(
        "JEMMO_KEYSET_KEY is not a valid key.",
        "Set JEMMO_KEYSET_KEY to 32 random bytes as base64. To generate such a key, run "
        "`openssl rand -base64 32`.",
    ),
    "encryption_keys/wrapped": _operator(
        "The encryption keys are themselves encrypted, but the key to decrypt them is missing.",
        _KEYSET_KEY,
    ),
    "encryption_keys/other_wrapping": _operator(
        "The encryption keys are themselves encrypted, but with a different key than JEMMO_KEYSET_KEY.",
        _KEYSET_KEY,
    ),
    "wrong_keyset": _operator(
        "The encryption keys in {path} are not the ones that encrypted this database.",
        "Restore the right file from your backup, or point JEMMO_KEYSET to it. Nothing was changed.",
    ),
    "wrong_keyset/backup": _operator(
        "The keys in {path} don't belong to this backup, which needs the key {key}.",
        "Nothing was changed. Copy the keyset for this backup to this path, then restore. To see "
        "key IDs, run `jemmo keys status`.",
    ),
    "keyset_plain": _operator(
        "The keyset is not encrypted. If a backup includes the keyset, anyone who finds the "
        "backup can read everything in it.",
        "Store a copy of {path} separately from the backup. Or set JEMMO_KEYSET_KEY, run `jemmo "
        "keys rotate`, and store that key separately.",
    ),
}
