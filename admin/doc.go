// Package admin implements the part of Kong Gateway's Admin API that manages
// licences: the calls under /licenses and /license/report.
//
// It has both sides. [NewHandler] serves the API over a [Store], for a product that
// embeds it or for a rehearsal in a pipeline. The caller passes the func that decides
// which licences are valid:
//
//	handler := admin.NewHandler(&admin.Memory{}, func(ctx context.Context, payload string) error {
//		_, err := verify.License([]byte(payload), trusted, nil)
//		return err
//	}, nil)
//
// [Client] calls the API of a server, this one or a gateway. It reads back what it
// writes, and compares.
//
// A stored licence is a [Record]. Its payload is the whole licence document, as text,
// kept byte for byte. The record with the newest updated_at is the active one, which
// data planes use. In a store, updated_at therefore never repeats and never decreases,
// even if the clock is set back. It is a time in seconds, and runs ahead of the clock
// if there is more than one write in a second.
package admin
