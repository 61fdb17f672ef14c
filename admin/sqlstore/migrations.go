package sqlstore

import "github.com/licseal/licseal/internal/sqldb"

var migrations = []sqldb.Migration{`
CREATE TABLE licenses (
	id TEXT NOT NULL PRIMARY KEY,
	payload TEXT NOT NULL,
	payload_sha256 TEXT NOT NULL UNIQUE,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL UNIQUE
);
CREATE TABLE licenses_clock (
	one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
	stamp BIGINT NOT NULL,
	changes BIGINT NOT NULL
);
INSERT INTO licenses_clock (one, stamp, changes) VALUES (1, 0, 0);
CREATE TABLE licenses_history (
	number BIGINT NOT NULL PRIMARY KEY,
	at_ms BIGINT NOT NULL,
	who TEXT NOT NULL,
	action TEXT NOT NULL,
	id TEXT NOT NULL,
	before_payload TEXT, before_created_at BIGINT, before_updated_at BIGINT,
	after_payload TEXT, after_created_at BIGINT, after_updated_at BIGINT
);
ON SQLITE CREATE TRIGGER licenses_history_update BEFORE UPDATE ON licenses_history BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
ON SQLITE CREATE TRIGGER licenses_history_delete BEFORE DELETE ON licenses_history BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
ON POSTGRESQL CREATE FUNCTION licenses_history_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the history is append-only'; END $$;
ON POSTGRESQL CREATE TRIGGER licenses_history_change BEFORE UPDATE OR DELETE OR TRUNCATE ON licenses_history EXECUTE FUNCTION licenses_history_keep();
`, `
ON SQLITE CREATE TRIGGER licenses_history_replace BEFORE INSERT ON licenses_history WHEN EXISTS (SELECT 1 FROM licenses_history WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
`, `
ALTER TABLE licenses_history ADD COLUMN hash TEXT;
ALTER TABLE licenses_clock ADD COLUMN head TEXT;
ON POSTGRESQL CREATE FUNCTION licenses_field(t TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN t IS NULL THEN '-,' ELSE octet_length(convert_to(t, 'UTF8')) || ':' || t || ',' END
$$;
ON POSTGRESQL CREATE FUNCTION licenses_change(a_id TEXT, a_payload TEXT, a_sha256 TEXT, a_condition BIGINT, a_who TEXT, a_ms BIGINT,
	OUT r_outcome TEXT, OUT r_created BIGINT, OUT r_updated BIGINT) LANGUAGE plpgsql AS $$
DECLARE
	clock licenses_clock%ROWTYPE;
	old licenses%ROWTYPE;
	there BOOLEAN;
	act TEXT := 'deleted';
BEGIN
	SELECT * INTO clock FROM licenses_clock WHERE one = 1 FOR UPDATE;
	IF NOT FOUND THEN r_outcome := 'no clock'; RETURN; END IF;
	IF clock.head IS NULL AND clock.changes > 0 THEN r_outcome := 'no head'; RETURN; END IF;
	SELECT * INTO old FROM licenses WHERE id = a_id;
	there := FOUND;
	r_outcome := 'done';
	r_updated := clock.stamp;
	IF a_payload IS NULL THEN
		IF NOT there THEN RETURN; END IF;
		DELETE FROM licenses WHERE id = a_id;
	ELSE
		IF there AND a_condition = 0 THEN r_outcome := 'exists'; RETURN; END IF;
		IF NOT there AND a_condition = 1 THEN r_outcome := 'not found'; RETURN; END IF;
		SELECT 'same as ' || id INTO r_outcome FROM licenses WHERE payload_sha256 = a_sha256 AND id <> a_id;
		IF FOUND THEN RETURN; END IF;
		r_outcome := 'done';
		r_updated := GREATEST(a_ms / 1000, clock.stamp + 1);
		IF there THEN
			act := 'replaced';
			r_created := old.created_at;
			UPDATE licenses SET payload = a_payload, payload_sha256 = a_sha256, updated_at = r_updated WHERE id = a_id;
		ELSE
			act := 'created';
			r_created := r_updated;
			INSERT INTO licenses (id, payload, payload_sha256, created_at, updated_at) VALUES (a_id, a_payload, a_sha256, r_created, r_updated);
		END IF;
	END IF;
	clock.changes := clock.changes + 1;
	clock.head := encode(sha256(convert_to(licenses_field(COALESCE(clock.head, '')) || licenses_field(clock.changes::TEXT) || licenses_field(a_ms::TEXT)
		|| licenses_field(a_who) || licenses_field(act) || licenses_field(a_id)
		|| licenses_field(old.payload) || licenses_field(old.created_at::TEXT) || licenses_field(old.updated_at::TEXT)
		|| licenses_field(a_payload) || licenses_field(CASE WHEN a_payload IS NOT NULL THEN r_created::TEXT END)
		|| licenses_field(CASE WHEN a_payload IS NOT NULL THEN r_updated::TEXT END), 'UTF8')), 'hex');
	INSERT INTO licenses_history (number, at_ms, who, action, id, before_payload, before_created_at, before_updated_at,
			after_payload, after_created_at, after_updated_at, hash)
		VALUES (clock.changes, a_ms, a_who, act, a_id, old.payload, old.created_at, old.updated_at,
			a_payload, CASE WHEN a_payload IS NOT NULL THEN r_created END, CASE WHEN a_payload IS NOT NULL THEN r_updated END, clock.head);
	UPDATE licenses_clock SET stamp = r_updated, changes = clock.changes, head = clock.head WHERE one = 1;
END
$$;
`, `
ON POSTGRESQL DROP FUNCTION licenses_change(TEXT, TEXT, TEXT, BIGINT, TEXT, BIGINT);
ON POSTGRESQL CREATE FUNCTION licenses_change(a_id TEXT, a_payload TEXT, a_sha256 TEXT, a_condition BIGINT, a_who TEXT, a_ms BIGINT, a_match TEXT,
	OUT r_outcome TEXT, OUT r_created BIGINT, OUT r_updated BIGINT) LANGUAGE plpgsql AS $$
DECLARE
	clock licenses_clock%ROWTYPE;
	old licenses%ROWTYPE;
	there BOOLEAN;
	act TEXT := 'deleted';
BEGIN
	SELECT * INTO clock FROM licenses_clock WHERE one = 1 FOR UPDATE;
	IF NOT FOUND THEN r_outcome := 'no clock'; RETURN; END IF;
	IF clock.head IS NULL AND clock.changes > 0 THEN r_outcome := 'no head'; RETURN; END IF;
	SELECT * INTO old FROM licenses WHERE id = a_id;
	there := FOUND;
	IF a_match <> '' AND NOT (there AND (strpos(',' || a_match || ',', ',*,') > 0
			OR strpos(',' || a_match || ',', ',' || old.updated_at || '-' || left(old.payload_sha256, 32) || ',') > 0)) THEN
		r_outcome := 'mismatch'; RETURN;
	END IF;
	r_outcome := 'done';
	r_updated := clock.stamp;
	IF a_payload IS NULL THEN
		IF NOT there THEN RETURN; END IF;
		DELETE FROM licenses WHERE id = a_id;
	ELSE
		IF there AND a_condition = 0 THEN r_outcome := 'exists'; RETURN; END IF;
		IF NOT there AND a_condition = 1 THEN r_outcome := 'not found'; RETURN; END IF;
		SELECT 'same as ' || id INTO r_outcome FROM licenses WHERE payload_sha256 = a_sha256 AND id <> a_id;
		IF FOUND THEN RETURN; END IF;
		r_outcome := 'done';
		r_updated := GREATEST(a_ms / 1000, clock.stamp + 1);
		IF there THEN
			act := 'replaced';
			r_created := old.created_at;
			UPDATE licenses SET payload = a_payload, payload_sha256 = a_sha256, updated_at = r_updated WHERE id = a_id;
		ELSE
			act := 'created';
			r_created := r_updated;
			INSERT INTO licenses (id, payload, payload_sha256, created_at, updated_at) VALUES (a_id, a_payload, a_sha256, r_created, r_updated);
		END IF;
	END IF;
	clock.changes := clock.changes + 1;
	clock.head := encode(sha256(convert_to(licenses_field(COALESCE(clock.head, '')) || licenses_field(clock.changes::TEXT) || licenses_field(a_ms::TEXT)
		|| licenses_field(a_who) || licenses_field(act) || licenses_field(a_id)
		|| licenses_field(old.payload) || licenses_field(old.created_at::TEXT) || licenses_field(old.updated_at::TEXT)
		|| licenses_field(a_payload) || licenses_field(CASE WHEN a_payload IS NOT NULL THEN r_created::TEXT END)
		|| licenses_field(CASE WHEN a_payload IS NOT NULL THEN r_updated::TEXT END), 'UTF8')), 'hex');
	INSERT INTO licenses_history (number, at_ms, who, action, id, before_payload, before_created_at, before_updated_at,
			after_payload, after_created_at, after_updated_at, hash)
		VALUES (clock.changes, a_ms, a_who, act, a_id, old.payload, old.created_at, old.updated_at,
			a_payload, CASE WHEN a_payload IS NOT NULL THEN r_created END, CASE WHEN a_payload IS NOT NULL THEN r_updated END, clock.head);
	UPDATE licenses_clock SET stamp = r_updated, changes = clock.changes, head = clock.head WHERE one = 1;
END
$$;
`}
