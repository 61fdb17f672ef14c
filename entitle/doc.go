// Package entitle is what a product embeds to ask what its licence allows: is
// the licence good now, does it include this, may I use it once more, how much is
// left.
//
//	guard, err := entitle.Open(ctx, entitle.File("licence.json"), trusted, &entitle.Options{Store: store})
//	if err != nil {
//		return err
//	}
//	defer guard.Close()
//	if err := guard.Use(ctx, "monitored_monthly_requests", 1); err != nil {
//		return err // a *InactiveError, a *NotIncludedError, a *LimitError or a *StoreError
//	}
//
// # What is judged when
//
// The licence is verified when it is read: at [Open], and again whenever its
// file changes. Every call of [Guard.Allows] and [Guard.Use] then reads the clock
// and holds it against the dates, so a licence that expires while the process
// runs stops allowing at that instant. A new file replaces the licence in use only
// if it is good, or if neither is; what is wrong with it is in [Status] and goes to
// [Options].Notify.
//
// # Usage
//
// What is limited is counted by calendar month, in UTC, in a [Store], under the
// name of the installation; a new licence does not begin a new count. All
// processes that share a store count together.
//
// By default each [Guard.Use] is in the store before it returns: nothing that was
// allowed is ever uncounted, and the limit is never passed, by however many
// processes. A Use that fails for the store may have been counted all the same.
//
// With [Options].Batch, uses are counted in memory and written every half second
// and at [Guard.Close]. Use then costs as much as reading the clock. A process that
// is killed loses the use of its last second at most, for as long as the store
// takes a write in half a second; where it does not, that is in [Status] and goes
// to Notify, and what is not yet written is kept and tried again, each use written
// once. Sources and state files may be slow; usage does not wait for them. Several processes may together pass the limit by what the others have
// used in their last second.
//
// # A clock set back
//
// Time does not run backwards: what counts is the latest instant that the
// process, or any other on the same store, has seen. A clock that is set back
// makes no licence valid again and opens no month anew; [Status] says by how much
// the clock is behind. In the strict mode a use opens no old month even where another
// process was the first in the new one a moment ago.
//
// Should a clock have been far ahead by mistake, that instant stays until it is
// reached, or until [Store].ForgetClock is called. Before that, all guards on the
// installation must be closed, and their clocks right: a guard that is open has seen
// that instant, and writes it again.
package entitle
