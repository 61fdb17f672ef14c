package main

import (
	"context"
	"errors"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/register"
)

// Whoever interrupts a command that verifies a register learns nothing bad of it.
func TestInterruptedIsNoVerdict(t *testing.T) {
	for _, err := range []error{context.Canceled, &register.EntryError{Number: 3, Err: context.Canceled}} {
		got := registerError("issued", fault.Because(licseal.ReasonSignature, err))
		if f := fault.Of(got); f.Reason != fault.ReasonFailed || got.Error() != "issued: interrupted" {
			t.Errorf("%v: %v, %s", err, got, f.Reason)
		}
	}
	damaged := registerError("issued", fault.Because(licseal.ReasonSignature, &register.EntryError{Err: errors.New("is damaged")}))
	if f := fault.Of(damaged); f.Reason != licseal.ReasonSignature {
		t.Errorf("damaged: %s", f.Reason)
	}
}
