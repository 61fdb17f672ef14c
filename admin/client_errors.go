package admin

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/licseal/licseal/internal/text"
)

// StatusError is an answer whose status is not 2xx: the request failed.
type StatusError struct {
	Method, Path string
	Status       int
	Body         ErrorBody // its Message is empty if the answer had none
}

func (e *StatusError) Error() string {
	answer := fmt.Sprintf("%s %s: the server answered %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Body.Message != "" {
		answer += ": " + shorten(e.Body.Message)
	}
	return answer
}

// shorten returns a server's text as an error shows it: on one line, without control
// characters, and cut if it is long.
func shorten(answer string) string { return text.Escape(cutText(answer, 1000)) }

// UnreachableError is a request that got no answer.
type UnreachableError struct {
	Method, URL string
	Err         error

	// Sent is set if the request was sent: the server may have carried it out.
	Sent bool
}

func (e *UnreachableError) Error() string {
	if e.Sent {
		return fmt.Sprintf("%s gave no answer: %v", e.URL, e.Err)
	}
	return fmt.Sprintf("%s cannot be reached: %v", e.URL, e.Err)
}

// Unwrap returns e.Err.
func (e *UnreachableError) Unwrap() error { return e.Err }

// MismatchError is a record that was written, but has other contents when read back.
type MismatchError struct {
	ID     string
	Detail string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("the record %s was written, but it differs when read back: %s", e.ID, e.Detail)
}

// strange returns the error for an answer with status 2xx that is not one of this
// API: another server at that address must not be taken for a gateway without licences.
func strange(method, path string, err error) error {
	return fmt.Errorf("%s %s: the answer is not one of an Admin API: %w", method, path, err)
}

func hasStatus(err error, status int) bool {
	var answer *StatusError
	return errors.As(err, &answer) && answer.Status == status
}
