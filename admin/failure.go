package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// failure is an answer that says why a request failed.
type failure struct {
	status int
	header http.Header
	body   ErrorBody
}

func (f *failure) Error() string { return f.body.Message }

// failf returns an answer with only a message.
func failf(status int, format string, args ...any) *failure {
	return &failure{status: status, body: ErrorBody{Message: fmt.Sprintf(format, args...)}}
}

var errNotFound = failf(http.StatusNotFound, "Not found")

func invalidID(id string) *failure {
	return &failure{status: http.StatusBadRequest, body: ErrorBody{
		Code: codeInvalidPrimaryKey, Name: "invalid primary key",
		Message: fmt.Sprintf("invalid primary key: '{id=\"%s\"}'", printable(id)),
		Fields:  map[string]any{"id": "expected a valid UUID"},
	}}
}

// failed returns the answer for an error, for all calls. Failures of the store are
// logged; the client gets no details of them.
func (h *handler) failed(r *http.Request, err error) answer {
	f := failureOf(err)
	if f.status >= 500 && !errors.Is(err, context.Canceled) {
		h.options.Log.ErrorContext(r.Context(), "request failed", "method", r.Method, "status", f.status, "error", err.Error())
	}
	return answer{status: f.status, header: f.header, body: encodeJSON(f.body)}
}

func failureOf(err error) *failure {
	var (
		f      *failure
		exists *ExistsError
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, ErrNotFound):
		return errNotFound
	case errors.As(err, &exists) && exists.SameValue == "id":
		return &failure{status: http.StatusConflict, body: ErrorBody{
			Code: codePrimaryKey, Name: "primary key violation",
			Message: fmt.Sprintf("primary key violation on key '{id=\"%s\"}'", exists.ID),
			Fields:  map[string]any{"id": exists.ID},
		}}
	case errors.As(err, &exists):
		return &failure{status: http.StatusConflict, body: ErrorBody{
			Code: codeUnique, Name: "unique constraint violation",
			Message: `UNIQUE violation detected on '{payload="…"}': ` + exists.Error(),
			Fields:  map[string]any{"payload": exists.Error()},
		}}
	case errors.Is(err, ErrMismatch):
		return failf(http.StatusPreconditionFailed, "Precondition Failed: %v", err)
	case errors.Is(err, ErrFull):
		return failf(http.StatusInsufficientStorage, "the store is full: nothing was changed")
	case errors.Is(err, ErrReadOnly):
		return failf(http.StatusServiceUnavailable, "the store is read-only, as a standby is: nothing was changed; send the request to the primary")
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f := failf(http.StatusServiceUnavailable, "the store cannot be reached: retry later")
		f.header = http.Header{"Retry-After": {"1"}}
		return f
	}
	return failf(http.StatusInternalServerError, "An unexpected error occurred")
}
