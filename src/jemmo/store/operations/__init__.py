"""What a backup copies, what a key rotation seals again, what the doctor tries."""
