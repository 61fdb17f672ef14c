package entitle

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// Middleware returns middleware that asks the guard for one use of an entitlement before
// each request, and answers as [WriteProblem] does if it is not allowed.
//
//	mux.Handle("/scan", guard.Middleware("scans")(scan))
func (g *Guard) Middleware(name string) func(http.Handler) http.Handler {
	return g.middleware(func(r *http.Request) error { return g.Use(r.Context(), name, 1) })
}

// Including returns middleware that passes requests on if the licence is good and includes
// an entitlement, and counts nothing.
func (g *Guard) Including(name string) func(http.Handler) http.Handler {
	return g.middleware(func(*http.Request) error {
		if g.Allows(name) {
			return nil
		}
		if g.closed.Load() {
			return ErrClosed
		}
		if _, _, err := g.permit(name); err != nil {
			return err
		}
		return &NotIncludedError{name}
	})
}

func (g *Guard) middleware(ask func(*http.Request) error) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := ask(r); err != nil {
				g.WriteProblem(w, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// problem is the body of a refusal: application/problem+json (RFC 9457). Reason is a stable
// word for programs.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Reason string `json:"reason"`
	retry  time.Duration
}

// WriteProblem answers a request that the guard has refused: 402 Payment Required for a
// limit that is reached, 403 Forbidden if the licence does not allow it, and 503 Service
// Unavailable if it cannot be counted. Retry-After says when the month ends, or when to
// try again. The body is application/problem+json; it says nothing about the store.
func (g *Guard) WriteProblem(w http.ResponseWriter, err error) {
	writeProblem(w, g.problemOf(err))
}

func writeProblem(w http.ResponseWriter, p problem) {
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((p.retry+time.Second-1)/time.Second), 10))
	}
	text, err := json.Marshal(p)
	if err != nil {
		text = []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	w.Write(append(text, '\n'))
}

func (g *Guard) problemOf(err error) problem {
	var (
		limit    *LimitError
		inactive *InactiveError
	)
	forbidden := func(reason string) problem {
		return problem{"The licence does not allow this", http.StatusForbidden, err.Error(), reason, 0}
	}
	switch {
	case errors.As(err, &limit):
		p := problem{"The limit of the licence is reached", http.StatusPaymentRequired, err.Error(), "limit", 0}
		if !limit.Reset.IsZero() {
			p.retry = max(time.Second, limit.Reset.Sub(timeOf(g.now())))
		}
		return p
	case errors.As(err, &inactive):
		return forbidden(string(inactive.State))
	case errors.Is(err, ErrNoLicense):
		return forbidden(string(Missing))
	case errors.As(err, new(*NotIncludedError)):
		return forbidden("not included")
	case errors.As(err, new(*MachinesError)):
		return forbidden("machines")
	case errors.Is(err, ErrKeyReused):
		return problem{"The idempotency key was used for something else", http.StatusUnprocessableEntity, ErrKeyReused.Error(), "key reused", 0}
	case isStore(err), errors.Is(err, ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return problem{"It cannot be counted now", http.StatusServiceUnavailable, "usage cannot be counted now; try again", "store", time.Second}
	case errors.As(err, new(*LevelError)):
		return problem{"This is counted in another way", http.StatusConflict, err.Error(), "level", 0}
	}
	return problem{"The request is wrong", http.StatusBadRequest, err.Error(), "request", 0}
}
