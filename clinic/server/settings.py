"""What the embedded PostgreSQL is told at its start."""

PORT = 5432  # only the socket file's name: the server listens on no network address

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_parallel_workers_per_gather": "0",  # two cores serve many short questions, not one long one
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors are told by the program whose statement failed; here they would quote what people typed.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
}
# For data that nobody will miss: nothing waits for the disk.
SETTINGS_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
