package entitle

import (
	"github.com/google/uuid"
	"github.com/licseal/licseal/internal/entitlement"
)

// NewKey returns a new licence key, such as "7Q4C94-MWKPS3-27XHTB-5RDZ6N-6535DE":
// 143 random bits, and a check digit at its end by which [CheckKey] detects one
// wrong symbol, or two that were swapped.
func NewKey() string { return entitlement.NewKey() }

// CheckKey returns an error if a licence key that [NewKey] made was mistyped. Lower
// case is accepted. Keys from elsewhere have no check digit, and are refused.
func CheckKey(key string) error { return entitlement.CheckKey(key) }

// NewID returns a new licence id: a random UUID (RFC 9562, version 4).
func NewID() string { return uuid.NewString() }
