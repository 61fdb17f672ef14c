package admin

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// Scope is what a client may do.
type Scope string

// The scopes. A scope for writing includes the one for reading.
const (
	ScopeRead             Scope = "read"              // GET of the Admin API
	ScopeWrite            Scope = "write"             // all methods of the Admin API
	ScopeMetrics          Scope = "metrics"           // GET /metrics, where a server has it
	ScopeEntitlementRead  Scope = "entitlement-read"  // GET of the entitlement API, where a server has it
	ScopeEntitlementWrite Scope = "entitlement-write" // all methods of the entitlement API
	ScopeEntitlementUse   Scope = "entitlement-use"   // use of entitlements, where a server counts them
)

var scopes = []Scope{ScopeRead, ScopeWrite, ScopeMetrics, ScopeEntitlementRead, ScopeEntitlementWrite, ScopeEntitlementUse}

// AdminScopes are the scopes of a token for which none are given.
func AdminScopes() []Scope { return []Scope{ScopeRead, ScopeWrite, ScopeMetrics} }

// ParseScopes parses scopes that are separated by commas.
func ParseScopes(text string) ([]Scope, error) {
	var parsed []Scope
	for _, word := range strings.Split(text, ",") {
		if !slices.Contains(scopes, Scope(word)) {
			return nil, errors.New("found a scope that is none of read, write, metrics, entitlement-read, entitlement-write and entitlement-use")
		}
		parsed = append(parsed, Scope(word))
	}
	return parsed, nil
}

// HasScope reports whether scopes include one, directly or not.
func HasScope(scopes []Scope, s Scope) bool {
	switch {
	case slices.Contains(scopes, s):
		return true
	case s == ScopeRead:
		return slices.Contains(scopes, ScopeWrite)
	case s == ScopeEntitlementRead:
		return slices.Contains(scopes, ScopeEntitlementWrite)
	}
	return false
}

// RequestScope returns the scope that a request of the Admin API needs: for reading, or
// for any other method.
func RequestScope(r *http.Request) Scope {
	if isReading(r) {
		return ScopeRead
	}
	return ScopeWrite
}

// EntitlementScope is [RequestScope] for the entitlement API.
func EntitlementScope(r *http.Request) Scope {
	if isReading(r) {
		return ScopeEntitlementRead
	}
	return ScopeEntitlementWrite
}

func isReading(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}
