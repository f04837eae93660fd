"""Tables for backup, key rotation and the doctor."""
