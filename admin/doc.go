// Package admin is the Admin API by which a gateway is given its licences: the
// calls under /licenses and /license/report, as Kong Gateway has them.
//
// It has both sides. [NewHandler] answers the API over a [Store], for a product
// that embeds it or a rehearsal in a pipeline; what a valid licence is, a func of
// the caller's decides:
//
//	handler := admin.NewHandler(&admin.Memory{}, func(ctx context.Context, payload string) error {
//		_, err := verify.License([]byte(payload), trusted, nil)
//		return err
//	}, nil)
//
// [Client] speaks the API to a server, this one or a gateway, and rolls a licence
// out with care: what it writes it reads back and compares.
//
// A stored licence is a [Record]. Its payload is the whole licence document, as
// text, kept byte for byte. The record with the newest updated_at is the active
// one: the one that data planes use. So updated_at never repeats and never runs
// backwards in one store, even when the clock does; it is a time in seconds, and
// runs ahead of the clock where there is more than one write in a second.
package admin
