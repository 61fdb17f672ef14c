package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"syscall"
)

// Kind is what a failed query means to a store.
type Kind uint8

// The kinds of failure.
const (
	Other       Kind = iota // none of these, or no error
	Unique                  // a unique value exists already
	Conflict                // nothing was done, in favor of another transaction or for want of a prepared statement; retry
	Unavailable             // the database cannot be reached, is starting or stopping, or refuses the login
	ReadOnly                // the database is read-only, as a standby is
	Full                    // the disk is full
	Corrupt                 // the file is damaged, or is not a database
	Denied                  // the role lacks a privilege
)

// KindOf returns the kind of an error of a driver. PostgreSQL's errors have a SQLSTATE
// and SQLite's a result code, so that no driver has to be imported.
func KindOf(err error) Kind {
	var (
		postgres interface{ SQLState() string }
		sqlite   interface{ Code() int }
	)
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, sql.ErrNoRows):
		return Other
	case errors.Is(err, ErrReplaced):
		return Unavailable
	case errors.As(err, &postgres):
		return stateKind(postgres.SQLState())
	case errors.As(err, &sqlite):
		return codeKind(sqlite.Code())
	case errors.Is(err, syscall.ENOSPC):
		return Full
	case errors.Is(err, sql.ErrTxDone), errors.Is(err, errNewer):
		return Other
	case isUsage(err):
		return Other
	}
	// The database did not answer: a connection was refused, cut, or too slow.
	return Unavailable
}

// isUsage reports whether database/sql or a driver refused a query, which is a mistake of
// this program. Such errors have no type.
func isUsage(err error) bool {
	return strings.Contains(err.Error(), "sql: ") && !errors.Is(err, sql.ErrConnDone)
}

// stateKind reads a SQLSTATE: PostgreSQL's documentation, appendix A.
func stateKind(state string) Kind {
	switch state {
	case "23505": // unique_violation
		return Unique
	case "40001", "40P01", "55P03", // serialization_failure, deadlock_detected, lock_not_available
		"42P05", "26000": // a prepared statement exists already, or does not: a pooler is in between
		return Conflict
	case "42501": // insufficient_privilege
		return Denied
	case "53100": // disk_full
		return Full
	case "25006": // read_only_sql_transaction
		return ReadOnly
	case "57014": // query_canceled: it took too long
		return Unavailable
	}
	switch {
	case strings.HasPrefix(state, "08"), // connection exception
		strings.HasPrefix(state, "28"),  // invalid authorization: the role may not log in
		strings.HasPrefix(state, "3D"),  // the database is not there
		strings.HasPrefix(state, "53"),  // insufficient resources
		strings.HasPrefix(state, "57P"), // operator intervention: stopping, starting
		strings.HasPrefix(state, "58"):  // system error
		return Unavailable
	}
	return Other
}

// codeKind reads a result code of SQLite: https://www.sqlite.org/rescode.html.
func codeKind(code int) Kind {
	const constraintUnique, constraintPrimaryKey = 2067, 1555
	if code == constraintUnique || code == constraintPrimaryKey {
		return Unique
	}
	switch code & 0xff { // the primary code
	case 5, 6: // BUSY, LOCKED
		return Conflict
	case 13: // FULL
		return Full
	case 11, 26: // CORRUPT, NOTADB
		return Corrupt
	case 8: // READONLY
		return ReadOnly
	case 10, 14: // IOERR, CANTOPEN
		return Unavailable
	}
	return Other
}
