-- submissions at meschain.commit = local and of commit hooks: rows of the session's own commit until a block decides them

CREATE TABLE mes_internal.outbox_rows (
  submission uuid NOT NULL,
  envelope bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  due_at timestamptz NOT NULL
);
CREATE INDEX outbox_rows_due ON mes_internal.outbox_rows (due_at);
COMMENT ON TABLE mes_internal.outbox_rows IS 'submissions promised by a local commit or a commit hook that no block has decided yet; local, no part of the ledger';
COMMENT ON COLUMN mes_internal.outbox_rows.submission IS 'uuid of the submission';
COMMENT ON COLUMN mes_internal.outbox_rows.envelope IS 'signed envelope';
COMMENT ON COLUMN mes_internal.outbox_rows.created_at IS 'when it was promised';
COMMENT ON COLUMN mes_internal.outbox_rows.due_at IS 'from when the housekeeper hands it over; the session does so itself right after its commit, a commit hook does not';
SELECT pg_catalog.pg_extension_config_dump('mes_internal.outbox_rows', '');
GRANT SELECT, DELETE ON mes_internal.outbox_rows TO mes_engine;
GRANT SELECT ON mes_internal.outbox_rows TO mes_admin, mes_auditor;
